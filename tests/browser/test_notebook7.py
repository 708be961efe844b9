"""Notebook 7, whose shortcuts hear a key before a widget does: none leaves the explorer, and what is decided holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter import LAB, NOTEBOOK, PATIENCE, Host, Lab
from playwright.sync_api import expect
from store import read_store
from test_in_sight import SESSION
from test_quickstart import current_item, press, settled, tile

SETUP = """
import numpy as np, explorer
rng = np.random.default_rng(0)
truth = rng.integers(0, 3, 240)
vectors = (rng.normal(size=(3, 8)) * 3)[truth] + rng.normal(size=(240, 8))
given = np.where(rng.random(240) < 0.15, (truth + 1) % 3, truth)
names = np.array(["cat", "dog", "newt"])
dataset = explorer.read(vectors.astype("float32"), label=names[given])
review = explorer.Review(dataset, store={store!r}, k=10).wait(progress=False)
review.audit_rate = 0
"""

DECIDE = ["x", "d", "d", "k", "a", "Enter", "3", "w", "g", "s", "u"]
"""Every one of them decides, or takes a decision back."""

OTHERS = [
    *("b", "c", "v", "0", "0", "i", "i", "y", "z", "r", "m", "t", "o", "e", "q", "f", "h", "j", "n", "p", "l"),
    *("ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "PageDown", "Home", "End", "Delete", "Backspace"),
    *("/", "?", "Space", "-", "+", "Shift+X", "Shift+M", "Shift+L", "Shift+V", "Shift+ArrowDown"),
]
"""Keys that move, ask or mean nothing to the explorer; most of them mean something to a notebook."""

CHORDS = [
    *("Control+z", "Control+Shift+z", "Control+a", "Control+x", "Control+c", "Control+v", "Control+Backspace"),
    *("Control+Shift+m", "Control+Shift+ArrowDown", "Control+Shift+ArrowUp", "Control+Shift+-"),
    *("Shift+Enter", "Control+Enter", "Alt+Enter"),
]
"""What undoes, cuts, merges, moves, splits or runs cells."""

HOSTS = pytest.mark.parametrize("host", [LAB, NOTEBOOK], ids=lambda host: host.name)


def notebook(folder: Path, name: str) -> Path:
    """Write a notebook with a review between two other cells, once; returns where its label store will be."""
    store = folder / f"{name}.labels.db"
    if (folder / f"{name}.ipynb").exists():
        return store
    cells = [
        nbformat.v4.new_markdown_cell("before"),
        nbformat.v4.new_code_cell(SETUP.strip().format(store=store.name)),
        nbformat.v4.new_code_cell("explorer.show(review)"),
        nbformat.v4.new_markdown_cell("after"),
    ]
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python), folder / f"{name}.ipynb")
    return store


def start(lab: Callable[..., Lab], folder: Path, host: Host) -> tuple[Lab, Path]:
    """Open the host's own notebook and run it to the end; the page, and where the label store is."""
    name = host.name.replace(" ", "-")
    store = notebook(folder, name)
    page = lab(host=host)
    page.open(f"{name}.ipynb")
    page.run_all()
    page.drawn("umap")
    return page, store


def click_into(page: Lab) -> None:
    """Give the explorer the keyboard as a person does."""
    page.dqx("queue-tile").first.scroll_into_view_if_needed()
    page.dqx("queue-tile").first.click()
    page.shown()


def focused(page: Lab) -> str:
    """What has the keyboard: "explorer", or what it is outside."""
    found: str = page.page.evaluate(
        """() => { const at = document.activeElement;
             return at.closest(".dqx-explorer") ? "explorer" : at.outerHTML.slice(0, 99); }"""
    )
    return found


def press_all(page: Lab, keys: list[str]) -> None:
    """Press keys one after another; after each the notebook is as it was and the explorer has the keyboard."""
    cells = page.cells()
    for key in keys:
        page.shown()
        page.page.keyboard.press(key)
        assert focused(page) == "explorer", f"{key} left the explorer"
        assert page.cells() == cells, f"{key} changed the notebook"
        # A field, a panel or a lasso that the key opened is closed again.
        page.page.keyboard.press("Escape")
        # Only a person's Escape leaves the full screen that Z opened.
        page.page.evaluate("document.fullscreenElement && document.exitFullscreen()")
        assert focused(page) == "explorer", f"Escape after {key} left the explorer"
    expect(page.page.locator(".jp-Dialog")).to_have_count(0)
    assert page.cells() == cells


def decided(store: Path, before: int) -> list[str]:
    """What was done with labels in the store, oldest first, after so many events."""
    return [entry["op"] for entry in reversed(read_store(store)["log"])][before:]


def in_state(page: Lab, item: str, state: str) -> None:
    """Wait until an item is so; what is decided on need not be a suspect any more, so it may have no tile."""
    page.page.wait_for_function(f"() => {SESSION}.stateOf({item}) === '{state}'", timeout=PATIENCE)


