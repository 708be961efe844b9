"""Did it help: asked by keyboard after some corrections, in a real JupyterLab; the explorer stays usable meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jupyter import PATIENCE, Lab
from playwright.sync_api import expect

NOTEBOOK = "01_quickstart.ipynb"
SIGNED = r"[+−±]\s[.\d]+"
LINE = re.compile(
    rf"Accuracy on \d+ reviewed items?: [.\d]+ → [.\d]+, {SIGNED} \(95 %: {SIGNED} to {SIGNED}\)",
)


def press(lab: Lab, key: str) -> None:
    """Press a key while the explorer has the focus, as a person does after clicking into it."""
    lab.shown()
    lab.page.locator(".dqx-explorer").first.focus()
    lab.page.keyboard.press(key)


def test_did_it_help_after_some_corrections(lab: Callable[..., Lab], shot: Any) -> None:
    page = lab()
    page.open(NOTEBOOK)
    page.run_all()
    page.drawn("umap")
    page.dqx("queue-tile").first.click()
    expect(page.dqx("p-error").first).to_be_visible(timeout=PATIENCE)
    for _ in range(12):
        current = page.dqx("card").first.get_attribute("data-item")
        press(page, "Enter")
        expect(page.dqx("card").first).not_to_have_attribute("data-item", str(current), timeout=PATIENCE)
    expect(page.dqx("unsaved").first).to_be_hidden(timeout=PATIENCE)

    # It is asked by opening its section of the details.
    section = page.details("helped")
    panel, said = section.locator("[data-dqx=helped-panel]"), section.locator("[data-dqx=helped-said]")
    expect(panel).to_be_visible(timeout=PATIENCE)
    expect(said).to_have_text(LINE, timeout=PATIENCE)
    expect(page.dqx("helped-classes").locator("tbody tr").first).to_be_visible(timeout=PATIENCE)
    expect(panel).to_contain_text("reviewed items only", timeout=PATIENCE)
    assert page.page.evaluate("e => e.scrollWidth <= e.clientWidth", panel.element_handle()), "nothing is cut off"
    shot(page, "helped-light")

    # Nothing is decided on an item that lies underneath; Escape gives the keyboard back.
    reviewed = page.dqx("reviewed").first.get_attribute("data-reviewed")
    page.page.keyboard.press("k")
    page.page.keyboard.press("Escape")
    expect(panel).to_be_hidden(timeout=PATIENCE)
    assert page.dqx("reviewed").first.get_attribute("data-reviewed") == reviewed
    press(page, "u")
    expect(page.dqx("reviewed").first).not_to_have_attribute("data-reviewed", str(reviewed), timeout=PATIENCE)
    page.details("helped")
    expect(said).to_contain_text("before 1 change", timeout=PATIENCE)
    page.dqx("helped-again").first.click()
    expect(said).not_to_contain_text("before 1 change", timeout=PATIENCE)
    page.theme("Dark")
    expect(said).to_have_text(LINE, timeout=PATIENCE)
    shot(page, "helped-dark")
    press(page, "Escape")  # from anywhere in the explorer
    expect(panel).to_be_hidden(timeout=PATIENCE)

    # In the list of methods, what labels have moved on from says so calmly, with one offer.
    methods = page.details("methods")
    expect(methods.locator("[data-dqx=methods-behind]")).to_contain_text(
        re.compile(r"as of \d\d:\d\d, before \d+ changes?"), timeout=PATIENCE
    )
    assert methods.locator("[data-dqx=methods-rerun]").count() == 1
    shot(page, "behind-dark")
    page.theme("Light")  # JupyterLab remembers
    shot(page, "behind-light")
    assert not page.outside, "nothing is loaded from outside"
    assert not [text for text in page.console if "data-quality-explorer" in text or "anywidget" in text]
