"""Raters in a shell: their columns, and a table of votes."""

import json

import pandas as pd
import pytest

from explorer import cli
from explorer.cli import jupyter


@pytest.fixture
def data(tmp_path):
    """Forty texts of two classes, three of which are labelled wrong, and what two others say of them."""
    words = ["great", "weak"] * 20
    truth = ["good" if word == "great" else "dull" for word in words]
    given = ["dull" if n in (4, 10, 22) else label for n, label in enumerate(truth)]
    frame = pd.DataFrame({"id": [f"k{n}" for n in range(40)], "text": [f"a {w} film {n}" for n, w in enumerate(words)]})
    frame.assign(label=given, ann=truth, bob=truth).to_csv(tmp_path / "d.csv", index=False)
    votes = pd.DataFrame({"item": frame["id"], "rater": "cleo", "label": truth})
    votes.to_csv(tmp_path / "votes.csv", index=False)
    return tmp_path


def issues(folder, *more):
    return cli.main(["issues", str(folder / "d.csv"), "--key", "id", "--label", "label", "--text", "text", *more])


@pytest.mark.parametrize("form", [["--raters", "ann, bob"], ["--votes", "votes.csv"]])
def test_what_raters_say_joins_the_ranking(data, capsys, monkeypatch, form):
    monkeypatch.chdir(data)
    assert issues(data, *form, "--format", "json") == 0
    out, err = capsys.readouterr()
    assert "rater" in err.splitlines()[0]
    assert {row["item_id"] for row in json.loads(out)["issues"][:3]} == {"k4", "k10", "k22"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--raters", " , "], "--raters names no columns. Write them with commas: --raters ann,bob."),
        (["--raters", "ann,bobb"], "There is no column 'bobb'. Did you mean 'bob'?"),
        (["--votes", "nowhere.csv"], "There is no file 'nowhere.csv'"),
        (["--by", "text"], "There is no column 'text'. There is 'ann', 'bob'. What holds the labels, the items"),
        (["--by", "anne"], "There is no column 'anne'. Did you mean 'ann'?\n"),
    ],
)
def test_what_is_not_there_is_said_before_anything_is_ranked(data, capsys, monkeypatch, more, said):
    monkeypatch.setattr("explorer.pipeline.find_issues.find_issues_in", lambda *_, **__: pytest.fail("was ranked"))
    assert issues(data, *more) == 2
    assert said in capsys.readouterr().err


def test_a_notebook_elsewhere_finds_the_votes(data, monkeypatch):
    monkeypatch.chdir(data)
    monkeypatch.setattr(jupyter, "open_lab", lambda notebook, **_: 0)
    (data / "books").mkdir()
    words = ["review", "d.csv", "--key", "id", "--votes", "votes.csv", "--notebook", "books/mine.ipynb", "--no-browser"]
    assert cli.main(words) == 0
    assert repr(str(data / "votes.csv")) in "\n".join(jupyter.code_in(data / "books" / "mine.ipynb"))
