"""For those who use no mouse or hear the screen: axe-core finds nothing in any state, keys reach every control."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jupyter import PATIENCE
from plain_host import FREE, PlainHost
from playwright.sync_api import Browser, Locator, expect
from test_plain_host import Screen

import explorer

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async (state) => {
  const { violations } = await axe.run(document.querySelector(".dqx-explorer"), { resultTypes: ["violations"] });
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map((node) => `${state}: ${impact} ${id} ${node.target.join(" ")} ${node.html.slice(0, 120)}`));
}"""
FOCUSED = """() => {
  const it = document.activeElement;
  const style = (each) => each && getComputedStyle(each);
  const ring = (each) => each && style(each).outlineStyle !== "none" && parseFloat(style(each).outlineWidth) >= 1;
  const { x, y, width, height } = it.getBoundingClientRect();
  const there = document.elementFromPoint(x + width / 2, y + height / 2);
  return {
    name: it.id === "before" || it.id === "after" ? it.id : it.dataset.dqx || it.className || it.tagName,
    inside: it.closest(".dqx-explorer") !== null,
    text: it.getAttribute("aria-label") || it.textContent || it.placeholder || it.title,
    seen: Boolean(there && (it.contains(there) || there.contains(it))),
    ring: Boolean(ring(it) || ring(it.closest("label"))),
  };
}"""
REACHED = {
    "export", "details", "full-screen", "help-button", "tab", "p-error", "more-lines", "keep", "label-input", "mark",
    "reasons", "undo", "why", "map", "map-list", "scope", "search", "sort", "pick-all", "accept-all", "queue-more",
    "grid", "queue-tile",
}  # fmt: skip
"""What Tab comes to on the item's page; arrows lead on from "tab", "scope", "map-list" and "queue-tile"."""


