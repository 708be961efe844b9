"""Raters beside plain arrays, and on the command line: the methods hear them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.cli.entry import main
from explorer.errors import DataError, UnknownName
from explorer.pipeline.rater_arrays import with_raters

LABELS = ["cat", "dog", "emu"] * 20


def matrix(wrong: float = 0.1, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    names = np.array(["cat", "dog", "emu"])
    return pd.DataFrame(
        {
            who: np.where(draw.random(60) < wrong, draw.choice(names, 60), np.array(LABELS))
            for who in ("ann", "bob", "gpt")
        }
    )


def test_raters_alone_judge_labels():
    labels = list(LABELS)
    labels[7] = "emu"
    votes = matrix(0.05)
    votes.loc[7] = "dog"
    found = explorer.find_issues(labels, raters=votes)
    assert found["p_error"].idxmax() == 7
    assert found.loc[7, "suggested_label"] == "dog"
    assert "raters" not in found.attrs["skipped"]
    codes = np.array([[["cat", "dog", "emu"].index(v) for v in row] for row in votes.to_numpy()])
    again = explorer.find_issues([["cat", "dog", "emu"].index(v) for v in labels], raters=codes)
    assert again["p_error"].idxmax() == 7


def test_raters_are_matched_by_the_index_of_the_labels():
    index = [f"i{n}" for n in range(60)]
    votes = matrix().set_axis(index)
    labels = pd.Series(LABELS, index=index)
    one = explorer.find_issues(labels, raters=votes)
    other = explorer.find_issues(labels, raters=votes.iloc[::-1])
    pd.testing.assert_frame_equal(one, other)


def test_classes_that_only_votes_name_widen_everything():
    codes = np.int32([0, 1, 0])
    probs = np.float32([[0.9, 0.1]] * 3)
    found = with_raters({"a": ["x", "fox", None]}, codes, ("x", "y"), ("x", "y"), probs, None, None)
    assert found.classes == ("fox", "x", "y")
    assert found.labels.tolist() == [1, 2, 1]
    assert found.probs is not None
    assert found.probs[0].tolist() == pytest.approx([0, 0.9, 0.1])
    with pytest.raises(UnknownName, match="class 'fox'.*column 'a', row 1"):
        with_raters({"a": ["x", "fox", None]}, codes, ("x", "y"), ("x", "y"), probs, None, ["x", "y"])


def test_without_any_label_the_raters_say_it():
    found = explorer.find_issues([None] * 60, raters=matrix())
    assert found["given_label"].notna().all()


def test_raters_of_another_length_are_refused():
    with pytest.raises(DataError, match="59 labels of the rater 'ann' for 60 rows"):
        explorer.find_issues(LABELS, raters=matrix().iloc[:59])


def test_a_command_takes_columns_of_raters(tmp_path, capsys):
    draw = np.random.default_rng(0)
    table = matrix().assign(label=LABELS, x=draw.normal(size=60), y=draw.normal(size=60))
    table.to_csv(tmp_path / "t.csv", index=False)
    asked = ["issues", str(tmp_path / "t.csv"), "--raters", "ann,bob", "--features", "x", "y"]
    assert main([*asked, "--format", "csv"]) == 0
    assert "2 raters" in capsys.readouterr().err
    assert main(["issues", str(tmp_path / "t.csv"), "--raters", "ann,zed"]) != 0
    assert "zed" in capsys.readouterr().err
