"""marimo: `review` as the last expression shows the explorer; keys, decide, undo, reload, restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jupyter import PATIENCE
from marimo_host import Marimo, MarimoPage
from playwright.sync_api import Browser, expect
from store import read_store

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    import numpy as np, explorer
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 240)
    vectors = (rng.normal(size=(3, 8)) * 3)[truth] + rng.normal(size=(240, 8))
    given = np.where(rng.random(240) < 0.15, (truth + 1) % 3, truth)
    names = np.array(["cat", "dog", "newt"])
    dataset = explorer.read(vectors.astype("float32"), label=names[given])
    review = explorer.Review(dataset, store="marimo.labels.db", k=10, rater="ann")
    review.wait(progress=False)
    review.audit_rate = 0
    return explorer, review


@app.cell
def _(explorer, review):
    SHOWN
    return


if __name__ == "__main__":
    app.run()
"""

DECIDE = ["x", "d", "d", "a"]
"""Every one of them decides."""

OTHERS = [
    *("b", "c", "v", "0", "i", "y", "r", "m", "e", "q", "f", "h", "j", "n", "p", "l", "/", "?", "Space", "-"),
    *("ArrowDown", "ArrowUp", "ArrowLeft", "Home", "End", "Delete", "Backspace", "Shift+X", "Shift+ArrowDown"),
    *("Control+Enter", "Shift+Enter", "Control+z", "Control+Shift+z", "Control+c", "Control+v", "Control+Backspace"),
    *("Control+j", "Control+Shift+ArrowUp", "Control+Shift+ArrowDown", "Control+Shift+Backspace"),
]
"""Keys that move, ask or mean nothing to the explorer; most of them run, copy, move or remove a cell of marimo's."""


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[[str, str], MarimoPage]]:
    """Open a notebook that shows a review by some expression, in `marimo edit` or `marimo run`."""
    servers: list[Marimo] = []
    pages: list[MarimoPage] = []

    def open_page(mode: str, shown: str) -> MarimoPage:
        notebook = tmp_path / "review.py"
        notebook.write_text(NOTEBOOK.replace("SHOWN", shown))
        servers.append(Marimo(mode, notebook, tmp_path / "state"))
        pages.append(MarimoPage(browser, servers[-1]))
        pages[-1].open()
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()
    for server in servers:
        server.kill()


def settled(page: MarimoPage) -> None:
    """Wait until every edit is acknowledged."""
    expect(page.dqx("unsaved").first).to_have_attribute("data-count", "0", timeout=PATIENCE)


def ops(folder: Path) -> list[str]:
    """What was done with labels in the store, oldest first."""
    return [entry["op"] for entry in reversed(read_store(folder / "marimo.labels.db")["log"])]


def cells(page: MarimoPage) -> list[str]:
    """Text of every cell's editor."""
    return page.page.get_by_test_id("cell-editor").all_inner_texts()


def press_all(page: MarimoPage, keys: list[str]) -> None:
    """Press keys one after another; after each the notebook is as it was and the explorer has the keyboard."""
    before = cells(page)
    for key in keys:
        page.shown()
        page.page.keyboard.press(key)
        assert page.focused(), f"{key} left the explorer"
        # A field, a panel or a lasso that the key opened is closed again.
        page.page.keyboard.press("Escape")
        assert page.focused(), f"Escape after {key} left the explorer"
        assert cells(page) == before, f"{key} changed the notebook"
    expect(page.page.get_by_role("dialog").filter(visible=True)).to_have_count(0)


def test_a_review_in_marimo(opened: Callable[[str, str], MarimoPage], tmp_path: Path) -> None:
    page = opened("edit", "review")
    first = page.press("k")
    expect(page.tile(first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    second = page.press("Enter")
    assert second != first
    expect(page.tile(second)).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
    page.press("u")
    expect(page.tile(second)).to_have_attribute("data-state", "given", timeout=PATIENCE)
    expect(page.dqx("said").first).to_contain_text("Taken back", timeout=PATIENCE)
    settled(page)
    assert ops(tmp_path) == ["keep", "set", "clear"]

    # A new page on the same kernel.
    page.page.reload(timeout=PATIENCE)
    page.ready()
    expect(page.tile(first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)

    # A new kernel.
    page.restart()
    expect(page.tile(first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    third = page.press("Enter")
    expect(page.tile(third)).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
    settled(page)
    assert ops(tmp_path) == ["keep", "set", "clear", "set"]
    assert page.errors == []


def test_no_key_leaves_the_explorer(opened: Callable[[str, str], MarimoPage], tmp_path: Path) -> None:
    page = opened("edit", "review")
    assert len(cells(page)) == 2
    page.dqx("queue-tile").first.click()
    press_all(page, DECIDE)
    settled(page)
    assert ops(tmp_path) == ["flag"] * len(DECIDE), "every key arrived once"
    press_all(page, OTHERS)
    # A modifier alone means nothing to anybody, and passes.
    assert set(page.heard()) <= {"Shift", "Control"}

    # Saving stays the host's; it takes the keyboard with it.
    page.page.keyboard.press("Control+s")
    assert "s" in page.heard()
    assert page.errors == []


def test_the_cell_that_shows_it_runs_again(opened: Callable[[str, str], MarimoPage], tmp_path: Path) -> None:
    page = opened("edit", "explorer.show(review)")
    first = page.press("k")
    expect(page.tile(first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    settled(page)
    # marimo ends the widgets of a cell that runs again: the review makes another.
    page.dqx("card").first.evaluate("each => { each.dataset.old = 'yes'; }")
    page.page.get_by_test_id("cell-editor").last.click()
    page.page.keyboard.press("Control+Enter")
    expect(page.page.locator('[data-dqx="card"][data-old]')).to_have_count(0, timeout=PATIENCE)
    page.ready()
    expect(page.tile(first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    second = page.press("Enter")
    expect(page.tile(second)).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
    settled(page)
    assert ops(tmp_path) == ["keep", "set"]


def test_an_app_shows_it_too(opened: Callable[[str, str], MarimoPage], tmp_path: Path) -> None:
    page = opened("run", "review")
    first = page.press("k")
    expect(page.tile(first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    settled(page)
    assert ops(tmp_path) == ["keep"]
