"""The picture of a review that a saved notebook keeps: what it says, its size, and that data are never markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from PIL import Image

import explorer
from explorer.panels.snapshot import facts, name_of
from explorer.reports.snapshot import MOST_BYTES, Facts, WorstItem, page

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&\u202e\x00"

TAGS = {"div", "strong", "p", "table", "tr", "th", "td", "img"}
ATTRIBUTES = {"class", "style", "alt", "width", "height", "src"}


class Reader(HTMLParser):
    """Takes a page apart as a browser does."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data + " "


def harmless(text: str) -> Reader:
    read = Reader(text)
    assert set(read.tags) <= TAGS
    assert {name for name, _ in read.attributes} <= ATTRIBUTES
    sources = [str(value) for name, value in read.attributes if name == "src"]
    assert all(re.fullmatch(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+", each) for each in sources)
    assert "url(" not in text
    return read


@pytest.mark.parametrize("place", ["title", "line", "pair", "where", "given", "suggested", "text", "class"])
def test_data_are_never_markup(place: str) -> None:
    bad = dict.fromkeys(("title", "line", "pair", "where", "given", "suggested", "text", "class"), "plain")
    bad[place] = ATTACK
    item = WorstItem(bad["where"], bad["given"], bad["suggested"], 0.9, bad["text"])
    text = page(Facts(bad["title"], [bad["line"]], [(bad["pair"], bad["pair"], 3)], [item]), bad["class"])
    read = harmless(text)
    if place != "class":
        assert "<script>alert(1)</script>" in read.words
    assert "\u202e" not in text
    assert "\x00" not in text


def test_half_a_character_is_written_as_a_question_mark() -> None:
    assert "a?b" in page(Facts("a\ud800b"))


@pytest.mark.parametrize("side", [8, 32, 500])
def test_a_page_of_pictures_fits(side: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (10, side, side, 3), dtype=np.uint8)
    worst = [WorstItem(f"row {i}", "a", "b", 0.9, "", Image.fromarray(pixels)) for i, pixels in enumerate(noise)]
    text = page(Facts("pictures", worst=worst))
    assert len(text.encode()) <= MOST_BYTES
    assert harmless(text).tags.count("img") == 10


def test_what_does_not_fit_goes_from_the_end() -> None:
    long = "é" * 5_000
    worst = [WorstItem(f"row {i}", long, long, 0.9) for i in range(10)]
    text = page(Facts("long names", worst=worst))
    assert len(text.encode()) <= MOST_BYTES
    rows = [i for i in range(10) if f"row {i}<" in text]
    assert rows == list(range(len(rows)))
    assert rows
    wide = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    many = [WorstItem(f"row {i}", "a", "b", 0.9, "", wide) for i in range(40)]
    read = harmless(page(Facts("many", worst=many)))
    assert read.tags.count("tr") == 41
    assert 0 < read.tags.count("img") < 40


def test_the_facts_are_the_reviews(review: explorer.Review) -> None:
    table = review.issues
    worst = table[table.is_label_issue & ~table.decided].head(10)
    found = facts(review)
    assert [item.where for item in found.worst] == worst.index.tolist(), "keys, where the dataset has some"
    assert [item.given for item in found.worst] == worst["label"].tolist()
    assert [item.suggested for item in found.worst] == worst["suggested_label"].tolist()
    assert all(item.picture is not None for item in found.worst)
    assert review.left().sentence() in found.lines
    assert sum(count for _, _, count in found.pairs) <= int(table.is_label_issue.sum())
    review.keep(table.index[0])
    now = facts(review)
    assert now.lines[0].startswith("1 item reviewed")
    assert [item.where for item in now.worst][:9] == [item.where for item in found.worst][1:]


def test_without_items_the_facts_stay(tmp_path: Path) -> None:
    dataset = explorer.read(np.eye(40, 4, dtype=np.float32), label=["a", "b"] * 20)
    review = explorer.Review(dataset, tmp_path / "a.labels.db", cache=False, snapshot=False)
    review.wait(progress=False)
    found = facts(review)
    assert not found.worst
    assert found.lines
    review.close()


def test_before_there_are_scores_it_says_so(tmp_path: Path) -> None:
    dataset = explorer.read(["good film", "dull film"], label=["+", "-"])
    review = explorer.Review(dataset, tmp_path / "a.labels.db", start=False)
    text = page(facts(review), name_of(review))
    assert "The methods had not finished" in text
    assert review.id in text
    review.close()


CELLS = [
    """
import numpy as np, explorer
rng = np.random.default_rng(0)
labels = rng.integers(0, 2, 60)
texts = ["good <b>fine</b> film" if l else "dull <b>fine</b> film" for l in labels]
texts = [f"{t} {i}" for i, t in enumerate(texts)]
given = ["pro" if l else "con" for l in labels]
given[7] = "con" if given[7] == "pro" else "pro"
review = explorer.Review(explorer.read(texts, label=given), embedder="tfidf", cache=False)
review
""",
    """
import threading
shown = explorer.show(review)
_ = review.issues
explorer.panels.session_of(review).snapshot.update()
""",
]


@pytest.fixture(scope="module")
def executed() -> Any:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(notebook, timeout=120, kernel_name="python3", store_widget_state=False).execute()
    return notebook


def test_a_notebook_keeps_the_picture_beside_the_widget(executed: Any) -> None:
    first, second = executed.cells[0].outputs
    assert set(first.data) == {"text/html", "text/plain"}
    assert first.data["text/plain"] == ""
    assert "application/vnd.jupyter.widget-view+json" in second.data
    assert second.data["text/plain"] == "The explorer of 60 items. Run this cell to see it."
    assert "60 items with 2 classes" in first.data["text/html"]
    assert "row 7" in first.data["text/html"], "it is renewed when there are scores"
    assert "&lt;b&gt;fine&lt;/b&gt; film" in first.data["text/html"]
    assert len(first.data["text/html"].encode()) <= MOST_BYTES


def test_nbconvert_shows_the_picture(executed: Any) -> None:
    body, _ = HTMLExporter().from_notebook_node(executed)
    assert "60 items with 2 classes" in body
    assert "row 7" in body
    assert "object at 0x" not in body
