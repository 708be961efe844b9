"""How many wrong labels are left: details and a random sample by keyboard; a method's page with little room."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jupyter import PATIENCE, Lab
from playwright.sync_api import expect

NOTEBOOK = "01_quickstart.ipynb"
FAINT = """root => {
  const pixel = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const colour = text => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = text;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
  const light = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const faint = [];
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !holder.checkVisibility()) continue;
    if (holder.closest("svg, :disabled")) continue;
    let opacity = 1;
    const grounds = [];
    for (let each = holder; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      opacity *= Number(style.opacity);
      grounds.unshift(colour(style.backgroundColor));
    }
    const ground = grounds.reduce((below, top) => over(top, below), [255, 255, 255]);
    const ink = colour(getComputedStyle(holder).color);
    const [a, b] = [light(over([...ink.slice(0, 3), ink[3] * opacity], ground)), light(ground)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)}: ${texts.currentNode.textContent.trim().slice(0, 40)}`);
  }
  return faint;
}"""


def press(lab: Lab, key: str) -> None:
    """Press a key while the explorer has the focus, as a person does after clicking into it."""
    lab.shown()
    lab.page.locator(".dqx-explorer").first.focus()
    lab.page.keyboard.press(key)


def readable(lab: Lab, part: str) -> None:
    """Check that every text of a part has enough contrast to what lies behind it."""
    faint = lab.dqx(part).first.evaluate(FAINT)
    assert not faint, f"{part}: {faint}"


def test_a_random_sample_is_looked_at_and_left_again(lab: Callable[..., Lab], shot: Any) -> None:
    page = lab()
    page.open(NOTEBOOK)
    page.run_all()
    page.drawn("umap")
    card, keyboard = page.dqx("card").first, page.page.keyboard
    expect(page.dqx("p-error").first).to_be_visible(timeout=PATIENCE)
    item = str(page.dqx("queue-tile").nth(3).get_attribute("data-item"))
    page.page.locator(f'[data-dqx="queue-tile"][data-item="{item}"]').first.click()
    expect(card).to_have_attribute("data-item", item, timeout=PATIENCE)

    # The page behind Details takes the keyboard, and Escape gives it back.
    button, panel = page.dqx("details").first, page.dqx("details-page").first
    button.focus()
    keyboard.press("Enter")
    expect(panel).to_be_focused()
    expect(panel).to_have_attribute("role", "dialog")
    keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button).to_be_focused()

    # Help in its place, and the other way round.
    keyboard.press("Enter")
    press(page, "?")
    expect(page.dqx("help").first).to_be_focused()
    expect(panel).to_be_hidden()
    button.click()
    expect(page.dqx("help").first).to_be_hidden()

    # Every item of the audit is marked as random, beside its picture and not over it.
    page.details("sure").locator("[data-dqx=audit]").focus()
    keyboard.press("Enter")
    counts = page.dqx("queue-counts").first
    expect(counts).to_have_attribute("title", re.compile("^20 items; 0 reviewed"), timeout=PATIENCE)
    expect(panel).to_be_hidden()
    expect(card).not_to_have_attribute("data-item", item, timeout=PATIENCE)
    expect(page.dqx("card-random").first).to_be_visible(timeout=PATIENCE)
    tiles = page.dqx("queue-tile")
    expect(tiles.locator("[data-dqx=tile-random]")).to_have_count(20, timeout=PATIENCE)
    expect(tiles).to_have_count(20)
    badge, picture = tiles.first.locator("[data-dqx=tile-random]"), tiles.first.locator(".dqx-tile-picture")
    above, below = badge.bounding_box(), picture.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    page.shown()
    keyboard.press("k")
    expect(counts).to_have_attribute("title", re.compile("^20 items; 1 reviewed"))
    shot(page, "audit-light")

    # Escape leads back to where one was.
    press(page, "Escape")
    expect(page.page.locator('[data-dqx="scope"][data-scope="label"]').first).to_have_attribute("aria-checked", "true")
    expect(card).to_have_attribute("data-item", item, timeout=PATIENCE)

    # Where there is little room a method's page can be read to its end, and the panels are readable in the dark.
    page.page.set_viewport_size({"width": 1280, "height": 720})
    page.dqx("more-lines").first.click()
    for name in ("Dark", "Light"):
        page.theme(name)
        page.dqx("reason-method").first.focus()
        keyboard.press("Enter")
        opened = page.page.locator(".dqx-card [data-dqx=method]")
        expect(opened.locator("[data-dqx=formula]")).to_be_visible(timeout=PATIENCE)
        last = opened.locator("p").last
        last.scroll_into_view_if_needed()
        expect(last).to_be_in_viewport(ratio=0.99)
        expect(page.dqx("accept").first).to_be_hidden()
        shot(page, f"method-low-{name.lower()}")
        readable(page, "method")
        keyboard.press("Escape")
        expect(page.dqx("reason-method").first).to_be_focused()
        button.focus()
        keyboard.press("Enter")
        readable(page, "details-page")
        keyboard.press("Escape")
        readable(page, "card")
        readable(page, "queue")
        press(page, "?")
        readable(page, "help")
        press(page, "Escape")
    assert not page.outside, "nothing is loaded from outside"
    assert not [text for text in page.console if "data-quality-explorer" in text or "anywidget" in text]
