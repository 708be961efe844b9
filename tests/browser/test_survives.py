"""No acknowledged correction is lost: not by a closed browser, nor a killed kernel, nor a killed server."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from jupyter import PATIENCE, Lab, Server
from playwright.sync_api import expect
from store import read_store
from test_quickstart import NOTEBOOK, current_item, press, settled, tile


def start(lab: Callable[..., Lab]) -> Lab:
    """Open the quickstart and run it to the end."""
    page = lab()
    page.open(NOTEBOOK)
    page.run_all()
    page.drawn("umap")
    return page


def choose_fresh(page: Lab) -> None:
    """Click an item that nobody decided on yet.

    Not one of the first: the notebook's own code relabels the worst item each time it runs. Nor a random one: once it
    is decided on, a new page or a new kernel has it where its rank is, if it is in the queue at all.
    """
    fresh = page.page.locator('[data-dqx="queue-tile"][data-state="given"]:not(:has([data-dqx="tile-random"]))')
    places = fresh.evaluate_all("all => all.map(tile => [Number(tile.ariaPosInSet), tile.dataset.item])")
    tile(page, sorted(places)[10][1]).click()  # tiles lie in the page in another order than in the queue


def decide(page: Lab) -> str:
    """Keep an item that nobody decided on yet; returns its position when that is acknowledged."""
    choose_fresh(page)
    item = current_item(page)
    press(page, "k")
    settled(page)
    return item


def test_nothing_acknowledged_is_lost(lab: Callable[..., Lab], server: Server, folder: Path) -> None:
    store = folder / "quickstart.labels.db"
    page = start(lab)
    before = len(read_store(store)["log"])
    decided = [decide(page)]

    # The browser closes between two clicks; the kernel lives on, and a new page shows the decision.
    page.save()
    page.close()
    page = lab()
    page.open(NOTEBOOK)
    page.drawn("umap")
    expect(tile(page, decided[0])).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    decided.append(decide(page))
    assert len(read_store(store)["log"]) == before + 2

    # The kernel is killed; running the notebook again on its own store finds both.
    for pid in server.kernels():
        os.kill(pid, signal.SIGKILL)
    assert len(read_store(store)["log"]) == before + 2
    page.close()
    page = start(lab)
    rerun = len(read_store(store)["log"])  # the notebook's own cell relabels the worst item again
    for item in decided:
        expect(tile(page, item)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    decided.append(decide(page))

    # The server and everything under it is killed.
    server.kill()
    found = read_store(store)
    assert found["ok"]
    assert len(found["log"]) == rerun + 1
    page.close()
    server.start()
    page = start(lab)
    for item in decided:
        expect(tile(page, item)).to_have_attribute("data-state", "kept", timeout=PATIENCE)


def test_a_click_while_the_kernel_is_busy_is_saved_when_it_is_free(
    lab: Callable[..., Lab], server: Server, folder: Path
) -> None:
    page = start(lab)
    store = folder / "quickstart.labels.db"
    before = len(read_store(store)["log"])
    page.page.evaluate(
        """() => {
          const panel = window.jupyterapp.shell.currentWidget;
          panel.sessionContext.session.kernel.requestExecute({code: 'import time; time.sleep(4)'});
        }"""
    )
    page.page.locator('[data-dqx="queue-tile"][data-state="given"]').nth(5).click()
    item = current_item(page)
    press(page, "k")
    expect(tile(page, item)).to_have_attribute("data-state", "kept")  # shown at once
    settled(page)
    assert len(read_store(store)["log"]) == before + 1


def test_a_click_that_was_never_acknowledged_is_sent_again_after_a_reload(
    lab: Callable[..., Lab], folder: Path
) -> None:
    page = start(lab)
    store = folder / "quickstart.labels.db"
    before = len(read_store(store)["log"])
    page.save()
    # The message is lost on its way, as when a laptop's lid closes.
    page.page.evaluate(
        """() => {
          for (const session of globalThis[Symbol.for("data-quality-explorer.sessions.3")].values()) {
            const call = session.transport.call.bind(session.transport);
            session.transport.call = (name, ...rest) => (name === "edit" ? new Promise(() => {}) : call(name, ...rest));
          }
        }"""
    )
    choose_fresh(page)
    item = current_item(page)
    press(page, "k")
    expect(page.dqx("unsaved").first).to_have_attribute("data-count", "1", timeout=PATIENCE)
    assert len(read_store(store)["log"]) == before
    page.page.reload()
    page.ready()
    page.drawn("umap")
    expect(tile(page, item)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    settled(page)
    assert len(read_store(store)["log"]) == before + 1
