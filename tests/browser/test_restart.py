"""A kernel that goes away: it is said at the top, nothing is decided without one, and what waits is saved once."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter import PATIENCE, Lab, Server
from playwright.sync_api import Locator, expect
from store import read_store
from test_in_sight import SESSION, ask
from test_low_screens import notebook
from test_quickstart import current_item, press, settled, tile

# Small, so that running it again takes no time; it decides on nothing by itself.
REVIEW = """
import numpy as np
import explorer
rng = np.random.default_rng(0)
labels = np.arange(300) % 3
features = (rng.normal(0, 1, (300, 6)) + 4 * np.eye(6)[labels]).astype("float32")
names = np.array(["cat", "dog", "newt"])
wrong = rng.choice(300, 45, replace=False)
labels[wrong] = (labels[wrong] + 1) % 3
dataset = explorer.read(features, label=names[labels], key=[f"item-{n:04d}" for n in range(300)])
review = explorer.Review(dataset, store="STORE.labels.db").wait(progress=False)
review.audit_rate = 0
"""

# Holds up everything that the widget asks for, whichever thread of the kernel answers it, until the kernel goes.
BUSY = """
import time
with review.state.lock:
    print("busy")
    time.sleep(3600)
"""


def busy(page: Lab) -> None:
    """Keep the kernel busy with a cell's code; returns when it is."""
    page.page.evaluate(
        """code => {
          const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          window.busy = false;
          kernel.requestExecute({code}).onIOPub = message => { window.busy ||= message.header.msg_type === "stream"; };
        }""",
        BUSY,
    )
    page.page.wait_for_function("window.busy", timeout=PATIENCE)


def restart_by_menu(page: Lab) -> None:
    """Restart the kernel as a person does: the menu's command, and yes to its question."""
    page.page.evaluate("() => { void window.jupyterapp.commands.execute('notebook:restart-kernel'); }")
    page.page.locator(".jp-Dialog .jp-mod-accept").click(timeout=PATIENCE)
    page.page.wait_for_function(
        """() => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel;
                   return kernel?.status === "idle" && kernel.connectionStatus === "connected"; }""",
        timeout=PATIENCE,
    )


