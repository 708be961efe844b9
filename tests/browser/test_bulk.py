"""Decisions on many items: said before they are made, one commit, one key back; and a map that rests when it can."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter import PATIENCE, Lab
from playwright.sync_api import expect
from store import read_store
from test_in_sight import ask

NOTEBOOK = """
import numpy as np
import explorer

rng = np.random.default_rng(0)
truth = rng.integers(0, 4, {items})
vectors = (rng.normal(size=(4, 16)) * 3)[truth] + rng.normal(size=({items}, 16))
given = np.where(rng.random({items}) < 0.05, (truth + 1) % 4, truth)
names = np.array(["cat", "dog", "ship", "truck"])
dataset = explorer.read(vectors.astype("float32"), label=names[given], key=[f"item-{{i}}" for i in range({items})])
review = explorer.Review(dataset, store="{store}.labels.db", k=10, rater="ann")
{then}
explorer.show(review)
"""
PLACES = """() => {
    const top = document.querySelector('.dqx-explorer').getBoundingClientRect().top;
    return ['.dqx-card', '.dqx-tabs', '.dqx-queue'].map(each => {
        const box = document.querySelector(each).getBoundingClientRect();
        return [Math.round(box.top - top), Math.round(box.height)];
    });
}"""
"""Where the card, the tabs and the queue lie."""
FRAMES = """() => [...document.querySelectorAll('.dqx-ego-picture')]
    .map(each => getComputedStyle(each).borderColor)"""
"""Colours that the neighbours are framed in."""
DOTS = """() => {
    const canvas = document.querySelector('.dqx-map-points');
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const sum = [0, 0, 0];
    let n = 0;
    for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 100) { n++; for (let c = 0; c < 3; c++) sum[c] += data[i + c]; }
    return sum.map(each => Math.round(each / n));
}"""
"""The mean colour of the map's dots."""
NO_MAP = 'review.wait("score")\nreview.cancel()'


def opened(lab: Callable[..., Lab], folder: Path, name: str, items: int, then: str = "") -> Lab:
    """Open a notebook of so many vectors whose queue is there."""
    source = NOTEBOOK.format(items=items, store=name, then=then).strip()
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata=python), folder / f"{name}.ipynb"
    )
    page = lab()
    page.page.set_default_navigation_timeout(PATIENCE)
    page.open(f"{name}.ipynb")
    page.run_all()
    expect(page.dqx("p-error").first).to_contain_text(re.compile(r"\d+ % likely wrong"), timeout=PATIENCE)
    return page


def press(page: Lab, key: str) -> None:
    """Press a key while the explorer has the focus."""
    page.shown()
    page.page.locator(".dqx-explorer").first.focus()
    page.page.keyboard.press(key)


def saved(page: Lab) -> None:
    """Wait until every decision is on disk."""
    expect(page.dqx("unsaved").first).to_have_attribute("data-count", "0", timeout=PATIENCE)


def number(text: str) -> int:
    """Return the first number of a text."""
    found = re.search(r"[\d,]+", text)
    assert found, text
    return int(found.group().replace(",", ""))


