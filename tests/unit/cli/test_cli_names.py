"""Names that commands make up: two datasets never share a store, a notebook or an export."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

import explorer
from explorer import cli, labels
from explorer.cli.jupyter import paths_read


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("explorer.cli.jupyter.open_lab", lambda *_, **__: 0)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(path: Path, kind: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    rows = (f"{kind} sentence number {i} goes here,{'ab'[i % 2]},{'xy'[i % 2]}\n" for i in range(12))
    path.write_text("text,label,label2\n" + "".join(rows))
    return path


def folder(path: Path, words: str) -> Path:
    for name in ("crow", "wren"):
        (path / name).mkdir(parents=True)
        for i in range(6):
            (path / name / f"{i}.txt").write_text(f"{words} of a {name}, the {i}th one")
    return path


def review(*words: str) -> int:
    return cli.main(["review", *words, "--no-browser"])


def code(path: str) -> str:
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


def test_folders_that_differ_after_a_dot_have_their_own_store_and_notebook(here: Path) -> None:
    for name in ("birds-1.0", "birds-1.1"):
        folder(here / name, name)
        assert cli.main(["review", name, "--print", "1"]) == 0
        assert review(name) == 0
    assert sorted(p.name for p in here.glob("*.db")) == ["birds-1.0.labels.db", "birds-1.1.labels.db"]
    for name in ("birds-1.0", "birds-1.1"):
        source = code(f"{name}.review.ipynb")
        assert f"{name}.labels.db" in source
        assert f"review.export('{name}.corrected.csv')" in source


def test_the_store_that_an_earlier_version_named_is_found_again(here: Path) -> None:
    folder(here / "birds-1.0", "song")
    assert cli.main(["review", "birds-1.0", "--print", "1"]) == 0
    (here / "birds-1.0.labels.db").rename("birds-1.labels.db")  # as earlier versions called it
    folder(here / "birds-1.1", "call")
    for name in ("birds-1.1", "birds-1.0"):
        assert cli.main(["review", name, "--print", "1"]) == 0
    assert sorted(p.name for p in here.glob("*.db")) == ["birds-1.1.labels.db", "birds-1.labels.db"]
    # Also when a file came since.
    (here / "birds-1.0" / "wren" / "6.txt").write_text("one more song of a wren")
    assert cli.main(["review", "birds-1.0", "--print", "1"]) == 0
    with labels.open(here / "birds-1.labels.db", read_only=True) as store:
        assert len(store.classes()) == 2
    assert not (here / "birds-1.0.labels.db").exists()


def test_a_notebook_of_another_dataset_is_not_opened(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "ab":
        table(here / name / "data.csv", name)
    options = ["--label", "label", "--text", "text"]
    assert review("a/data.csv", *options) == 0
    assert review("b/data.csv", *options) == 0
    assert "data.review.ipynb is kept: it reviews another dataset." in capsys.readouterr().err
    assert paths_read(Path("data.review.ipynb")) == [str(here / "a" / "data.csv")]
    assert paths_read(Path("data-2.review.ipynb")) == [str(here / "b" / "data.csv")]
    assert "data-2.corrected.csv" in code("data-2.review.ipynb")
    before = Path("data-2.review.ipynb").read_bytes()
    assert review("b/data.csv", *options) == 0
    assert Path("data-2.review.ipynb").read_bytes() == before
    assert sorted(p.name for p in here.glob("*.ipynb")) == ["data-2.review.ipynb", "data.review.ipynb"]
    assert review("b/data.csv", *options, "--notebook", "data.review.ipynb") == 2
    assert "exists and reviews another dataset. Name a new one with --notebook." in capsys.readouterr().err


def test_a_notebook_that_does_otherwise_than_asked_is_opened_with_a_word(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(table(here / "a" / "data.csv", "a"))
    assert review(data, "--label", "label", "--text", "text") == 0
    assert review(data, "--label", "label", "--text", "text") == 0
    assert capsys.readouterr().err == ""
    for options in (["--label", "label2"], ["--label", "label", "--store", "other.labels.db"]):
        assert review(data, *options, "--text", "text") == 0
        assert "data.review.ipynb exists and is opened as it is" in capsys.readouterr().err
    # One that somebody has written otherwise is theirs.
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%matplotlib inline\n")]), "mine.ipynb")
    assert review(data, "--label", "label", "--text", "text", "--notebook", "mine.ipynb") == 0
    Path("broken.ipynb").write_text("{")
    assert review(data, "--label", "label", "--text", "text", "--notebook", "broken.ipynb") == 2
    assert "is no notebook that can be read" in capsys.readouterr().err


def test_notebooks_of_earlier_versions_are_known_again(here: Path) -> None:
    """Their cells are text, not lines, and say nothing but the path."""
    data = table(here / "a" / "data.csv", "a")
    source = f"import explorer\n\ndataset = explorer.read({str(data)!r}, label='label', text='text')\ndataset"
    cell = {"cell_type": "code", "id": "cell-1", "metadata": {}, "source": source, "execution_count": None}
    body = {"cells": [{**cell, "outputs": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    Path("data.review.ipynb").write_text(json.dumps(body))
    assert review(str(data), "--label", "label", "--text", "text") == 0
    assert [p.name for p in here.glob("*.ipynb")] == ["data.review.ipynb"]


def test_an_unknown_command_gets_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["isues", "x"]) == 2
    assert "explorer: There is no command 'isues'. Did you mean 'issues' or 'classes'?" in capsys.readouterr().err
    assert cli.main(["--versoin"]) == 2
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"explorer {explorer.__version__}\n"


def test_the_overview_says_what_the_package_says_of_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert (explorer.__doc__ or "").splitlines()[0] in capsys.readouterr().out


def test_an_export_replaces_an_export_and_nothing_else(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = table(here / "a" / "data.csv", "a")
    assert cli.main(["review", str(data), "--label", "label", "--text", "text", "--print", "1"]) == 0
    store, before = str(here / "a" / "data.labels.db"), data.read_bytes()
    capsys.readouterr()
    assert cli.main(["export", store, str(data)]) == 2
    assert "exists and is no export of labels; it may be the dataset itself." in capsys.readouterr().err
    assert data.read_bytes() == before
    for form in ("csv", "jsonl"):
        (here / "picture.png").write_bytes(b"no export")
        assert cli.main(["export", store, "picture.png", "--format", form]) == 2
    assert cli.main(["export", store, store, "--format", "csv"]) == 2
    (here / "empty.csv").touch()
    for target in ("out.csv", "out.csv", "empty.csv"):
        assert cli.main(["export", store, target]) == 0
    assert cli.main(["export", store, str(data), "-f"]) == 0
    assert data.read_text().startswith("item_id,")
