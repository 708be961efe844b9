"""A click sends what it changes: no whole column travels for one decision, whatever the number of items."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
from jupyter import PATIENCE, Lab
from playwright.sync_api import WebSocket, expect

ITEMS = 40_000
COLUMN = 4 * ITEMS
"""Bytes of one column of numbers."""

NOTEBOOK = f"""
import numpy as np
import explorer

rng = np.random.default_rng(0)
truth = rng.integers(0, 5, {ITEMS})
vectors = (rng.normal(size=(5, 16)) * 3)[truth] + rng.normal(size=({ITEMS}, 16))
given = np.where(rng.random({ITEMS}) < 0.05, (truth + 1) % 5, truth)
dataset = explorer.read(vectors.astype("float32"), label=given)
review = explorer.Review(dataset, cache=False, k=10)
review.wait("score")
review.cancel()  # no map: its points would come while the bytes are counted
explorer.show(review)
"""


class Traffic:
    """Bytes that the kernel has sent to a page."""

    def __init__(self, page: Lab) -> None:
        self.received = 0
        page.page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        if "/channels" in socket.url:
            socket.on("framereceived", self._count)

    def _count(self, payload: bytes | str) -> None:
        self.received += len(payload)


def test_a_click_sends_no_whole_column(lab: Callable[..., Lab], folder: Path) -> None:
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NOTEBOOK.strip())], metadata=python)
    nbformat.write(notebook, folder / "click.ipynb")
    page = lab()
    traffic = Traffic(page)
    page.open("click.ipynb")
    page.run_all()
    expect(page.dqx("p-error").first).to_contain_text(re.compile(r"\d+ % likely wrong"), timeout=PATIENCE)
    page.shown()
    assert traffic.received > COLUMN, "the columns came once, so they are counted"

    largest = 0
    for _ in range(5):
        item = str(page.dqx("card").first.get_attribute("data-item"))
        before = traffic.received
        page.dqx("accept").first.click()
        tile = page.page.locator(f'[data-dqx="queue-tile"][data-item="{item}"]')
        expect(tile).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
        expect(page.dqx("card").first).not_to_have_attribute("data-item", item, timeout=PATIENCE)
        page.shown()
        page.execute("review.left()")  # returns when the scores have followed the decision, and have told the page
        largest = max(largest, traffic.received - before)
    assert largest < COLUMN / 2, f"a click sent {largest:,} bytes"