def items(kind: str, n: int = 150) -> explorer.Dataset:
    """Make pictures, texts or rows of three classes, every seventh label of which is wrong; two pictures are alike."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, n)
    vectors = ((rng.normal(size=(3, 8)) * 3)[truth] + rng.normal(size=(n, 8))).astype("float32")
    label = np.array(["cat", "dog", "newt"])[np.where(np.arange(n) % 7 == 0, (truth + 1) % 3, truth)]
    if kind == "table":
        import pandas as pd

        return explorer.read(
            pd.DataFrame(vectors, columns=[f"m{i}" for i in range(8)]).assign(label=label), label="label"
        )
    if kind == "text":
        words = [["purr", "claw", "mouse"], ["bark", "bone", "leash"], ["pond", "gill", "slime"]]
        return explorer.read([" ".join(rng.choice([*words[c], "the", "of", "small"], 40)) for c in truth], label=label)
    pictures = (np.eye(3)[truth][:, None, None, :] * 150 + rng.integers(0, 90, (n, 16, 16, 3))).astype("uint8")
    pictures[8], vectors[8] = pictures[7], vectors[7]
    return explorer.read(pictures, label=label, features=vectors)


@pytest.fixture(scope="module")
def host() -> Iterator[PlainHost]:
    made = PlainHost(FREE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., explorer.Review]]:
    made: list[explorer.Review] = []

    def make(kind: str, *, start: bool = True) -> explorer.Review:
        store = tmp_path_factory.mktemp(kind) / "s.labels.db"
        made.append(explorer.Review(items(kind), store=store, k=10, rater="ann", start=start))
        return made[-1].wait(progress=False) if start else made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def page(browser: Browser, host: PlainHost) -> Iterator[Desk]:
    """Open a page for all tests: each begins on the item, and closes what it opened."""
    made = Desk(browser, host)
    yield made
    made.context.close()


@pytest.fixture(scope="module")
def pictures(page: Desk, review: Callable[..., explorer.Review]) -> explorer.Review:
    """Make a review, and show it in the page."""
    made = review("picture")
    page.open(made)
    page.ready()
    return made


@pytest.fixture
def screen(page: Desk, pictures: explorer.Review) -> Desk:
    """Return the page with the pictures; what axe-core found before is forgotten."""
    page.found.clear()
    return page


class Desk(Screen):
    """The page, with axe-core in it."""

    def __init__(self, browser: Browser, host: PlainHost) -> None:
        super().__init__(browser, host)
        self.page.set_default_timeout(PATIENCE)
        self.found: list[str] = []

    def open(self, review: explorer.Review) -> None:
        """Show a review; returns when its root is there."""
        self.page.goto(self.host.address, timeout=PATIENCE)
        self.page.wait_for_function("window.ready", timeout=PATIENCE)
        widget = self.host.widget(lambda: explorer.show(review))
        self.page.evaluate("widget => window.show(widget)", widget)
        expect(self.frame.locator(".dqx-explorer")).to_be_visible(timeout=PATIENCE)
        self.frame.evaluate(AXE.read_text(encoding="utf-8"))

    def ready(self) -> None:
        """Wait until the queue and the card are there."""
        expect(self.dqx("queue-tile").first).to_be_visible(timeout=PATIENCE)
        self.shown()

    def check(self, state: str, seen: Locator | None = None) -> None:
        """Let axe-core look, once something is to be seen."""
        if seen is not None:
            expect(seen.first).to_be_visible(timeout=PATIENCE)
        self.found += self.frame.evaluate(RUN, state)

    def tab(self, name: str) -> Locator:
        self.frame.locator(f'[data-dqx="tab"][data-tab="{name}"]').click()
        return self.frame.locator(f'.dqx-tab-page[data-page="{name}"]')

    def focused(self) -> dict[str, Any]:
        found: dict[str, Any] = self.frame.evaluate(FOCUSED)
        return found

    def presses(self, *keys: str) -> dict[str, Any]:
        """Press keys one after the other where the keyboard is, which must stay in the explorer; what has it then."""
        for key in keys:
            self.shown()
            self.page.keyboard.press(key)
            if self.focused()["inside"]:
                continue
            self.page.wait_for_timeout(200)  # a page that fills the screen takes the keyboard a moment later
            assert self.focused()["inside"], f"{key} of {keys} loses the keyboard"
        return self.focused()


def test_every_control_is_reached_and_left_by_keyboard(screen: Desk) -> None:
    screen.frame.evaluate(
        """() => document.querySelectorAll("body > p").forEach((p) => {
             const button = document.createElement("button");
             button.id = button.textContent = p.textContent;
             p.replaceChildren(button);
           })"""
    )
    # From the cell through the explorer and out of it, and back.
    screen.frame.locator("#before").focus()
    stops = []
    while not stops or (stops[-1]["name"] != "after" and len(stops) < 100):
        screen.page.keyboard.press("Tab")
        stops.append(screen.focused())
    assert stops[-1]["name"] == "after", [stop["name"] for stop in stops]
    assert {stop["name"] for stop in stops} >= REACHED
    assert [stop for stop in stops if not (stop["text"].strip() and stop["ring"] and stop["seen"])] == []
    screen.page.keyboard.press("Shift+Tab")
    assert screen.focused()["name"] == "queue-tile"

    # On the tiles the arrows walk, and what is current keeps the keyboard.
    first = screen.current()
    assert screen.presses("ArrowRight")["name"] == "queue-tile"
    assert screen.current() != first
    assert screen.presses("Home", "Space", "Shift+End", "Escape", "Enter", "End", "k", "u")["name"] == "queue-tile"

    # Tabs and scopes by arrows.
    screen.frame.locator('[data-dqx="tab"][aria-selected="true"]').focus()
    assert screen.presses("ArrowRight", "ArrowRight", "End", "Home")["name"] == "tab"
    screen.frame.locator('[data-dqx="scope"][aria-checked="true"]').focus()
    assert screen.presses("ArrowRight", "ArrowLeft")["name"] == "scope"
    expect(screen.frame.locator('[data-scope="label"]')).to_have_attribute("aria-busy", "false", timeout=PATIENCE)

    # What opens gives the keyboard back to where it was.
    for opener in ("details", "help-button", "export", "queue-more", "accept-all"):
        screen.dqx(opener).focus()
        assert screen.presses("Enter")["name"] != opener
        assert screen.presses("Tab", "Escape")["name"] == opener
    for keys in ("?", "b", "r", "/ d", "q z Escape"):
        screen.frame.locator(".dqx-explorer").focus()
        assert screen.presses(*keys.split(), "Escape")["name"] == "dqx dqx-explorer"
    for name, page in (("m", "map"), ("v", "neighbours"), ("p", "charts"), ("h", "history")):
        screen.frame.locator(".dqx-explorer").focus()
        assert screen.presses(name)["name"] == "dqx-tab-page"
        assert screen.presses("Tab")["inside"], page
    assert screen.presses("i")["name"] == "dqx dqx-explorer"

    # No button that decides takes the keyboard with it, whether the next item has it or not.
    for hook in ("keep", "accept", "mark", "undo", "onward"):
        button = screen.dqx(hook)
        if not button.is_visible():
            screen.frame.locator(".dqx-explorer").focus()
            screen.presses("ArrowLeft")
            continue
        button.focus()
        screen.presses("Enter")


def test_pages(screen: Desk) -> None:
    screen.check("item")
    for name in ("map", "neighbours", "charts", "history", "item"):
        screen.check(name, screen.tab(name))
    screen.dqx("details").click()
    for section in screen.dqx("details-section").all():
        section.click()
        screen.check(f"details {section.inner_text()}", screen.frame.locator('[data-dqx="section"]:visible'))
    screen.press("Escape")
    screen.press("?")
    screen.frame.locator("[data-dqx=help-rest] summary").click()
    screen.check("help", screen.dqx("help"))
    screen.press("Escape")
    screen.dqx("export").click()
    screen.check("export", screen.dqx("export-words"))
    screen.page.keyboard.press("Escape")
    assert screen.found == []
