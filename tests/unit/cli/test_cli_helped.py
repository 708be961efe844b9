"""`explorer helped`: a store's corrections, compared from a shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from planted_help import Planted

import explorer
from explorer import cli


@pytest.fixture
def corrected(tmp_path: Path, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CSV of 300 digits, and beside it the store of somebody who has corrected the flips and kept the first 40."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    pixels = planted.images[:300].reshape(300, -1)
    frame = pd.DataFrame(pixels, columns=[f"pixel_{i:02d}" for i in range(pixels.shape[1])])
    frame.assign(label=planted.labels[:300], name=planted.keys[:300]).to_csv(tmp_path / "d.csv", index=False)
    dataset = explorer.read(tmp_path / "d.csv", label="label", key="name")
    review = explorer.Review(dataset, tmp_path / "d.labels.db", rater="ann", start=False)
    flips = [i for i in planted.flipped if i < 300]
    for i in flips:
        review.relabel(planted.keys[i], str(planted.truth[i]))
    review.keep([planted.keys[i] for i in range(40) if i not in flips])
    review.close()
    return tmp_path


def helped(folder: Path, *more: Any) -> int:
    return cli.main(["helped", str(folder / "d.csv"), "--label", "label", "--key", "name", *map(str, more)])


def test_says_it_to_programs_and_writes_nothing(
    corrected: Path, planted: Planted, capsys: pytest.CaptureFixture[str]
) -> None:
    store = corrected / "d.labels.db"
    before = store.read_bytes()
    assert helped(corrected, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    flips = sum(i < 300 for i in planted.flipped)
    assert found["changed"] == flips
    assert found["judged"] == flips + sum(i not in planted.flipped for i in range(40))
    assert found["reviewed"] is True
    assert found["low"] <= found["difference"] <= found["high"]
    assert [row["class"] for row in found["per_class"]] == list("0123456789")
    assert sum(row["judged"] for row in found["per_class"]) == found["judged"]
    assert found["note"].startswith(f"Judged on the {found['judged']} reviewed items only.")
    assert store.read_bytes() == before


def test_says_it_to_people(corrected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert helped(corrected, "--store", corrected / "d.labels.db", "--seed", 3) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert "taught on the corrected labels the probe gets" in lines[0]
    assert "95 % interval" in lines[0]
    assert lines[1].startswith("Judged on the ")
    assert lines[3].endswith("in percentage points:")
    assert lines[4].split() == ["class", "judged", "before", "after", "difference", "95", "%", "interval"]
    assert [line.split()[0] for line in lines[5:]] == list("0123456789")
    assert all(" % " in line for line in lines[5:]), "shares are written as everywhere"
    assert "300 table items" in err


def test_where_nobody_has_decided_that_is_the_answer(corrected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = explorer.read(corrected / "d.csv", label="label", key="name")
    review = explorer.Review(dataset, corrected / "new.labels.db", rater="ann", start=False)
    with pytest.raises(explorer.ExplorerError) as refused:
        review.helped()
    review.mark("digit-0003", "ambiguous")
    review.close()
    assert helped(corrected, "--store", corrected / "new.labels.db") == 0
    assert capsys.readouterr().out.strip() == refused.value.problem
    assert helped(corrected, "--store", corrected / "new.labels.db", "--format", "json") == 0
    nothing = json.loads(capsys.readouterr().out)
    assert helped(corrected, "--format", "json") == 0
    assert nothing.keys() == json.loads(capsys.readouterr().out).keys()
    assert (nothing["sentence"], nothing["judged"], nothing["after"]) == (refused.value.problem, 0, None)


def test_a_store_or_data_that_are_not_there_are_refused(corrected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert helped(corrected, "--store", corrected / "no.labels.db") == 2
    assert "There is no label store" in capsys.readouterr().err
    assert not (corrected / "no.labels.db").exists(), "looking makes no store"
    assert cli.main(["helped", str(corrected / "no.csv")]) == 2
    assert "no file or folder" in capsys.readouterr().err


def test_data_that_the_store_was_not_bound_to_are_refused(corrected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_csv(corrected / "d.csv")
    frame.iloc[:250].to_csv(corrected / "d.csv", index=False)
    before = (corrected / "d.labels.db").read_bytes()
    assert helped(corrected) == 2
    assert "not what the label store" in capsys.readouterr().err
    assert (corrected / "d.labels.db").read_bytes() == before


def test_what_if_the_worst_were_left_out(
    corrected: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.estimates.removal.SHARES", (0.0, 0.1))
    before = (corrected / "d.labels.db").read_bytes()
    assert helped(corrected, "--mode", "remove", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["removed"] for row in found["curve"]] == [0, 30]
    assert found["reviewed"] is True
    assert (corrected / "d.labels.db").read_bytes() == before
