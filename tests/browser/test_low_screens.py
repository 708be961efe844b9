"""Low screens: all of the desk fits, nothing on the card is half covered, and no text or button is too small."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter import PATIENCE, Lab
from playwright.sync_api import expect

SCREENS = ((1280, 720), (1440, 900))

TEXTS = """
import numpy as np, explorer
rng = np.random.default_rng(0)
words = {
    "complaint about a delivery that came too late": "parcel late delivery courier waiting weeks".split(),
    "question about an invoice or a payment": "invoice payment card charge bank refund".split(),
    "praise for the people of the support team": "friendly helpful support thanks great patient".split(),
}
names = list(words)
texts = [" ".join(rng.choice(words[names[n % 3]], 60 if n % 5 else 12)) for n in range(240)]
labels = [names[(n + (n % 17 == 0)) % 3] for n in range(240)]
review = explorer.Review(explorer.read(texts, label=labels), store="texts.labels.db").wait(progress=False)
"""

COVERED = """() => {
  const card = [...document.querySelectorAll(".dqx-explorer [data-dqx=card]")].find(each => each.checkVisibility());
  const box = part => part.getBoundingClientRect();
  const apart = (at, there) => at.right <= there.left + .5 || there.right <= at.left + .5 ||
    at.bottom <= there.top + .5 || there.bottom <= at.top + .5;
  const shown = selector => [...card.querySelectorAll(selector)].filter(each => each.checkVisibility());
  const found = [];
  const parts = shown(".dqx-card-head, .dqx-card-item, .dqx-card-line, .dqx-card-pairs, .dqx-card-decide");
  const queue = box(card.closest(".dqx-explorer").querySelector(".dqx-queue"));
  for (const [n, part] of parts.entries()) {
    const at = box(part);
    if (at.bottom > queue.top + .5) found.push(`${part.className} is cut`);
    for (const other of parts.slice(n + 1)) {
      const there = box(other);
      if (at.width * at.height * there.width * there.height === 0) continue;
      if (!apart(at, there)) found.push(`${part.className} covers ${other.className}`);
    }
  }
  const words = shown(".dqx-card-label, .dqx-card-agrees, .dqx-card-arrow, .dqx-card-chance, .dqx-card-meta");
  for (const [n, word] of words.entries()) {
    const at = box(word);
    if (word.matches(".dqx-card-label") && at.width < 12) found.push(`no room for ${word.textContent}`);
    for (const other of words.slice(n + 1)) {
      if (!apart(at, box(other))) found.push(`${word.textContent} lies over ${other.textContent}`);
    }
  }
  const page = card.closest(".dqx-tab-page") ?? card;
  if (page.scrollWidth > page.clientWidth) found.push("the page scrolls sideways");
  // Those that find no room are left out whole.
  const inside = (thumb, row) => box(thumb).left < row.right - .5 && box(thumb).top < row.bottom - .5;
  const thumbs = shown(".dqx-card-thumb").filter(each => inside(each, box(each.closest(".dqx-card-thumbs"))));
  for (const thumb of thumbs) {
    const { left, right, top, bottom } = box(thumb);
    for (const y of [top + 3, bottom - 3])
      if (!thumb.contains(document.elementFromPoint((left + right) / 2, y))) found.push("a picture is covered");
  }
  const decide = card.querySelector(".dqx-card-decide");
  return {found, pictures: thumbs.length, line: shown(".dqx-card-line").map(each => each.textContent).join(""),
          lines: shown(".dqx-card-reason-line").length, buttons: Math.round(box(decide).top - box(card).top)};
}"""

SMALL = """() => {
  const root = document.querySelector(".dqx-explorer");
  const found = new Set();
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.textContent.trim();
    const holder = texts.currentNode.parentElement;
    if (!words || !holder.checkVisibility() || holder.closest("option, style, .dqx-visually-hidden")) continue;
    const size = parseFloat(getComputedStyle(holder).fontSize);
    if (size < 12) found.add(`text of ${size} px: ${words.slice(0, 40)}`);
  }
  // Marks of a chart stand where their numbers say, and each is a stop of the arrow keys besides.
  const marks = ".dqx-relation, .js-plotly-plot *";
  const pressed = "button, select, summary, input:not([type=checkbox], [type=radio]), [role=tab], [role=radio]";
  for (const each of root.querySelectorAll(pressed)) {
    const { width, height } = each.getBoundingClientRect();
    if (each.matches(marks) || !each.checkVisibility() || width * height === 0) continue;
    if (height < 23.5) found.add(`${height} px high: ${each.textContent.slice(0, 40) || each.className}`);
  }
  const { height } = root.getBoundingClientRect();
  if (innerHeight < 800 && height > 560) found.add(`the desk is ${height} px high`);
  if (root.scrollHeight > root.clientHeight || root.scrollWidth > root.clientWidth) found.add("the desk scrolls");
  return [...found];
}"""
"""What is too small, on what can be seen of the desk now."""
TABS = ("item", "map", "neighbours", "charts", "history")
SECTIONS = ("sure", "data", "methods", "helped", "work", "store")


def notebook(folder: Path, name: str, *cells: str) -> None:
    """Write a notebook of these code cells."""
    made = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": cell, "outputs": [], "execution_count": None}
        for n, cell in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    text = json.dumps({"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})
    (folder / name).write_text(text)


def walk(page: Lab, items: int) -> list[dict[str, Any]]:
    """Go along the queue from its second item, and look at each card once it is there."""
    page.dqx("queue-tile").nth(1).click()
    seen = []
    for _ in range(items):
        current = page.page.locator('[data-dqx="queue-tile"][aria-current="true"]').first.get_attribute("data-item")
        card = page.dqx("card").first
        expect(card).to_have_attribute("data-item", str(current), timeout=PATIENCE)
        expect(card).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
        # A click brings a tile in sight and no more; what is measured is the whole desk.
        page.page.locator(".dqx-explorer").first.evaluate("each => each.scrollIntoView({block: 'start'})")
        # Two frames: whatever is measured anew has been measured.
        page.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen.append(page.page.evaluate(COVERED))
        page.page.locator(".dqx-explorer").first.focus()
        page.page.keyboard.press("ArrowRight")
    return seen


def sizes(page: Lab) -> None:
    """Check that nothing on any page of the desk is too small, in a cell of every width."""
    page.command("application:toggle-left-area")  # beside the list of files, a narrow window has next to nothing left
    for width in (700, 1280, 1500):
        page.page.set_viewport_size({"width": width, "height": 720})
        for name in TABS:
            page.tab(name)
            assert page.page.evaluate(SMALL) == [], f"{name}, {width} px"
        for section in SECTIONS:
            page.details(section)
            assert page.page.evaluate(SMALL) == [], f"details, {section}, {width} px"
        page.dqx("details-close").first.click()
        page.tab("item")
        page.dqx("help-button").first.click()
        page.page.locator("[data-dqx=help-rest] > summary").first.click()
        assert page.page.evaluate(SMALL) == [], f"help, {width} px"
        page.dqx("help-button").first.click()


def full_screen(page: Lab, shot: Any) -> None:
    """Check the card of a decided item and of a random one in full screen, where map and neighbours stand beside it."""
    page.page.locator(".dqx-explorer").first.focus()
    page.page.keyboard.press("z")
    page.page.wait_for_function("() => document.fullscreenElement", timeout=PATIENCE)
    page.dqx("queue-tile").first.click()
    state = page.dqx("card-state").first
    expect(state).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)  # by a cell of the notebook
    page.shown()
    assert page.page.evaluate(COVERED)["found"] == []
    shot(page, "full-screen-decided", screen=True)
    page.scope("random")
    expect(page.dqx("card").first).to_contain_text("Drawn at random", timeout=PATIENCE)
    page.shown()
    assert page.page.evaluate(COVERED)["found"] == []
    shot(page, "full-screen-random", screen=True)
    page.scope("label")
    page.page.locator(".dqx-explorer").first.focus()
    page.page.keyboard.press("z")
    page.page.wait_for_function("() => !document.fullscreenElement", timeout=PATIENCE)


@pytest.mark.parametrize("kind", ["pictures", "words"])
def test_nothing_on_the_card_is_half_covered(lab: Callable[..., Lab], folder: Path, shot: Any, kind: str) -> None:
    name = "01_quickstart.ipynb"
    if kind == "words":
        name = "words.ipynb"
        notebook(folder, name, TEXTS, "review")
    page = lab()
    page.open(name)
    page.run_all()
    page.drawn("umap")
    page.shown()
    for width, height in SCREENS:
        page.page.set_viewport_size({"width": width, "height": height})
        for theme in ("Dark", "Light"):
            page.theme(theme)
            seen = walk(page, 6)
            assert [each["found"] for each in seen] == [[]] * len(seen), f"{width} × {height}, {theme}"
            assert kind == "words" or all(each["pictures"] >= 2 for each in seen)
            assert all("why?" in each["line"] for each in seen), "one line says why"
            shot(page, f"low-{kind}-{width}-{theme.lower()}", screen=True)
        if kind == "pictures":
            assert len({each["buttons"] for each in seen}) <= 2, "the buttons stay under the pointer"
    if kind == "pictures":
        full_screen(page, shot)
    sizes(page)
    # Whoever asks for every line has it in place of what is like the item, and nothing else moves.
    page.dqx("more-lines").first.click()
    every = page.page.evaluate(COVERED)
    assert every["lines"] > 3
    assert every["found"] == []
    page.dqx("more-lines").first.click()