@HOSTS
def test_no_key_leaves_the_explorer(lab: Callable[..., Lab], folder: Path, host: Host) -> None:
    page, store = start(lab, folder, host)
    assert [source for _, _, source in page.cells()][0::3] == ["before", "after"]
    click_into(page)
    press_all(page, DECIDE)
    settled(page)
    ops = decided(store, 0)
    assert len(ops) == len(DECIDE), "every key arrived once"
    assert ops[:6] == ["flag", "flag", "flag", "keep", "flag", "set"]
    assert ops[-1] == "clear"
    press_all(page, OTHERS)
    press_all(page, CHORDS)

    # Nor where something of the explorer lies over the rest: a panel, a field, the map in full screen.
    cells = page.cells()
    press(page, "?")
    expect(page.dqx("help").first).to_be_visible()
    for key in ("b", "z", "Shift+M"):
        page.page.keyboard.press(key)
    page.page.keyboard.press("Escape")
    page.tab("item")
    page.dqx("label-input").first.click()
    page.page.keyboard.type("xddbv")
    expect(page.dqx("label-input").first).to_have_value("xddbv")
    page.page.keyboard.press("Escape")
    assert focused(page) == "explorer"
    assert page.cells() == cells


@HOSTS
def test_in_full_screen_the_keys_work_at_once(lab: Callable[..., Lab], folder: Path, host: Host) -> None:
    page, _ = start(lab, folder, host)
    cells = page.cells()
    page.dqx("full-screen").first.click()
    page.page.wait_for_function("document.fullscreenElement?.contains(document.activeElement)", timeout=PATIENCE)
    page.page.keyboard.press("l")
    expect(page.dqx("lasso").first).to_have_attribute("aria-pressed", "true")
    # Letters that change cells of a notebook.
    for key in ("d", "d", "a", "x", "y", "l"):
        page.page.keyboard.press(key)
    expect(page.dqx("lasso").first).to_have_attribute("aria-pressed", "false")
    page.page.evaluate("document.exitFullscreen()")
    page.page.wait_for_function("!document.fullscreenElement", timeout=PATIENCE)
    assert focused(page) == "explorer"
    assert page.cells() == cells


@HOSTS
def test_saving_and_finding_stay_the_hosts(lab: Callable[..., Lab], folder: Path, host: Host) -> None:
    page, _ = start(lab, folder, host)
    click_into(page)
    dirty = "window.jupyterapp.shell.currentWidget.context.model.dirty"
    page.page.wait_for_function(dirty, timeout=PATIENCE)
    page.page.keyboard.press("Control+s")
    page.page.wait_for_function(f"!{dirty}", timeout=PATIENCE)
    assert focused(page) == "explorer"
    page.page.keyboard.press("Control+f")
    expect(page.page.locator(".jp-DocumentSearch-overlay")).to_be_visible(timeout=PATIENCE)


@HOSTS
def test_it_is_seen_when_the_keys_work(lab: Callable[..., Lab], folder: Path, host: Host, shot: Any) -> None:
    page, _ = start(lab, folder, host)
    explorer, hint = page.page.locator(".dqx-explorer").first, page.dqx("keyboard-hint").first
    cap = page.dqx("accept").locator("kbd").first
    expect(explorer).to_have_attribute("data-keyboard", "off")
    expect(hint).to_have_text("Click here to use the keys")
    expect(hint).to_be_visible()
    expect(cap).to_have_css("border-top-style", "dashed")
    shot(page, f"keyboard-off-{host.name}")
    places = "() => [...document.querySelectorAll('.dqx-explorer button')].map(b => b.getBoundingClientRect().toJSON())"
    before = page.page.evaluate(places)
    hint.click()
    expect(explorer).to_have_attribute("data-keyboard", "on")
    expect(hint).to_be_hidden()
    expect(cap).to_have_css("border-top-style", "solid")
    assert page.page.evaluate(places) == before, "nothing moves"
    shot(page, f"keyboard-on-{host.name}")
    # Back in the notebook its own keys work again, and the explorer says so.
    page.page.locator(".jp-MarkdownCell").first.click()
    expect(explorer).to_have_attribute("data-keyboard", "off")
    expect(hint).to_be_visible()


def test_a_review_in_notebook_7(lab: Callable[..., Lab], folder: Path) -> None:
    """Open, decide, undo, reload, restart the kernel."""
    page, store = start(lab, folder, NOTEBOOK)
    before = len(read_store(store)["log"])
    page.page.locator('[data-dqx="queue-tile"][data-state="given"]').first.click()
    page.shown()
    first = current_item(page)
    page.page.keyboard.press("k")
    expect(tile(page, first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    page.shown()
    second = current_item(page)
    assert second != first
    page.page.keyboard.press("Enter")
    expect(tile(page, second)).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
    page.page.keyboard.press("u")
    expect(tile(page, second)).to_have_attribute("data-state", "given", timeout=PATIENCE)
    settled(page)
    assert decided(store, before) == ["keep", "set", "clear"]

    # A new page on the same kernel shows what was decided, and takes keys.
    page.save()
    page.page.reload()
    page.ready()
    page.drawn("umap")
    in_state(page, first, "kept")
    tile(page, second).click()
    page.shown()
    page.page.keyboard.press("Enter")
    expect(tile(page, second)).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
    settled(page)

    # A new kernel, and the cells run again on the same store.
    page.restart()
    page.command("notebook:clear-all-cell-outputs")
    page.run_all()
    page.drawn("umap")
    in_state(page, first, "kept")
    in_state(page, second, "relabelled")
    fresh = page.page.locator('[data-dqx="queue-tile"][data-state="given"]').first
    fresh.click()
    page.shown()
    third = current_item(page)
    page.page.keyboard.press("x")
    expect(tile(page, third)).to_have_attribute("data-state", "flagged", timeout=PATIENCE)
    settled(page)
    assert read_store(store)["ok"]
    assert decided(store, before) == ["keep", "set", "clear", "set", "flag"]
    assert not page.outside, "nothing is loaded from outside"
