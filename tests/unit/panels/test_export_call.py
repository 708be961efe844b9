"""Export on the screen: what is said before is what is written, by the checks of `Review.export`."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from panels_help import Page

import explorer
from explorer import export
from explorer.errors import DataError, ExplorerError
from explorer.panels import registry
from explorer.panels.handlers.export import line_of
from explorer.panels.schema.export import ExportArgs
from explorer.review.review import Review


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Review]:
    """Twelve vectors in a kernel that works in `tmp_path`: one relabelled, one kept, one left out."""
    monkeypatch.chdir(tmp_path)
    keys = [f"k{i:02d}" for i in range(12)]
    dataset = explorer.read(np.arange(36, dtype=np.float32).reshape(12, 3), label=["cat", "dog"] * 6, key=keys)
    made = Review(dataset, tmp_path / "s.labels.db", rater="ann", start=False)
    made.relabel("k01", "cat")
    made.keep("k02")
    made.leave_out("k03")
    yield made
    made.close()


@pytest.fixture
def page(review: Review) -> Page:
    return Page(review)


@pytest.mark.parametrize("ending", export.FORMATS)
@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("changed", [False, True])
def test_what_is_said_before_is_what_is_written(
    page: Page, tmp_path: Path, ending: str, drop: bool, changed: bool
) -> None:
    asked = {"path": f"out.{ending}", "drop": drop, "changed": changed}
    said = page.call("export_outlook", **asked)
    assert said["folder"] == str(tmp_path)
    assert (said["path"], said["exists"], said["problem"]) == (str(tmp_path / f"out.{ending}"), False, "")
    assert not list(tmp_path.glob("out*"))
    reply = page.call("export", **asked)
    assert reply["path"] == said["path"]
    table = export.read(reply["path"])
    rows = {(False, False): 12, (True, False): 11, (False, True): 2, (True, True): 1}[drop, changed]
    for told in (said, reply):
        assert (told["rows"], told["relabelled"], told["left_out"]) == (rows, 1, 0 if drop else 1)
    assert len(table) == rows
    assert int((table["given_label"] != table["corrected_label"]).sum()) == 1

    # The line of Python writes the same file.
    before = Path(reply["path"]).read_bytes()
    Path(reply["path"]).unlink()
    eval(reply["line"], {"review": page.review})
    assert Path(reply["path"]).read_bytes() == before


def test_votes_and_the_like_are_written_where_they_are_asked_for(page: Page, tmp_path: Path) -> None:
    assert page.call("export_outlook", path="out.csv")["offers"] == []
    page.review.add_rater("gpt", {"k01": "dog"}, kind="model")
    assert page.call("export_outlook", path="out.csv")["offers"] == ["votes"]
    reply = page.call("export", path="out.csv", votes=True)
    assert reply["line"] == "review.export('out.csv', votes=True)"
    assert "votes gpt (model)" in export.read(tmp_path / "out.csv").columns


def test_a_format_can_be_named(page: Page, tmp_path: Path) -> None:
    reply = page.call("export", path="labels", format="jsonl")
    assert reply["line"] == "review.export('labels', format='jsonl')"
    assert len(export.read(tmp_path / "labels", "jsonl")) == 12


def test_nothing_is_replaced_unasked(page: Page, tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")
    said = page.call("export_outlook", path="there.csv")
    assert (said["exists"], said["size"], said["problem"]) == (True, 4, "")
    assert abs(dt.datetime.fromisoformat(said["time"]).timestamp() - there.stat().st_mtime) < 1
    with pytest.raises(DataError, match=r"there\.csv exists already"):
        page.call("export", path="there.csv")
    assert there.read_text() == "mine"
    page.call("export", path="there.csv", replace=True)
    assert len(export.read(there)) == 12


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("", "has no name"),
        ("  ", "has no name"),
        ("nowhere/x.csv", "does not exist"),
        ("folder", "no export format|export format"),
        ("x.xlsx", "xlsx"),
        ("s.labels.db", "export format"),
        ("a\0b.csv", "is no path of a file"),
        ("~nobody-of-that-name/x.csv", "is no path of a file"),
        ("n" * 300 + ".csv", "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said_in_words(page: Page, tmp_path: Path, path: str, problem: str) -> None:
    (tmp_path / "folder").mkdir()
    before = sorted(os.listdir(tmp_path))
    said = page.call("export_outlook", path=path)
    with pytest.raises(ExplorerError) as refused:
        page.call("export", path=path, replace=True)
    assert said["problem"] == str(refused.value)
    with pytest.raises(ExplorerError, match=problem):
        page.call("export", path=path, replace=True)
    assert (said["path"], said["rows"]) == ("", 12)
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_neither_store_nor_data_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data.csv"
    data.write_text("text,label\n" + "".join(f"a text {i},{'xy'[i % 2]}\n" for i in range(6)))
    review = Review(explorer.read(data, label="label", text="text"), tmp_path / "s.labels.db", start=False)
    try:
        for name in ("data.csv", "s.labels.db"):
            before = (tmp_path / name).read_bytes()
            said = registry.answer(review, "export_outlook", {"path": name, "format": kind})
            assert said.problem
            with pytest.raises(DataError):
                registry.answer(review, "export", {"path": name, "format": kind, "replace": True})
            assert (tmp_path / name).read_bytes() == before
        # A link leads to the data as well.
        (tmp_path / "link.csv").symlink_to(data)
        with pytest.raises(DataError, match="data under review"):
            registry.answer(review, "export", {"path": "link.csv", "replace": True})
    finally:
        review.close()


def test_it_is_answered_on_a_thread() -> None:
    for name in ("export", "export_outlook"):
        handler = registry.HANDLERS[name]
        assert handler.slow
        assert not handler.locked


def test_the_line_names_only_what_was_chosen() -> None:
    assert line_of(ExportArgs("it's.csv", replace=True)) == 'review.export("it\'s.csv")'
    assert line_of(ExportArgs("a.csv", drop=True, changed=True)) == "review.export('a.csv', drop=True, changed=True)"
