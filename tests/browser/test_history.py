"""The history panel by hand: a reason with a decision, a tag, two versions compared, a commit taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jupyter import PATIENCE, Lab
from playwright.sync_api import expect
from store import read_store
from test_quickstart import NOTEBOOK, current_item, press, settled, tile


def test_a_person_tags_compares_and_reverts(
    lab: Callable[..., Lab], folder: Path, shot: Callable[[Lab, str], Path]
) -> None:
    store = folder / "quickstart.labels.db"
    page = lab()
    page.open(NOTEBOOK)
    page.run_all()
    page.drawn("umap")

    # A reason is one key away, and goes with the decision that follows it.
    page.page.locator('[data-dqx="queue-tile"][data-state="given"]').nth(3).click()
    item = current_item(page)
    press(page, "Shift+G")
    press(page, "Enter")
    settled(page)
    expect(tile(page, item)).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
    newest = read_store(store)["log"][0]
    assert (newest["op"], newest["reason"]) == ("set", "guideline unclear")

    # The plain key sets the item aside for that reason.
    flagged = current_item(page)
    press(page, "x")
    settled(page)
    expect(tile(page, flagged)).to_have_attribute("data-state", "flagged", timeout=PATIENCE)
    assert read_store(store)["log"][0]["reason"] == "none fits"

    # The timeline has both; the newest gets a tag by key.
    page.dqx("tab-history").first.click()
    rows = page.dqx("history-commit")
    expect(rows.first).to_contain_text("none fits", timeout=PATIENCE)
    rows.first.locator('[data-dqx="history-row"]').focus()
    page.page.keyboard.press("Shift+T")
    page.dqx("history-tag-name").fill("first pass")
    page.page.keyboard.press("Enter")
    expect(rows.first).to_contain_text("first pass", timeout=PATIENCE)
    shot(page, "history-tagged")

    # What changed since the beginning, with pictures.
    page.dqx("history-compare").first.click()
    changed = page.dqx("history-diff-row")
    expect(changed.filter(has_text=newest["new"]).first).to_be_visible(timeout=PATIENCE)
    expect(changed.first.locator("img")).to_be_visible(timeout=PATIENCE)
    shot(page, "history-compared")
    page.dqx("history-compare-close").first.click()

    # The older commit is taken back, by keyboard; the newer one stands.
    taken = page.page.locator(f'[data-dqx="history-commit"][data-commit="{newest["commit"]}"]')
    taken.locator('[data-dqx="history-row"]').focus()
    page.page.keyboard.press("Shift+R")
    page.dqx("history-revert-why").fill("it was right")
    page.page.keyboard.press("Enter")
    expect(tile(page, item)).to_have_attribute("data-state", "given", timeout=PATIENCE)
    expect(tile(page, flagged)).to_have_attribute("data-state", "flagged")
    expect(taken).to_have_attribute("data-undone", "true", timeout=PATIENCE)
    log = read_store(store)["log"]
    assert (log[0]["kind"], log[0]["op"], log[0]["item"]) == ("revert", "clear", newest["item"])
    assert read_store(store)["ok"]
    page.theme("Dark")
    shot(page, "history-dark")