def test_many_labels_change_only_after_it_was_said_which(lab: Callable[..., Lab], folder: Path, shot: Any) -> None:
    page = opened(lab, folder, "bulk", 600, 'review.wait("layout")')
    store = folder / "bulk.labels.db"
    said, dialog, go = page.dqx("said").first, page.dqx("bulk").first, page.dqx("bulk-go").first

    # A decision says what it did in one place, which is there before and moves nothing.
    where = page.page.evaluate(PLACES)
    before, after = page.dqx("card-given").first.inner_text(), page.dqx("card-suggested").first.inner_text()
    item = str(page.dqx("card").first.get_attribute("data-item"))
    press(page, "Enter")
    expect(said).to_have_text(f"{before} → {after}, U to undo", timeout=PATIENCE)
    saved(page)
    press(page, "k")
    expect(said).to_contain_text("kept, U to undo", timeout=PATIENCE)
    saved(page)
    assert page.page.evaluate(PLACES) == where
    decided = read_store(store)
    commits = len({entry["commit"] for entry in decided["log"]})

    # What a decision on the whole queue would change is said first; what is decided is left out.
    press(page, "b")
    expect(dialog).to_be_visible(timeout=PATIENCE)
    expect(go).to_be_enabled(timeout=PATIENCE)
    words = page.dqx("bulk-words").first.inner_text()
    assert "would get their suggested label" in words
    assert len(read_store(store)["log"]) == len(decided["log"]), "nothing is written yet"
    rows = page.dqx("bulk-table").locator("tbody tr")
    counts = [int(rows.nth(i).locator(".dqx-bulk-number").first.inner_text()) for i in range(rows.count())]
    many = number(go.inner_text())
    assert sum(counts) == many
    shot(page, "bulk-dialog-light")
    page.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert read_store(store)["labels"] == decided["labels"]

    press(page, "b")
    expect(go).to_be_enabled(timeout=PATIENCE)
    page.page.keyboard.press("Enter")
    expect(said).to_contain_text("U takes it back.", timeout=PATIENCE)
    assert number(said.inner_text()) == many
    saved(page)
    now = read_store(store)
    changed = {i for i, label in now["labels"].items() if label != decided["labels"][i]}
    assert len(changed) == many
    assert f"item-{item}" not in changed
    assert len({entry["commit"] for entry in now["log"]}) == commits + 1
    expect(dialog).to_be_hidden()
    shot(page, "bulk-done-light")

    # One key brings exactly all of it back, and says so.
    press(page, "u")
    expect(said).to_contain_text("Taken back", timeout=PATIENCE)
    back = read_store(store)
    assert back["labels"] == decided["labels"]
    assert back["ok"]

    # The same over a lasso, with what somebody had decided where one says so.
    page.execute("review.select([str(i) for i in dataset.item_ids[:40]])")
    expect(page.dqx("relabel-chosen").first).to_contain_text("Relabel 40", timeout=PATIENCE)
    page.execute("review.keep([str(i) for i in dataset.item_ids[:8]])")
    page.dqx("relabel-chosen").first.click()
    page.page.keyboard.press("1")
    expect(page.dqx("bulk-words").first).to_contain_text("would be changed to cat", timeout=PATIENCE)
    expect(go).to_be_enabled(timeout=PATIENCE)
    fewer = number(go.inner_text())
    page.page.keyboard.press("i")
    expect(page.dqx("bulk-decided").first).to_be_checked()
    assert fewer < number(go.inner_text()) <= fewer + 10
    page.page.keyboard.press("Escape")
    assert not [line for line in page.console if "anywidget" in line]


