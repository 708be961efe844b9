"""For those who use no mouse or hear the screen: axe-core finds nothing in any state, keys reach every control."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jupyter import PATIENCE
from plain_host import FREE, PlainHost
from playwright.sync_api import Browser, Locator, expect
from rater_reviews import review as rated
from test_plain_host import Screen

import explorer

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async (state) => {
  // What comes up or fades away is looked at when it stands still.
  await Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {})));
  const root = document.querySelector(".dqx-explorer");
  const { violations } = await axe.run(root, { resultTypes: ["violations"], elementRef: true });
  // axe-core takes some numbers for icons, and then misses them in the name: compared here once more.
  const words = (text) => (text ?? "").replace(/[\\s,]+/g, " ").trim();
  const named = ({ element }) => words(element.ariaLabel).includes(words(element.innerText));
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.filter((node) => id !== "label-content-name-mismatch" || !named(node))
      .map((node) => `${state}: ${impact} ${id} ${node.target.join(" ")} ${node.html.slice(0, 120)}`));
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
OPAQUE = """() => [...document.querySelectorAll(".dqx-card-body > *")].every((each) => !each.checkVisibility() ||
  (!each.matches('[data-kernel="live"] .dqx-card-waiting > *') && getComputedStyle(each).opacity === "1"))"""
"""Whether no card in sight is faded, nor about to be, as one is that waits for its item."""
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
        """Let axe-core look, once something is to be seen and no card is faded."""
        if seen is not None:
            expect(seen.first).to_be_visible(timeout=PATIENCE)
        self.frame.wait_for_function(OPAQUE, timeout=PATIENCE)
        self.found += self.frame.evaluate(RUN, state)

    def tab(self, name: str) -> Locator:
        self.frame.locator(f'[data-dqx="tab"][data-tab="{name}"]').click()
        return self.frame.locator(f'.dqx-tab-page[data-page="{name}"]')

    def scope(self, name: str) -> None:
        """Choose a scope, in the row or from its menu, and wait for its first card."""
        chip = self.frame.locator(f'[data-dqx="scope"][data-scope="{name}"]')
        if chip.count():
            chip.click()
        else:
            self.dqx("scope-more").select_option(name)
        expect(chip).to_have_attribute("aria-checked", "true", timeout=PATIENCE)
        expect(chip).to_have_attribute("aria-busy", "false", timeout=PATIENCE)

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
    assert {stop["name"] for stop in stops} >= REACHED, [stop["name"] for stop in stops]
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

    # No button that decides takes the keyboard with it, whether the next item has it or not; one message says it all.
    for hook in ("keep", "accept", "mark", "undo", "onward"):
        button = screen.dqx(hook)
        if not button.is_visible():
            screen.frame.locator(".dqx-explorer").focus()
            screen.presses("ArrowLeft")
            continue
        button.focus()
        screen.presses("Enter")
    live = screen.frame.locator("[aria-live]:not(:empty), [role=status]:not(:empty), [role=alert]:not(:empty)")
    seen = [(each.get_attribute("data-dqx"), each.inner_text()) for each in live.all() if each.is_visible()]
    assert [hook for hook, _ in seen] in (["spoken"], []), seen
    assert screen.errors == []


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


def test_card(screen: Desk) -> None:
    # An open item, whatever was decided on before: on another Enter would only go on.
    screen.frame.locator('[data-dqx="queue-tile"][data-state="given"]').first.click()
    screen.shown()
    screen.dqx("more-lines").click()
    screen.check("why", screen.dqx("sum"))
    screen.dqx("reason-method").first.click()
    screen.check("method", screen.frame.locator('[data-dqx="method"]:visible'))
    screen.press("Escape")
    screen.dqx("more-lines").click()
    screen.press("/")
    screen.page.keyboard.type("d")
    screen.check("labels", screen.frame.get_by_role("option", name="Add new class"))
    screen.page.keyboard.press("Escape")
    screen.dqx("reasons").click()
    screen.check("reasons", screen.dqx("reason"))
    screen.dqx("reasons").click()
    screen.dqx("why").fill("a note")
    screen.check("note")
    screen.page.keyboard.press("Escape")
    screen.press("Enter")
    screen.shown()
    screen.check("decided", screen.dqx("said"))
    screen.press("ArrowLeft")
    screen.shown()
    screen.check("reviewed", screen.dqx("onward"))
    screen.press("ArrowRight")
    assert screen.found == []


def test_queue(screen: Desk) -> None:
    screen.dqx("queue-more").click()
    screen.check("menu", screen.dqx("queue-menu"))
    screen.page.keyboard.press("Escape")
    for action in ("accept-all", "relabel-all", "leave-out-all"):
        if not screen.dqx(action).is_visible():
            screen.dqx("queue-more").click()
        screen.dqx(action).click()
        screen.check(action, screen.dqx("bulk"))
        screen.page.keyboard.press("Escape")
        expect(screen.dqx("bulk")).to_be_hidden(timeout=PATIENCE)
    screen.press("Control+a")
    screen.check("picked", screen.dqx("picked"))
    screen.press("Escape")
    screen.dqx("grid").click()
    screen.check("grid", screen.frame.locator(".dqx-queue-grid [data-dqx=queue-tile]"))
    screen.press("Escape")
    screen.dqx("search").fill("zzzz")
    screen.check("no hits", screen.dqx("search-clear-empty"))
    screen.page.keyboard.press("Escape")
    screen.ready()
    assert screen.found == []


def test_scopes(screen: Desk) -> None:
    for scope in ("near_duplicate", "outlier", "ambiguous", "random", "all", "label"):
        screen.scope(scope)
        screen.check(scope)
    assert screen.found == []


def test_somebody_else_was_faster(screen: Desk, pictures: explorer.Review) -> None:
    screen.shown()
    item = str(pictures.dataset.item_ids[int(screen.current())])
    with explorer.labels.open(pictures.labels.path, rater="bob") as other, pictures.state.lock:
        screen.press("k")
        expect(screen.dqx("unsaved")).to_have_attribute("data-count", "1", timeout=PATIENCE)
        other.leave_out(item)
    expect(screen.dqx("conflicts")).to_be_visible(timeout=PATIENCE)
    screen.press("c")
    screen.check("conflict", screen.dqx("conflict"))
    screen.press("t")
    expect(screen.dqx("conflict")).to_be_hidden(timeout=PATIENCE)
    assert screen.found == []


def test_merge(screen: Desk, pictures: explorer.Review) -> None:
    item = str(pictures.dataset.item_ids[int(screen.current())])
    pictures.labels.branch("side")
    with explorer.labels.open(pictures.labels.path, rater="bob") as other:
        other.switch("side")
        other.set(item, "cat")
    pictures.relabel([item], "newt")
    screen.tab("history")
    screen.dqx("history-branch").click()
    screen.check("branches", screen.dqx("history-merge"))
    screen.dqx("history-merge").first.click()
    screen.check("merge", screen.dqx("merge"))
    screen.presses("Escape")
    expect(screen.dqx("merge")).to_be_hidden(timeout=PATIENCE)
    screen.tab("item")
    assert screen.found == []


def test_other_colours_and_widths(screen: Desk) -> None:
    for media in ({"color_scheme": "dark"}, {"color_scheme": "light", "forced_colors": "active"}):
        screen.page.emulate_media(**media)  # type: ignore[arg-type]  # literals
        for name in ("map", "history", "item"):
            screen.check(f"{media} {name}", screen.tab(name))
        screen.press("b")
        screen.check(f"{media} bulk", screen.dqx("bulk"))
        screen.page.keyboard.press("Escape")
    screen.page.emulate_media(color_scheme="light", forced_colors="none")
    screen.page.set_viewport_size({"width": 580, "height": 800})
    expect(screen.dqx("grid")).to_be_hidden(timeout=PATIENCE)
    screen.check("580 px")
    screen.page.set_viewport_size({"width": 700, "height": 800})
    expect(screen.dqx("grid")).to_be_visible(timeout=PATIENCE)
    screen.check("700 px")
    screen.page.set_viewport_size({"width": 1280, "height": 800})
    screen.press("z")
    screen.check("full screen", screen.frame.locator('.dqx-full .dqx-tab-page[data-page="neighbours"]'))
    screen.press("z")
    expect(screen.frame.locator(".dqx-full")).to_have_count(0, timeout=PATIENCE)
    assert screen.found == []


def test_the_end_and_no_kernel(screen: Desk, host: PlainHost) -> None:
    screen.press("b")
    expect(screen.dqx("bulk-go")).to_be_enabled(timeout=PATIENCE)
    screen.page.keyboard.press("Enter")
    screen.check("the end", screen.dqx("end-words"))
    host.deaf = True
    try:
        screen.press("x")
        screen.check("no kernel", screen.dqx("banner"))
    finally:
        host.deaf = False
    assert screen.found == []


def test_other_kinds_and_before_the_scores(page: Desk, review: Callable[..., explorer.Review]) -> None:
    page.found.clear()
    page.open(review("picture", start=False))
    page.check("before scores", page.dqx("reviewed"))
    for kind in ("text", "table"):
        page.open(review(kind))
        page.ready()
        page.check(kind)
        page.dqx("nearest").click()
        page.shown()
        page.check(f"{kind}, nearest", page.frame.locator("[data-dqx=card-other], [data-dqx=card-same]"))
    assert page.found == []


def test_raters_and_second_opinions(page: Desk, tmp_path: Path) -> None:
    """Slices and the line that asks for random checks are looked at in tests of their own."""
    page.found.clear()
    made = rated(tmp_path / "s.labels.db", 150, classes=12)
    page.open(made)
    page.ready()
    page.dqx("more-lines").first.click()
    page.check("card with raters", page.dqx("card-raters"))
    page.dqx("export").click()
    page.check("export with more columns", page.dqx("export-votes"))
    expect(page.dqx("export-columns")).to_be_hidden()
    page.dqx("export-votes").click()
    page.dqx("export-name").fill(str(tmp_path / "out.csv"))
    expect(page.dqx("export-go")).to_be_enabled()
    page.dqx("export-go").click()
    expect(page.dqx("export-line")).to_have_value(re.compile("votes=True"), timeout=PATIENCE)
    assert "votes cleo (person)" in (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[0]
    page.page.keyboard.press("Escape")
    page.dqx("details").click()
    for name, seen in (("raters", "raters-table"), ("blind", "resolve")):
        page.frame.locator(f'[data-dqx="details-section"][data-section="{name}"]').click()
        page.check(name, page.dqx(seen))
        if name == "raters":
            page.dqx("rater-open").first.click()
            page.check("how a rater answers", page.dqx("rater-matrix"))
    for mode in ("label", "choice"):
        page.dqx("blind-mode").select_option(mode)
        page.dqx("blind-begin").click()
        page.check(f"blind, {mode}", page.dqx("blind-asked"))
        if mode == "label":
            page.page.keyboard.press("/")
            page.page.keyboard.type("kind 1")
            page.check("a label is looked for", page.dqx("blind-find"))
            page.page.keyboard.press("Escape")
        page.dqx("blind-stop").click()
    made.close()
    assert page.found == []
