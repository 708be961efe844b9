"""From a line of "why" to the method behind it, the relation map, and the expected-precision dial; by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jupyter import PATIENCE, Lab
from playwright.sync_api import expect
from test_in_sight import SESSION, ask

NOTEBOOK = "01_quickstart.ipynb"


def press(lab: Lab, key: str) -> None:
    """Press a key while the explorer has the focus, as a person does after clicking into it."""
    lab.shown()
    lab.page.locator(".dqx-explorer").first.focus()
    lab.page.keyboard.press(key)


def first_drawn(lab: Lab) -> str:
    """Return the first random item of the queue that nobody has decided on."""
    return str(ask(lab, "s.queue.find(item => s.drawn.has(item) && !s.isReviewed(item))"))


CHOSEN = """tile => {
    if (!tile.hasAttribute("aria-current")) tile.click();
    return tile.hasAttribute("aria-current");
}"""
ANSWERED = """tile => /kept|relabelled/.test(tile.dataset.state)
    && tile.querySelector('[data-dqx="tile-random"]')?.checkVisibility()"""


def until(lab: Lab, item: str, so: str) -> None:
    """Scroll the queue until a tile is in the page, and is `so`; after a decision the queue shows what comes next."""
    lab.page.wait_for_function(
        """([item, so]) => {
            const list = document.querySelector('[data-dqx="queue"]');
            const tile = list.querySelector(`[data-dqx="queue-tile"][data-item="${item}"]`);
            if (tile) return eval(so)(tile);
            const end = list.scrollLeft + list.clientWidth >= list.scrollWidth - 1;
            list.scrollLeft = end ? 0 : list.scrollLeft + list.clientWidth / 2;
            return false;
        }""",
        arg=[item, so],
        timeout=PATIENCE,
    )


def test_a_number_can_be_followed_to_the_method_behind_it(lab: Callable[..., Lab], shot: Any) -> None:
    page = lab()
    page.open(NOTEBOOK)
    page.run_all()
    page.drawn("umap")
    card = page.dqx("card").first
    expect(card).to_be_visible(timeout=PATIENCE)
    # The scores came after the page had greeted the kernel: they are probabilities all the same.
    page.dqx("queue-tile").nth(2).click()
    expect(page.dqx("p-error").first).to_contain_text(re.compile(r"\d+ % likely wrong"), timeout=PATIENCE)
    expect(page.dqx("queue-tile").nth(2)).to_have_attribute("title", re.compile("% likely wrong"))
    expect(page.dqx("card-same").first).to_be_in_viewport(ratio=0.9)
    page.dqx("more-lines").first.click()
    expect(page.page.locator('[data-dqx="push"][data-side="against"]').first).to_be_visible()
    shot(page, "why-light")

    # By Tab to a line of "why", by Enter to its method's page, by Escape back to the line.
    page.dqx("more-lines").first.focus()
    page.page.keyboard.press("Tab")
    line = page.page.locator('[data-dqx="reason-method"]:focus')
    expect(line).to_have_count(1)
    name = str(line.get_attribute("data-method"))
    page.page.keyboard.press("Enter")
    opened = page.page.locator(".dqx-card [data-dqx=method]")
    expect(opened).to_be_visible()
    expect(opened).to_be_focused()
    formula = opened.locator("[data-dqx=formula]")
    expect(formula).to_contain_text("=", timeout=PATIENCE)
    assert "mono" in formula.evaluate("e => getComputedStyle(e).fontFamily")
    expect(opened).to_contain_text("When to trust it")
    shot(page, "method-light")
    page.page.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    assert page.page.locator(":focus").get_attribute("data-method") == name
    page.dqx("sum-method").first.focus()
    page.page.keyboard.press("Enter")
    expect(opened).to_contain_text("How likely the label is wrong", timeout=PATIENCE)
    page.page.keyboard.press("Escape")

    # V shows the neighbours, and again their relation map: a mark for every neighbour, and a click selects it.
    press(page, "v")
    expect(page.dqx("neighbour-node").first).to_be_visible(timeout=PATIENCE)
    press(page, "v")
    points = page.dqx("relation")
    expect(points.first).to_be_visible(timeout=PATIENCE)
    assert points.count() == 50
    points.first.focus()
    expect(page.page.locator(".dqx-relations-detail")).to_contain_text("variance")
    shot(page, "relations-light")
    press(page, "i")
    expect(card).to_be_visible()
    tile = page.page.locator('[data-dqx="queue-tile"][aria-current="true"]')
    before = tile.get_attribute("data-item")

    # The stop rule is a slider: it says what to expect, and takes no key but its own.
    sure = page.details("sure")
    dial, cut = sure.locator("[data-dqx=dial]"), sure.locator("[data-dqx=cut]")
    dial.focus()
    page.page.keyboard.press("Home")
    rule = re.compile(
        r"while at least (\d+) % are expected to be wrong \(([\d,]+) items?, [a-z ]+ of the wrong labels\)"
    )
    said = cut.inner_text()
    most = rule.search(said)
    assert most, said
    for _ in range(7):
        page.page.keyboard.press("PageUp")
    expect(cut).not_to_have_text(said)
    found = rule.search(cut.inner_text())
    assert found, cut.inner_text()
    assert int(found[2].replace(",", "")) < int(most[2].replace(",", ""))
    assert found[1] == dial.input_value()
    expect(page.dqx("queue-counts").first).to_have_attribute("title", re.compile(f"^{found[2]} items?"))
    assert tile.get_attribute("data-item") == before, "an item that is among them all the while stays on the card"
    page.page.keyboard.press("k")
    page.dqx("details-close").click()
    expect(page.page.locator(f'[data-dqx="queue-tile"][data-item="{before}"]')).to_have_attribute("data-state", "given")
    page.page.evaluate(f'() => {SESSION}.setFilter({{scope: "all"}})')
    expect(page.dqx("cut-line").first).to_have_attribute("data-above", found[2].replace(",", ""))
    # Tiles are drawn when they come into sight, and the queue may be laid out anew meanwhile: scroll until it is there.
    page.page.wait_for_function(
        """place => {
            document.querySelector('[data-dqx="cut-line"]').scrollIntoView({ inline: "center", block: "nearest" });
            return document.querySelector(`[data-dqx="queue-tile"][aria-posinset="${place}"]`) !== null;
        }""",
        arg=found[2].replace(",", ""),
    )
    shot(page, "cut-light")
    # Another scope begins at its first item that nobody has decided on.
    before = tile.get_attribute("data-item")
    assert tile.get_attribute("data-state") == "given"
    press(page, "k")
    expect(page.page.locator(f'[data-dqx="queue-tile"][data-item="{before}"]')).to_have_attribute("data-state", "kept")
    press(page, "u")

    # One in five of the suspects' queue is drawn at random, by keyboard; what is decided on those is an audit.
    page.page.evaluate(f'() => {SESSION}.setFilter({{scope: "label"}})')
    sure = page.details("sure")
    rate = sure.locator("[data-dqx=audit-rate]")
    rate.focus()
    page.page.keyboard.press("End")
    expect(rate).to_have_value("5")
    page.dqx("details-close").click()
    expect(page.dqx("queue-counts").first).to_have_attribute("title", re.compile("at random"))
    tile.focus()
    page.page.keyboard.press("Home")
    for answered in range(11):
        item = first_drawn(page)
        drawn = page.page.locator(f'[data-dqx="queue-tile"][data-item="{item}"]')
        until(page, item, CHOSEN)
        expect(card).to_have_attribute("data-item", item, timeout=PATIENCE)
        expect(page.dqx("card-random").first).to_be_visible()
        if answered == 0:
            shot(page, "random-light")
        press(page, "Enter" if "→" in drawn.inner_text() else "k")
        until(page, item, ANSWERED)
    expect(page.dqx("head-left").first).to_have_text(
        re.compile(r"^about [\d,]+ wrong labels? left \([\d,]+ to [\d,]+\)$"), timeout=PATIENCE
    )
    sure = page.details("sure")
    expect(sure.locator("[data-dqx=left-more]")).not_to_be_empty(timeout=PATIENCE)
    expect(sure.locator("[data-dqx=left-classes] tbody tr")).to_have_count(10)
    page.dqx("details-close").click()
    tile.focus()
    page.page.keyboard.press("End")
    # Whoever walks there has not decided on what lies before.
    expect(page.dqx("end").first).to_be_hidden()

    # Every method is in the details, with how it went.
    methods = page.details("methods").locator("[data-dqx=methods] li")
    expect(methods.first).to_be_visible(timeout=PATIENCE)
    assert methods.count() > 20
    assert page.page.locator("[data-dqx=methods] li[data-state=failed]").count() == 0
    shot(page, "methods-light")
    page.dqx("details-close").click()

    page.theme("Dark")
    page.page.locator('[data-dqx="queue-tile"]').nth(2).click()
    press(page, "v")
    expect(points.first).to_be_visible(timeout=PATIENCE)
    shot(page, "relations-dark")
    press(page, "i")
    page.page.locator('[data-dqx="queue-tile"]:has([data-dqx="tile-random"])').last.click()
    expect(page.dqx("card-random").first).to_be_visible(timeout=PATIENCE)
    shot(page, "random-dark")
    # The reasons, opened at the beginning, stay open from item to item.
    page.dqx("reason-method").first.click()
    expect(formula).to_be_visible(timeout=PATIENCE)
    shot(page, "method-dark")
    page.theme("Light")  # JupyterLab remembers
    assert not page.outside, "nothing is loaded from outside"
    assert not [text for text in page.console if "data-quality-explorer" in text or "anywidget" in text]
