"""A host with a comm and nothing else, as VS Code and Colab are: the explorer comes up, keys work, decisions last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from jupyter import PATIENCE, SHOWN
from plain_host import PlainHost
from playwright.sync_api import Browser, Frame, Locator, Page, expect
from store import read_store

import explorer

KEYS = ["x", "a", "j", "ArrowLeft", "f", "Shift+ArrowLeft", "/", "Escape", "?", "Escape", "v", "i"]
"""Keys that the host must not hear of: it would take them for its own."""


class Screen:
    """The page with the sandboxed frame in it."""

    def __init__(self, browser: Browser, host: PlainHost) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.host = host

    def show(self, widget: dict[str, object]) -> None:
        """Open the page, or load it again, and show a widget in it."""
        self.page.goto(self.host.address, timeout=PATIENCE)
        self.page.wait_for_function("window.ready", timeout=PATIENCE)
        self.again(widget)

    def again(self, widget: dict[str, object]) -> None:
        """Show a widget in place of the one before, as a cell does that runs again."""
        self.page.evaluate("widget => window.show(widget)", widget)
        expect(self.dqx("queue-tile").first).to_be_visible(timeout=PATIENCE)
        self.shown()

    @property
    def frame(self) -> Frame:
        return self.page.frames[1]

    def dqx(self, name: str) -> Locator:
        return self.frame.locator(f'[data-dqx="{name}"]')

    def shown(self) -> None:
        """Wait until a card is there, and drawn with its item."""
        self.frame.wait_for_function(SHOWN, timeout=PATIENCE)

    def tile(self, item: str) -> Locator:
        return self.frame.locator(f'[data-dqx="queue-tile"][data-item="{item}"]')

    def current(self) -> str:
        found = self.frame.locator('[data-dqx="queue-tile"][aria-current="true"]').first
        return str(found.get_attribute("data-item"))

    def press(self, key: str) -> str:
        """Press a key while the explorer has the keyboard; returns the item that the card showed."""
        self.shown()
        self.frame.locator(".dqx-explorer").focus()
        item = self.current()
        self.page.keyboard.press(key)
        return item


@pytest.fixture
def host() -> Iterator[PlainHost]:
    made = PlainHost()
    yield made
    made.close()


@pytest.fixture
def screen(browser: Browser, host: PlainHost) -> Iterator[Screen]:
    made = Screen(browser, host)
    yield made
    made.context.close()


def review(store: Path) -> explorer.Review:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 240)
    vectors = (rng.normal(size=(3, 8)) * 3)[truth] + rng.normal(size=(240, 8))
    given = np.where(rng.random(240) < 0.15, (truth + 1) % 3, truth)
    names = np.array(["cat", "dog", "newt"])
    dataset = explorer.read(vectors.astype("float32"), label=names[given])
    made = explorer.Review(dataset, store=store, k=10, rater="ann").wait(progress=False)
    made.audit_rate = 0
    return made


def ops(store: Path) -> list[str]:
    """What was done with labels in the store, oldest first."""
    return [entry["op"] for entry in reversed(read_store(store)["log"])]


def test_it_opens_decides_undoes_and_is_loaded_again(screen: Screen, host: PlainHost, tmp_path: Path) -> None:
    store = tmp_path / "s.labels.db"
    reviewed = review(store)
    widget = host.widget(lambda: explorer.show(reviewed))
    screen.show(widget)
    refused = "(name) => { try { window[name].getItem('a'); return false } catch { return true } }"
    assert screen.frame.evaluate(refused, "localStorage")
    assert screen.frame.evaluate(refused, "sessionStorage")
    assert not screen.frame.evaluate("document.fullscreenEnabled")
    expect(screen.dqx("full-screen").first).to_be_hidden()

    first = screen.press("k")
    expect(screen.tile(first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    second = screen.press("Enter")
    assert second != first
    expect(screen.tile(second)).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
    expect(screen.dqx("said").first).to_contain_text("→", timeout=PATIENCE)
    screen.press("u")
    expect(screen.tile(second)).to_have_attribute("data-state", "given", timeout=PATIENCE)
    expect(screen.dqx("said").first).to_contain_text("Taken back", timeout=PATIENCE)
    expect(screen.dqx("unsaved").first).to_have_attribute("data-count", "0", timeout=PATIENCE)
    assert ops(store) == ["keep", "set", "clear"]

    for key in KEYS:
        screen.press(key)
    # A modifier alone means nothing to anybody, and passes.
    assert set(screen.frame.evaluate("window.heard")) <= {"Shift"}

    # A page that is loaded again, on the same kernel.
    screen.show(widget)
    expect(screen.tile(first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    assert screen.errors == []
    reviewed.close()


def test_what_waits_for_a_kernel_that_is_gone_is_kept_in_the_page(
    screen: Screen, host: PlainHost, tmp_path: Path
) -> None:
    store = tmp_path / "s.labels.db"
    before = review(store)
    screen.show(host.widget(lambda: explorer.show(before)))
    first = screen.press("k")
    expect(screen.tile(first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    expect(screen.dqx("unsaved").first).to_have_attribute("data-count", "0", timeout=PATIENCE)

    host.deaf = True
    waiting = screen.press("x")
    expect(screen.tile(waiting)).to_have_attribute("data-waiting", "true", timeout=PATIENCE)
    expect(screen.dqx("banner").first).to_be_visible(timeout=PATIENCE)
    before.close()
    assert ops(store) == ["keep"]

    # A new kernel; the cells run again in the same page.
    host.deaf = False
    after = review(store)
    screen.again(host.widget(lambda: explorer.show(after)))
    expect(screen.tile(waiting)).to_have_attribute("data-state", "flagged", timeout=PATIENCE)
    expect(screen.dqx("unsaved").first).to_have_attribute("data-count", "0", timeout=PATIENCE)
    expect(screen.tile(first)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    expect(screen.dqx("banner").first).to_be_hidden()
    assert ops(store) == ["keep", "flag"]
    assert screen.errors == []
    after.close()
