"""A decision is about the item that the card shows, and the next card is there at once, in a real JupyterLab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter import PATIENCE, Lab
from playwright.sync_api import expect
from store import read_store
from test_low_screens import notebook

ARRAYS = """
import numpy as np, explorer
rng = np.random.default_rng(0)
truth = rng.integers(0, 5, 600)
vectors = (rng.normal(size=(5, 16))[truth] * 2 + rng.normal(size=(600, 16))).astype(np.float32)
wrong = rng.random(600) < .15
given = np.where(wrong, (truth + rng.integers(1, 5, 600)) % 5, truth)
names = np.array(["ant", "bee", "cat", "dog", "eel"])
review = explorer.Review(explorer.read(vectors, label=names[given]), store="STORE", rater="ann").wait(progress=False)
"""

# What a page has for its sessions; the tests ask it what the queue holds.
SESSION = '[...globalThis[Symbol.for("data-quality-explorer.sessions.3")].values()].at(-1)'


def begin(lab: Callable[..., Lab], folder: Path, name: str, show: str) -> tuple[Lab, Path]:
    """Open a notebook with a review of 600 vectors and run it; returns page and store."""
    store = f"{name}.labels.db"
    notebook(folder, f"{name}.ipynb", ARRAYS.replace("STORE", store), show)
    page = lab()
    page.open(f"{name}.ipynb")
    page.run_all()
    return page, folder / store


def ask(page: Lab, what: str) -> Any:
    """Ask the page's session, `s`."""
    return page.page.evaluate(f"() => {{ const s = {SESSION}; return {what}; }}")


def decided(store: Path) -> list[str]:
    """Operations on the labels that are on disk, newest first."""
    return [str(entry["op"]) for entry in read_store(store)["log"]]


def focus(page: Lab, panel: str) -> None:
    page.page.locator(f".dqx-{panel}").first.focus()


def saved(page: Lab) -> None:
    """Wait until every edit is acknowledged."""
    page.page.wait_for_function(f"() => {SESSION}.unsaved === 0", timeout=PATIENCE)


def test_the_card_moves_with_the_scope(lab: Callable[..., Lab], folder: Path) -> None:
    page, store = begin(lab, folder, "scope", "explorer.show(review)")
    card = page.dqx("card").first
    expect(card).to_be_visible(timeout=PATIENCE)
    page.shown()
    # A pair that the current item is not of.
    item, pair = ask(
        page,
        """(() => {
          const of = i => [s.labels.given[i], s.scores.suggested[i]];
          const now = String(of(s.current));
          const item = s.queue.find(i => !s.drawn.has(i) && String(of(i)) !== now);
          return [item, of(item)];
        })()""",
    )
    ask(page, f"s.setFilter({{pair: {pair}}})")
    expect(card).to_have_attribute("data-item", str(item), timeout=PATIENCE)
    page.shown()
    focus(page, "explorer")
    page.page.keyboard.press("Enter")
    saved(page)
    assert ask(page, f"s.stateOf({item})") == "relabelled"
    assert ask(page, f"[s.labels.given[{item}], s.labels.current[{item}]]") == pair
    assert len(decided(store)) == 1

    # An empty scope shows no item, and nothing is decided.
    ask(page, "s.setFilter({pair: [0, 0]})")
    expect(card).to_be_hidden(timeout=PATIENCE)
    page.page.keyboard.press("Enter")
    expect(page.dqx("notice").first).to_contain_text("Nothing is decided", timeout=PATIENCE)

    # Chosen from Python, past what is decided on already.
    page.execute(f"review.select([str(review.dataset.item_ids[i]) for i in ({item}, 7, 8)])")
    expect(card).to_have_attribute("data-item", "7", timeout=PATIENCE)
    page.shown()
    page.page.keyboard.press("k")
    saved(page)
    assert ask(page, "s.stateOf(7)") == "kept"
    assert len(decided(store)) == 2


def test_nothing_is_decided_without_a_card(lab: Callable[..., Lab], folder: Path) -> None:
    page, store = begin(lab, folder, "map", 'explorer.show(review, "map")')
    page.drawn("umap")
    page.page.wait_for_function(f"() => {SESSION}.current !== null", timeout=PATIENCE)
    focus(page, "map")
    for key in ("k", "Enter", "a", "1"):
        page.page.keyboard.press(key)
    expect(page.dqx("notice").first).to_contain_text("without the item in sight", timeout=PATIENCE)
    assert ask(page, "s.unsaved") == 0
    assert decided(store) == []


