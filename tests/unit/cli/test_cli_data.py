"""The commands that read data take the same options, and end with the same exit statuses."""

from __future__ import annotations

import argparse
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from planted_help import Planted

import explorer
from explorer import cli
from explorer.cli import messages
from explorer.cli.overview import COMMANDS
from explorer.cli.parser import parser_of
from explorer.errors import Option, Said

OPTIONS = ("--label", "--text", "--image", "--key", "--features", "--embedding", "--probs", "--classes", "--encoding",
           "--root")  # fmt: skip


def commands() -> dict[str, argparse.ArgumentParser]:
    return {name: parser_of(name) for name in COMMANDS}


@pytest.fixture
def data(tmp_path: Path, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CSV of 200 digits with labels, names, pixels and probabilities, and the arrays beside it."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    pixels = planted.images[:200].reshape(200, -1)
    probs = np.where(np.arange(10) == planted.truth[:200, None], 0.82, 0.02)
    frame = pd.DataFrame(pixels, columns=[f"pixel_{i:02d}" for i in range(64)])
    named = pd.DataFrame(probs, columns=[f"p_{i}" for i in range(10)])
    frame = pd.concat([frame, named], axis=1).assign(label=planted.labels[:200], name=planted.keys[:200])
    frame.to_csv(tmp_path / "d.csv", index=False)
    np.save(tmp_path / "p.npy", probs)
    np.save(tmp_path / "x.npy", pixels.astype(np.float32))
    return tmp_path


def probs_in(folder: Path, how: str) -> list[str]:
    if how == "file":
        return ["--probs", str(folder / "p.npy")]
    return ["--probs", "p_"] if how == "prefix" else [word for i in range(10) for word in ("--probs", f"p_{i}")]


def test_the_options_of_data_are_the_same_everywhere() -> None:
    for name in ("review", "issues", "helped"):
        text = " ".join(commands()[name].format_help().split())
        assert all(f"{option} " in text for option in OPTIONS), name
        assert "held-out class probabilities: a .npy file [rows, classes], or the prefix that their columns" in text


@pytest.mark.parametrize("how", ["file", "prefix", "columns"])
def test_probabilities_of_a_file_a_prefix_or_columns(
    data: Path, planted: Planted, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(data / "d.csv"), "--label", "label", "--key", "name", *probs_in(data, how)]
    assert cli.main(["issues", *asked, "--format", "json", "-n", "10"]) == 0
    found = json.loads(capsys.readouterr().out)
    flipped = {planted.keys[i] for i in planted.flipped if i < 200}
    assert {row["item_id"] for row in found["issues"][: len(flipped)]} <= flipped
    assert found["warnings"] == []


@pytest.mark.parametrize("how", ["file", "prefix"])
def test_review_and_helped_read_what_issues_reads(
    data: Path, planted: Planted, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(data / "d.csv"), "--label", "label", *probs_in(data, how)]
    assert cli.main(["review", *asked, "--print", "5", "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    items = [line.split(",")[0] for line in out.splitlines()[1:]]
    assert re.search(
        r"^200 labels, of which an estimated .* are wrong; \d+ are more likely wrong than right\.$",
        err.replace("\r", "\n"),
        re.M,
    )
    if how == "prefix":
        # Without a key an item is its content, of which probabilities are no part.
        frame = pd.read_csv(data / "d.csv")
        frame.drop(columns=[f"p_{i}" for i in range(10)]).to_csv(data / "without.csv", index=False)
        assert set(items) <= set(explorer.read(data / "without.csv", label="label").item_ids)
    with explorer.labels.open(data / "d.labels.db", rater="ann") as store:
        store.set(items[0], "3")
        store.keep(items[1])
    capsys.readouterr()
    assert cli.main(["helped", *asked, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["judged"] == 2

    assert cli.main(["review", *asked, "--print", "200"]) == 0
    out, err = capsys.readouterr()
    assert "2 of 200 items are decided on; they come last." in err
    assert "wrong labels are left among 198 labels that nobody has decided on" in err
    header, *lines = out.splitlines()
    assert header.split() == ["where", "given", "suggested", "p_error", "also", "now", "state"]
    assert [line.split()[-1] for line in lines[-2:]].count("kept") == 1
    assert not any(line.endswith(("kept", "relabelled")) for line in lines[:-2])


def test_the_notebook_loads_the_arrays(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("explorer.cli.jupyter.open_lab", lambda *_, **__: 1)
    monkeypatch.chdir(data)
    asked = [
        "review",
        "d.csv",
        "--label",
        "label",
        "--probs",
        "p.npy",
        "--features",
        "x.npy",
        "--classes",
        *"0123456789",
    ]
    assert cli.main([*asked, "--notebook", "n.ipynb"]) == 2, "the server failed"
    cells = nbformat.read(data / "n.ipynb", as_version=4).cells
    first = next(c["source"] for c in cells if c["cell_type"] == "code")
    monkeypatch.chdir("/")
    scope: dict[str, explorer.Dataset] = {}
    exec(first, scope)
    assert scope["dataset"].probs.shape == (200, 10)
    assert scope["dataset"].features.shape == (200, 64)
    assert "--features x.npy --probs=p.npy --classes 0 1 2" in cells[0]["source"]


def test_swapped_columns_are_warned_of(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    probs = np.load(data / "p.npy")
    np.save(data / "bad.npy", probs[:, [1, 0, *range(2, 10)]])
    asked = ["issues", str(data / "d.csv"), "--label", "label", "--probs", str(data / "bad.npy"), "--format", "json"]
    assert cli.main(asked) == 0
    warning = json.loads(capsys.readouterr().out)["warnings"][0]
    assert "look swapped" in warning
    typed = "Give columns of the data called after the classes, or the classes in their order (--classes …)"
    assert typed in warning
    program = "import sys, explorer.cli; sys.exit(explorer.cli.main())"
    done = subprocess.run([sys.executable, "-c", program, *asked], capture_output=True, text=True, check=True)
    assert typed in done.stderr
    assert "DataFrame" not in done.stderr


def test_every_help_names_the_exit_statuses() -> None:
    answers = {"issues": "is over the limit", "verify": "the store is damaged", "merge": "conflicts are open"}
    for name, parser in commands().items():
        text = " ".join(parser.format_help().split())
        assert "Exit status: 0 done; " in text, name
        assert "; 2 refused with a reason, or used wrongly." in text, name
        assert ("; 1 " in text) == (name in answers), name
        assert answers.get(name, "") in text


def test_a_bug_is_never_an_answer(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("explorer.labels.open", crash)
    (data / "s.labels.db").write_bytes(b"x")
    assert cli.main(["log", str(data / "s.labels.db")]) == 2
    assert "a bug" in caplog.text


def test_a_prefix_that_is_cut_short_is_understood(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.read_csv(data / "d.csv").rename(columns={f"p_{i}": f"prob_{i}" for i in range(10)})
    for prefix in ("prob_", "prob", "pro"):
        dataset = explorer.read(table, label="label", probs=prefix)
        assert dataset.probs is not None
        np.testing.assert_allclose(dataset.probs, np.load(data / "p.npy"), atol=1e-6)


def test_columns_that_are_merely_numbered_may_be_given_one_by_one(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.read_csv(data / "d.csv").rename(columns=lambda name: name.replace("pixel_", "x").replace("p_", "p"))
    table.assign(label=[f"digit {code}" for code in table["label"]]).to_csv(data / "n.csv", index=False)
    said = []
    for probs in (["--probs", "p"], [word for i in range(10) for word in ("--probs", f"p{i}")]):
        asked = [str(data / "n.csv"), "--label", "label", "--key", "name", *probs]
        assert cli.main(["issues", *asked, "--format", "json"]) == 0
        said.append([(row["item_id"], row["p_error"]) for row in json.loads(capsys.readouterr().out)["issues"]])
    assert said[0] == said[1]


def test_remedies_are_said_as_one_types_them(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for asked, says in (
        (["--label", "labl"], "It was given as --label."),
        (["--label", "label", "--probs", "none.npy"], "There is no file 'none.npy'"),
        (["--label", "label", "--probs", "prob"], "It was given as --probs."),
    ):
        assert cli.main(["issues", str(data / "d.csv"), *asked]) == 2
        assert says in capsys.readouterr().err
    said = Said("Name them in {}, or label=x {}.", Option("classes", "classes=[…]"), Said("as {}", Option("key")))
    assert str(said) == "Name them in classes=[…], or label=x as key=."
    assert messages.worded(said) == "Name them in --classes …, or label=x as --key."
    assert messages.worded(pickle.loads(pickle.dumps(said))) == messages.worded(said)


def test_issues_puts_last_what_a_store_says_is_decided(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [str(data / "d.csv"), "--label", "label", "--key", "name", "--probs", "p_"]
    assert cli.main(["issues", *asked, "--format", "json"]) == 0
    before = [row["item_id"] for row in json.loads(capsys.readouterr().out)["issues"]]
    store = data / "s.labels.db"
    dataset = explorer.read(data / "d.csv", label="label", key="name", probs="p_")
    review = explorer.Review(dataset, store, rater="ann", start=False)
    review.keep(before[:2])
    review.close()
    bytes_before = store.read_bytes()
    assert cli.main(["issues", *asked, "--format", "json", "--store", str(store)]) == 0
    out, err = capsys.readouterr()
    after = json.loads(out)["issues"]
    assert [row["item_id"] for row in after] == [*before[2:], *before[:2]]
    assert [row["state"] for row in after[-3:]] == ["given", "kept", "kept"]
    assert [row["decided"] for row in after].count(True) == 2
    assert "2 of 200 items are decided on; they come last." in err
    assert "Of the given labels, 200 in all, an estimated " in err
    assert store.read_bytes() == bytes_before
    assert cli.main(["issues", *asked, "--store", str(data / "no.labels.db")]) == 2
    assert "There is no label store" in capsys.readouterr().err
