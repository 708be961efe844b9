"""An afternoon of clicking, in minutes: many decisions by keyboard, with reloads between them, and none lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from jupyter import Lab
from store import read_store
from test_quickstart import NOTEBOOK, press, settled


@pytest.mark.soak
def test_three_hundred_decisions_and_six_reloads(lab: Callable[..., Lab], folder: Path) -> None:
    page = lab()
    page.open(NOTEBOOK)
    page.run_all()
    page.drawn("umap")
    page.save()
    page.dqx("all").first.click()
    store = folder / "quickstart.labels.db"
    before = len(read_store(store)["log"])
    for round_ in range(6):
        for n in range(50):
            press(page, "Enter" if (n + round_) % 3 else "k")
        settled(page)
        assert len(read_store(store)["log"]) == before + 50 * (round_ + 1)
        page.page.reload()
        page.ready()
        page.drawn("umap")
        page.dqx("all").first.click()
    assert read_store(store)["ok"]
    heap = page.page.evaluate("performance.memory.usedJSHeapSize")
    assert heap < 400e6
