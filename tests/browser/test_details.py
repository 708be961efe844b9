"""The details: every section fills, a fact opens its items, the stop rule moves the end of the queue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jupyter import PATIENCE, Lab
from playwright.sync_api import expect
from test_in_sight import ask

from explorer.reports.facts import TITLES

NOTEBOOK = "01_quickstart.ipynb"
LEFT = r"([\d,]+) wrong labels?"
RANGE = r"\(([\d,]+ to [\d,]+)"


def begin(lab: Lab) -> None:
    """Open the quickstart and wait until its items are ranked."""
    lab.open(NOTEBOOK)
    lab.run_all()
    lab.drawn("umap")
    expect(lab.dqx("p-error").first).to_be_visible(timeout=PATIENCE)


def test_every_section_fills_and_a_fact_opens_its_items(lab: Callable[..., Lab], shot: Any) -> None:
    page = lab()
    begin(page)
    page.details("data")
    facts = page.dqx("fact")
    expect(facts.first).to_be_visible(timeout=PATIENCE)
    assert facts.count() == len(TITLES)
    shot(page, "details-data-light")
    page.details("methods")
    expect(page.dqx("method-bases").first).to_contain_text("k 50", timeout=PATIENCE)
    expect(page.page.locator("[data-dqx=methods] li").nth(20)).to_be_visible(timeout=PATIENCE)
    page.details("work")
    expect(page.dqx("stage")).to_have_count(5)
    expect(page.dqx("stages-together").first).to_contain_text("Together")
    page.details("store")
    expect(page.dqx("store-files").first).to_contain_text(".labels.db", timeout=PATIENCE)
    page.details("helped")
    expect(page.dqx("helped-panel").first).to_contain_text("taught twice", timeout=PATIENCE)
    page.details("sure")
    expect(page.dqx("left-words").first).to_contain_text("are left among", timeout=PATIENCE)
    shot(page, "details-sure-light")

    page.details("data")
    opener = page.page.locator('[data-dqx="fact"][data-fact="joint"] td [data-dqx="fact-open"]').first
    n = re.search(r"Show ([\d,]+) item", opener.inner_text())
    assert n, opener.inner_text()
    opener.click()
    expect(page.dqx("details-page").first).to_be_hidden(timeout=PATIENCE)
    expect(page.dqx("card").first).to_be_visible(timeout=PATIENCE)
    expect(page.dqx("queue-counts").first).to_have_text(f"next 1 of {n[1]}", timeout=PATIENCE)
    page.theme("Dark")
    page.details("data")
    shot(page, "details-data-dark")
    page.theme("Light")  # JupyterLab remembers
    assert not page.outside, "nothing is loaded from outside"
    assert not [text for text in page.console if "data-quality-explorer" in text or "anywidget" in text]


def test_the_stop_rule_moves_the_end_of_the_queue(lab: Callable[..., Lab], shot: Any) -> None:
    page = lab()
    begin(page)
    page.details("sure")
    dial, cut = page.dqx("dial").first, page.dqx("cut").first
    dial.focus()
    page.page.keyboard.press("Home")
    said = cut.inner_text()
    most = re.search(r"at least 10 % are expected to be wrong \(([\d,]+) items, .* of the wrong labels\)", said)
    assert most, said
    for _ in range(7):
        page.page.keyboard.press("PageUp")
    expect(cut).not_to_have_text(said)
    found = re.search(r"at least (\d+) % .* \(([\d,]+) items?, ", cut.inner_text())
    assert found, cut.inner_text()
    assert int(found[2].replace(",", "")) < int(most[1].replace(",", ""))
    assert found[1] == dial.input_value()
    assert ask(page, "s.passing") == int(found[2].replace(",", ""))

    # The head and the details say the same numbers, and the queue ends where the rule says.
    expect(page.dqx("left-words").first).to_contain_text("are left among", timeout=PATIENCE)
    words, head = page.dqx("left-words").first.inner_text(), page.dqx("head-left").first.text_content() or ""
    if head:  # away until something is reviewed
        for part in (LEFT, RANGE):
            assert re.findall(part, words) == re.findall(part, head), (words, head)
    page.page.keyboard.press("Escape")
    expect(page.dqx("details-page").first).to_be_hidden()
    expect(page.dqx("queue-counts").first).to_contain_text(f"of {found[2]}", timeout=PATIENCE)
    page.details("sure")
    page.dqx("to-the-cut").first.click()
    assert ask(page, "s.passing") == ask(page, "s.suspects"), "all label errors are queued again"
    shot(page, "details-rule-light")