def restart_by_server(page: Lab, server: Server) -> None:
    """Restart the kernel behind the page's back, as another tab or a tool does."""
    kernel = page.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id")
    request = urllib.request.Request(
        f"{server.url}/api/kernels/{kernel}/restart", method="POST", headers={"Authorization": f"token {server.token}"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE / 1000) as answer:
        assert answer.status == 200


def start(page: Lab, folder: Path, store: str) -> None:
    """Open a notebook with a review of that store, and run it to the end."""
    notebook(folder, f"{store}.ipynb", REVIEW.replace("STORE", store), "review")
    page.open(f"{store}.ipynb")
    rerun(page)


def rerun(page: Lab) -> None:
    page.run_all()
    page.drawn("umap")


def banner(page: Lab) -> Locator:
    return page.dqx("banner").first


def states(page: Lab) -> dict[str, tuple[str, str]]:
    """State of every tile that is in the page, and whether it waits."""
    found = page.dqx("queue-tile").evaluate_all(
        "all => all.map(tile => [tile.dataset.item, tile.dataset.state, tile.dataset.waiting])"
    )
    return {item: (state, waiting) for item, state, waiting in found}


def reviewed(page: Lab) -> int:
    """How many items of the queue are reviewed, as it says."""
    text = str(page.dqx("queue-counts").first.get_attribute("title"))
    found = re.search(r"([\d,]+) reviewed", text)
    assert found, text
    return int(found[1].replace(",", ""))


def fresh(page: Lab) -> list[str]:
    """Positions of the items that nobody has decided on, in the queue's order, without random ones."""
    tiles = page.page.locator('[data-dqx="queue-tile"][data-state="given"]:not(:has([data-dqx="tile-random"]))')
    places = tiles.evaluate_all("all => all.map(tile => [Number(tile.ariaPosInSet), tile.dataset.item])")
    return [item for _, item in sorted(places)]


def decide(page: Lab, key: str = "k") -> str:
    """Decide on the current item, and return its position."""
    item = current_item(page)
    press(page, key)
    return item


def commits(folder: Path, store: str) -> list[str]:
    """Names of the items that were decided on, newest first, one a decision."""
    return [row["item"] for row in read_store(folder / f"{store}.labels.db")["log"]]


def try_every_key(page: Lab) -> None:
    """Press the keys that decide, and the buttons, while no kernel is there."""
    explorer = page.page.locator(".dqx-explorer").first
    for key in ("Enter", "k", "1", "a", "u"):
        explorer.focus()
        page.page.keyboard.press(key)
    for hook in ("keep", "undo"):
        expect(page.dqx(hook).first).to_have_attribute("aria-disabled", "true")
        button = page.dqx(hook).first
        if button.is_visible():
            button.click(force=True)  # a person can
        else:
            button.dispatch_event("click")  # a card that the kernel never sent is away, with its buttons


def test_a_restarted_kernel_is_said_and_what_waited_is_saved_once(
    lab: Callable[..., Lab], folder: Path, shot: Any
) -> None:
    page, store = lab(), "restarted"
    start(page, folder, store)
    waiting = fresh(page)[4:6]
    saved = [decide(page), decide(page, "Enter")]
    settled(page)
    before = commits(folder, store)
    assert len(before) == 2
    assert reviewed(page) == 2

    # Two more while the kernel is busy: they wait, and are counted and marked apart. Their cards are known before.
    for item in reversed(waiting):
        tile(page, item).click()
        page.shown()
    busy(page)
    for item, key in zip(waiting, ("k", "Enter"), strict=True):
        tile(page, item).click()
        assert decide(page, key) == item
    for item in waiting:
        expect(tile(page, item)).to_have_attribute("data-waiting", "true")
        expect(tile(page, item)).to_have_class(re.compile("dqx-tile-waiting"))
        expect(tile(page, item)).not_to_have_class(re.compile("dqx-tile-reviewed"))
        expect(tile(page, item)).to_have_attribute("aria-label", re.compile("waiting, not saved yet"))
    for item in saved:
        expect(tile(page, item)).to_have_class(re.compile("dqx-tile-reviewed"))
    expect(page.dqx("queue-waiting").first).to_have_text("+2 waiting")
    expect(page.dqx("unsaved").first).to_have_attribute("data-count", "2")
    assert reviewed(page) == 2
    assert commits(folder, store) == before
    shot(page, "waiting-light")

    restart_by_menu(page)
    expect(banner(page)).to_be_visible(timeout=PATIENCE)
    expect(banner(page)).to_have_attribute("role", "alert")
    expect(banner(page)).to_contain_text("has no kernel: it was restarted, has stopped, or this page lost it.")
    expect(banner(page)).to_contain_text("Run this cell again, and after a restart those above it first.")
    expect(banner(page)).to_contain_text("2 decisions are not saved yet")
    listed = page.dqx("banner-list").first.locator("li")
    expect(listed).to_have_count(2)
    expect(listed.last).to_have_text(re.compile(r"^item item-\d{4}: \w+ → \w+ · not saved$"))
    names = [text.split(":")[0].removeprefix("item ") for text in listed.all_inner_texts()]
    shot(page, "restarted-light")
    page.theme("Dark")
    shot(page, "restarted-dark")
    page.theme("Light")

    # As it went, the old kernel may have written one that it was waiting to write; its answer has reached nobody.
    left = commits(folder, store)
    assert set(left) <= {*names, *before}
    seen, item = states(page), current_item(page)
    try_every_key(page)
    expect(listed).to_have_count(2)
    assert states(page) == seen
    assert current_item(page) == item
    assert reviewed(page) == 2
    # Nothing but what the undo has to say.
    for text in page.dqx("notice").all_inner_texts():
        assert text.startswith("Nothing was undone: the newest decision is not saved yet."), text
    assert commits(folder, store) == left

    # The notebook runs again: what waited is saved, once each, and all counts say so.
    rerun(page)
    expect(banner(page)).to_be_hidden(timeout=PATIENCE)
    settled(page)
    expect(page.dqx("queue-waiting").first).to_be_hidden()
    assert commits(folder, store) == [*reversed(names), *before]  # once each
    # What has been decided on need not be a suspect any more.
    page.page.evaluate(f'() => {SESSION}.setFilter({{scope: "all"}})')
    for item in [*saved, *waiting]:
        assert ask(page, f"[s.isReviewed({item}), s.isWaiting({item})]") == [True, False]
    assert reviewed(page) == 4
    expect(page.dqx("reviewed").first).to_have_attribute("data-reviewed", "4")
    assert not [text for text in page.console if "Cannot send" in text], page.console

    # And the work goes on.
    decide(page)
    settled(page)
    assert len(commits(folder, store)) == 5


def test_a_kernel_restarted_from_elsewhere_gives_itself_away(
    lab: Callable[..., Lab], server: Server, folder: Path
) -> None:
    page, store = lab(), "elsewhere"
    start(page, folder, store)
    page.shown()
    restart_by_server(page, server)
    # Nobody has told this page. What is decided first waits, is never shown as saved, and comes to light as not saved.
    item = decide(page)
    expect(banner(page)).to_have_attribute("data-link", "gone", timeout=PATIENCE)
    expect(banner(page)).to_contain_text("1 decision is not saved yet")
    expect(tile(page, item)).to_have_attribute("data-waiting", "true")
    listed = page.dqx("banner-list").first.locator("li")
    expect(listed).to_have_count(1)
    name = listed.inner_text().split(":")[0].removeprefix("item ")
    seen = states(page)
    try_every_key(page)
    assert states(page) == seen
    assert commits(folder, store) == []
    # JupyterLab goes on talking to the old kernel's subshell until the page is loaded again.
    page.page.reload()
    page.ready()
    rerun(page)
    expect(banner(page)).to_be_hidden(timeout=PATIENCE)
    settled(page)
    assert ask(page, f"[s.isReviewed({item}), s.isWaiting({item})]") == [True, False]
    assert commits(folder, store) == [name]
