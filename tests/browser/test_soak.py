"""An afternoon of clicking, in minutes: many decisions by keyboard, with reloads or a busy kernel, and none lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter import PATIENCE, Lab
from playwright.sync_api import expect
from store import read_store
from test_bulk import opened
from test_in_sight import SESSION, ask
from test_quickstart import NOTEBOOK, press, settled

BUSY = """() => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const code = "import time\\nend = time.monotonic() + .5\\nwhile time.monotonic() < end: pass";
    window.busyTurns = 0;
    window.busy = (async () => {
        while (!window.atRest) {
            await kernel.requestExecute({ code, silent: true }).done;
            window.busyTurns++;
            await new Promise(done => setTimeout(done, 500));
        }
    })();
}"""
"""Keeps the kernel busy for half a second, again and again with a rest of half a second, until `atRest`."""
NOW = """(() => {
    const item = s.current, suggested = s.lastCard(item).suggested, given = s.labels.given[item];
    return [item, given, suggested, s.className(suggested)];
})()"""
"""The current item, its given and its suggested label, and the name of that."""
AS_SAVED = """s.labels.given.reduce(
    (found, _, item) => s.isReviewed(item) && !s.isWaiting(item) ? [...found, item] : found, [])"""
"""The items that the page shows as decided on and saved."""


@pytest.mark.soak
def test_three_hundred_decisions_and_six_reloads(lab: Callable[..., Lab], folder: Path) -> None:
    page = lab()
    page.open(NOTEBOOK)
    page.run_all()
    page.drawn("umap")
    page.save()
    everything(page)
    store = folder / "quickstart.labels.db"
    before = len(read_store(store)["log"])
    for round_ in range(6):
        for n in range(50):
            decide(page, "Enter" if (n + round_) % 3 else "k")
        settled(page)
        assert len(read_store(store)["log"]) == before + 50 * (round_ + 1)
        page.page.reload()
        page.ready()
        page.drawn("umap")
        everything(page)
    assert read_store(store)["ok"]
    heap = page.page.evaluate("performance.memory.usedJSHeapSize")
    assert heap < 400e6


@pytest.mark.parametrize("many", [40, pytest.param(300, marks=pytest.mark.soak)])
def test_decisions_in_a_row_beside_a_busy_kernel(lab: Callable[..., Lab], folder: Path, many: int) -> None:
    """None is dropped, doubled or in another order, and none is shown as saved before it is on disk."""
    page = opened(lab, folder, f"busy-{many}", 600, 'review.wait("layout")')
    store = folder / f"busy-{many}.labels.db"
    everything(page)
    page.page.evaluate(BUSY)
    made: list[tuple[str, str, str | None]] = []
    for n in range(many):
        page.shown()
        item, given, suggested, name = ask(page, NOW)
        accepts = n % 3 != 0
        changes = accepts and suggested != given
        made.append((f"item-{item}", "set" if changes else "keep", name if changes else None))
        press(page, "Enter" if accepts else "k")
        page.page.wait_for_function(f"item => {SESSION}.current !== item", arg=item, timeout=PATIENCE)
        if n % 10 == 9:
            # What the page says is saved was on disk when it said so.
            shown = {f"item-{i}" for i in ask(page, AS_SAVED)}
            assert shown <= {entry["item"] for entry in read_store(store)["log"]}
    page.page.evaluate("async () => { window.atRest = true; await window.busy; }")
    assert page.page.evaluate("window.busyTurns") > 2
    page.page.wait_for_function(f"() => {SESSION}.unsaved === 0", timeout=PATIENCE)
    found = read_store(store)
    written: list[Any] = [
        (entry["item"], entry["op"], entry["new"] if entry["op"] == "set" else None) for entry in reversed(found["log"])
    ]
    assert written == made
    assert found["ok"]
    assert {f"item-{i}" for i in ask(page, AS_SAVED)} == {item for item, _, _ in made}


REFUSED = re.compile("once more|press the key again")


def decide(page: Lab, key: str) -> None:
    """Decide on the current item; again where the page says that its card was not in sight, or not there yet."""
    item = ask(page, "s.current")
    press(page, key)
    while ask(page, "s.current") == item:
        said = page.page.locator("[data-dqx=said], [data-dqx=notice]").filter(has_text=REFUSED)
        expect(said.first).to_be_visible(timeout=PATIENCE)
        press(page, key)


def everything(page: Lab) -> None:
    """Queue every item."""
    page.page.wait_for_function(f"() => {SESSION}?.scores", timeout=PATIENCE)
    ask(page, 's.setFilter({scope: "all"})')