def test_six_quick_keys_decide_on_what_was_seen(lab: Callable[..., Lab], folder: Path) -> None:
    page, store = begin(lab, folder, "quick", "explorer.show(review)")
    page.drawn("umap")
    page.shown()
    # All in one turn of the browser: no frame lies between them.
    page.page.evaluate(
        """() => {
          const root = document.querySelector('.dqx-explorer');
          for (let i = 0; i < 6; i++)
            root.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true}));
        }"""
    )
    saved(page)
    page.shown()
    assert len(decided(store)) == 1


@pytest.mark.parametrize("count", [25])
def test_no_open_suspect_is_left_behind_and_the_next_card_is_there(
    lab: Callable[..., Lab], folder: Path, count: int
) -> None:
    page, store = begin(lab, folder, "walk", "explorer.show(review)")
    page.drawn("umap")
    page.shown()
    focus(page, "explorer")
    page.execute("import time; began = time.process_time()")
    waits, seen = [], set()
    for n in range(count):
        page.shown()
        current, reviewed = ask(page, "[s.current, s.isReviewed(s.current)]")
        if reviewed:
            break
        seen.add(current)
        # What comes next is asked in the turn of the key: scores that follow a decision may come at any time.
        wait, after, following = page.page.evaluate(
            """([key, session]) => new Promise(done => {
              const s = eval(session);
              const root = document.querySelector('.dqx-explorer');
              const card = root.querySelector('[data-dqx=card]');
              const was = card.dataset.item;
              const began = performance.now();
              root.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
              const now = s.current;
              const first = s.queue.find(item => !s.isReviewed(item)) ?? null;
              const look = () => {
                const ready = card.dataset.item !== was && card.ariaBusy !== 'true';
                if (ready || performance.now() - began > 20000) done([performance.now() - began, now, first]);
                else requestAnimationFrame(look);
              };
              requestAnimationFrame(look);
            })""",
            ["k" if n % 3 else "Enter", SESSION],
        )
        waits.append(wait)
        assert after == (current if following is None else following), "the first open item of the order as it is"
    saved(page)
    assert len(decided(store)) == len(seen)
    # Nobody's work is behind the cursor: what is open comes next, wherever it stands.
    left = ask(page, "s.queue.filter(i => !s.isReviewed(i))")
    current = ask(page, "s.current")
    assert not left or current in left
    ordered = sorted(waits)
    found = f"next card: median {ordered[len(ordered) // 2]:.0f} ms, p90 {ordered[len(ordered) * 9 // 10]:.0f} ms"
    page.execute("open('cpu.txt', 'w').write(str(time.process_time() - began))")
    spent = float((folder / "cpu.txt").read_text()) / len(waits)
    print(f"{found} of {len(waits)}; the kernel {spent:.3f} s a decision")


def test_a_decided_item_offers_to_go_on(lab: Callable[..., Lab], folder: Path) -> None:
    page, store = begin(lab, folder, "again", "explorer.show(review)")
    page.drawn("umap")
    page.shown()
    focus(page, "explorer")
    page.page.keyboard.press("k")
    saved(page)
    page.page.keyboard.press("ArrowLeft")
    page.shown()
    expect(page.page.locator(".dqx-card .dqx-primary:visible")).to_have_text("Next↵", timeout=PATIENCE)
    first = page.dqx("card").first.get_attribute("data-item")
    page.page.keyboard.press("Enter")
    expect(page.dqx("card").first).not_to_have_attribute("data-item", str(first), timeout=PATIENCE)
    assert decided(store) == ["keep"]

    # Opened again, the work begins at the first item that is open.
    page.execute("review.close()")
    page.run_all()
    page.drawn("umap")
    page.page.wait_for_function(f"() => {SESSION}.current !== null", timeout=PATIENCE)
    assert ask(page, f"s.stateOf({first})") == "kept"
    assert ask(page, "s.isReviewed(s.current)") is False