def test_twenty_thousand_labels_change_by_three_keys_in_one_commit(lab: Callable[..., Lab], folder: Path) -> None:
    page = opened(lab, folder, "many", 20_000, NO_MAP)
    store = folder / "many.labels.db"
    page.scope("all")
    expect(page.dqx("accept-all").first).to_contain_text("Accept 20,000 suggestions", timeout=PATIENCE)
    expect(page.dqx("relabel-all").first).to_contain_text("Relabel 20,000")
    # Three keys: R, the label's digit, Enter.
    press(page, "r")
    page.page.keyboard.press("3")
    expect(page.dqx("bulk-words").first).to_contain_text("Of 20,000 items", timeout=PATIENCE)
    go = page.dqx("bulk-go").first
    expect(go).to_be_enabled(timeout=PATIENCE)
    many = number(go.inner_text())
    assert 14_000 < many < 16_000
    page.page.keyboard.press("Enter")
    said = page.dqx("said").first
    expect(said).to_have_text(f"{many:,} labels changed to ship. U takes it back.", timeout=PATIENCE)
    saved(page)
    found = read_store(store)
    assert set(found["labels"].values()) == {"ship"}
    assert len({entry["commit"] for entry in found["log"]}) == 1
    assert page.page.locator('[data-dqx="notice"]:not([data-kind="info"])').count() == 0
    press(page, "u")
    expect(said).to_have_text(f"Taken back: {many:,} decisions.", timeout=PATIENCE)
    found = read_store(store)
    labels = found["labels"]
    assert sum(label != "ship" for label in labels.values()) == many

    # By the same keys one class of a lasso around everything, and no item of another.
    ask(page, "s.choose([...s.labels.given.keys()])")
    ask(page, "s.setFilter({label: s.classes.indexOf('cat')})")
    expect(page.dqx("filter-chosen").first).to_contain_text("20,000 chosen")
    expect(page.dqx("filter-class").first).to_contain_text("only cat")
    cats = {i for i, label in labels.items() if label == "cat"}
    expect(page.dqx("relabel-all").first).to_contain_text(f"Relabel {len(cats):,}")
    press(page, "r")
    page.page.keyboard.press("3")
    expect(page.dqx("bulk-words").first).to_contain_text(f"Of {len(cats):,} items", timeout=PATIENCE)
    expect(go).to_have_text(re.compile(f"Change {len(cats):,} labels"), timeout=PATIENCE)
    page.page.keyboard.press("Enter")
    expect(said).to_have_text(f"{len(cats):,} labels changed to ship. U takes it back.", timeout=PATIENCE)
    saved(page)
    now = read_store(store)
    assert {i for i, label in now["labels"].items() if label != labels[i]} == cats
    commits = {entry["commit"] for entry in now["log"]} - {entry["commit"] for entry in found["log"]}
    assert len(commits) == 1


@pytest.mark.parametrize("moment", ["in sight", "scrolled away"])
def test_no_frames_are_asked_for_while_nothing_happens(lab: Callable[..., Lab], folder: Path, moment: str) -> None:
    page = opened(lab, folder, f"idle-{moment[:2]}", 600, 'review.wait("layout")')
    page.drawn("umap")
    page.page.evaluate(
        """() => { const own = window.requestAnimationFrame; window.asked = 0;
             window.requestAnimationFrame = step => { window.asked++; return own.call(window, step); }; }"""
    )
    page.page.locator(".dqx-explorer").first.focus()
    if moment == "scrolled away":
        page.page.evaluate("document.querySelector('.jp-WindowedPanel-outer')?.scrollTo(0, 100000)")
    # The last frames of what was under way come first; a loop of frames would never leave three seconds to themselves.
    page.page.wait_for_function(
        """async () => { const before = window.asked; await new Promise(done => setTimeout(done, 3000));
             return window.asked - before <= 4; }""",
        timeout=PATIENCE,
    )


def test_everything_drawn_takes_the_new_theme_at_once(lab: Callable[..., Lab], folder: Path, shot: Any) -> None:
    page = opened(lab, folder, "theme", 600, 'review.wait("layout")')
    page.drawn("umap")
    # In full screen the map, the item and its neighbours stand side by side; here the neighbours take the map's place.
    press(page, "v")
    expect(page.dqx("neighbour-node").first).to_be_visible(timeout=PATIENCE)
    press(page, "m")
    page.drawn("umap")
    light = page.page.evaluate(FRAMES), page.page.evaluate(DOTS)
    page.theme("Dark")
    try:
        page.page.wait_for_function(
            "([frames, before]) => JSON.stringify(eval(frames)()) !== JSON.stringify(before)",
            arg=[FRAMES, light[0]],
            timeout=PATIENCE,
        )
        page.page.wait_for_function(
            "([dots, before]) => Math.max(...eval(dots)().map((each, c) => Math.abs(each - before[c]))) > 10",
            arg=[DOTS, light[1]],
            timeout=PATIENCE,
        )
        dark = page.page.evaluate(FRAMES)
        assert not set(dark) & set(light[0])
        shot(page, "bulk-theme-dark")
    finally:
        page.theme("Light")  # JupyterLab remembers
