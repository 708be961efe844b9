"""The `explorer` command, run as people run it."""

from __future__ import annotations

import ast
import csv
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from planted_help import Planted

from explorer import cli, labels
from explorer.cli.jupyter import ReviewNotebook

COMMANDS = (
    "demo", "review", "issues", "methods", "ask", "helped", "bench",
    "log", "show", "diff", "blame", "votes", "raters", "reflog", "verify", "tag", "branch", "revert",
    "classes", "export", "backup", "grant", "merge",
)  # fmt: skip


@pytest.fixture
def table(tmp_path: Path, planted: Planted) -> Path:
    """A CSV of 300 digits as feature columns."""
    pixels = planted.images[:300].reshape(300, -1)
    frame = pd.DataFrame(pixels, columns=[f"pixel_{i:02d}" for i in range(pixels.shape[1])])
    frame.assign(label=planted.labels[:300], name=planted.keys[:300]).to_csv(tmp_path / "digits.csv", index=False)
    return tmp_path / "digits.csv"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own."""
    command = [sys.executable, "-m", "explorer.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)


def test_from_ranking_to_an_exported_correction(table: Path, tmp_path: Path, planted: Planted) -> None:
    done = run("review", table, "--label", "label", "--key", "name", "--print", 15, "--format", "csv")
    assert done.returncode == 0, done.stderr
    ranked = list(csv.DictReader(done.stdout.splitlines()))
    assert len(ranked) == 15
    flipped = {planted.keys[i] for i in planted.flipped if i < 300}
    assert sum(row["item_id"] in flipped for row in ranked) >= 8, "the top of the ranking is mostly planted flips"

    store = tmp_path / "digits.labels.db"
    assert store.is_file(), "the store lies beside the data"
    with labels.open(store, rater="ann") as opened:
        opened.set(ranked[0]["item_id"], ranked[0]["suggested_label"], why="looked at it")

    shown = run("log", store)
    assert "looked at it" in shown.stdout
    assert "ann" in shown.stdout
    lines = run("log", store, "--format", "jsonl").stdout.splitlines()
    assert json.loads(lines[0])["new"] == ranked[0]["suggested_label"]

    exported = run("export", store, tmp_path / "out.parquet")
    assert exported.returncode == 0, exported.stderr
    assert "300 labels, 1 of them reviewed" in exported.stdout
    frame = pd.read_parquet(tmp_path / "out.parquet").set_index("item_id")
    assert frame.loc[ranked[0]["item_id"], "corrected_label"] == ranked[0]["suggested_label"]


def test_review_writes_a_notebook_that_reads_the_data(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr("explorer.cli.jupyter.open_lab", lambda path, **_: opened.append(path) or 0)
    notebook = tmp_path / "n.ipynb"
    assert cli.main(["review", str(table), "--label", "label", "--notebook", str(notebook), "--no-browser"]) == 0
    assert opened == [notebook]
    body = nbformat.read(notebook, as_version=4)
    assert body["metadata"]["kernelspec"]["name"] == "python3", "without it JupyterLab asks which kernel"
    code = "\n".join(c["source"] for c in body["cells"] if c["cell_type"] == "code")
    scope: dict[str, object] = {}
    exec(code.split("review = ")[0], scope)  # the cell that reads the data runs as written
    assert len(scope["dataset"]) == 300  # type: ignore[arg-type]


def test_a_file_name_is_never_code_or_markup_in_the_notebook(tmp_path: Path) -> None:
    data = tmp_path / 'a");print("x`<b>\n\n# y.csv'
    typed = ["explorer", "review", str(data), "--label=`<i>`"]
    made = ReviewNotebook(data, {"label": 'l")'}, tmp_path / "s.db", typed).at(tmp_path / f"{data.stem}.review.ipynb")
    cells = [(cell["cell_type"], cell["source"]) for cell in nbformat.read(made, as_version=4).cells]
    markdown = [source for kind, source in cells if kind == "markdown"]
    for source in markdown:
        outside = "".join(source.split("`")[::2])
        assert source.count("`") == 4
        assert "<" not in outside
        assert len(source.splitlines()) == 3
    calls = [
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func
        for kind, source in cells
        if kind == "code"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
    ]
    assert calls == ["read", "Review", "head", "export"]
    assert ast.literal_eval(cells[-1][1].removeprefix("review.export")) == f"{data.stem}.corrected.csv"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["review", "nowhere.csv"], "There is no file or folder 'nowhere.csv'"),
        (["log", "nowhere.labels.db"], "There is no label store"),
        (["export", "nowhere.labels.db", "out.csv"], "There is no label store"),
    ],
)
def test_what_is_not_there_is_said_and_exits_with_two(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    assert says in capsys.readouterr().err


def test_a_password_is_not_written_into_a_notebook(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = tmp_path / "n.ipynb"
    address = "postgresql://ann:hunter2@host/labels"
    asked = ["review", str(table), "--label", "label", "--store", address, "--notebook", str(notebook)]
    assert cli.main(asked) == 2
    shown = capsys.readouterr()
    assert "hunter2" not in shown.out + shown.err
    assert ".pgpass" in shown.err
    assert not notebook.exists()


def test_a_wrong_column_is_said_before_anything_opens(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["review", str(table), "--label", "labl"]) == 2
    assert "Did you mean 'label'" in capsys.readouterr().err


def test_a_file_that_is_no_store_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.db").write_bytes(b"hello, this is not a database at all" * 10)
    assert cli.main(["log", str(tmp_path / "x.db")]) == 2
    assert "x.db" in capsys.readouterr().err


def test_find_issues_from_arrays_alone(planted: Planted) -> None:
    import explorer

    pixels = planted.images.reshape(len(planted.images), -1).astype(np.float32)
    found = explorer.find_issues(labels=planted.labels, features=pixels - pixels.mean(0))
    assert len(found) == len(planted.labels)
    worst = found["p_error"].to_numpy().argsort()[::-1][: len(planted.flipped)]
    assert np.isin(planted.flipped, worst).mean() >= 0.85
