"""Two people with a JupyterLab each, on one label store: a conflict, a branch, and a merge with a conflict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter import PATIENCE, Lab, Server
from playwright.sync_api import Browser, Locator, expect
from store import read_store
from test_quickstart import current_item, press, settled, tile

STORE = "shared.labels.db"
CODE = f"""
import numpy as np
import explorer
from sklearn.datasets import load_digits

digits = load_digits()
flipped = digits.target[:300].copy()
flipped[::20] = (flipped[::20] + 1) % 10
dataset = explorer.read(digits.images[:300].astype("uint8") * 15, label=flipped)
review = explorer.Review(dataset, store="{STORE}")
review
"""
BUSY = """
import time
from pathlib import Path
with review.state.lock:
    Path("busy").touch()
    while not Path("go").exists():
        time.sleep(0.05)
"""


def notebook(path: Path) -> None:
    """Write a notebook with the review in its first cell and a second one for what a person types."""
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CODE.strip()), nbformat.v4.new_code_cell("")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(made, path)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Return the folder that both people work in."""
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture
def pair(browser: Browser, shared: Path, tmp_path: Path) -> Iterator[Callable[[str], Lab]]:
    """Open a JupyterLab for a person over the shared folder, with the explorer drawn."""
    servers: list[Server] = []
    pages: list[Lab] = []

    def sit_down(person: str) -> Lab:
        notebook(shared / f"{person}.ipynb")
        servers.append(Server(shared, tmp_path / person, user=person))
        page = Lab(browser, servers[-1])
        pages.append(page)
        page.open(f"{person}.ipynb")
        page.run_all()
        page.drawn("umap")
        return page

    yield sit_down
    for page in pages:
        page.close()
    for server in servers:
        server.kill()


def run_cell(lab: Lab, code: str) -> None:
    """Put code into the last cell and start it; does not wait for its end."""
    lab.page.evaluate(
        """code => {
            const panel = window.jupyterapp.shell.currentWidget;
            const cells = panel.content.widgets;
            cells[1].model.sharedModel.setSource(code);
            panel.content.activeCellIndex = 1;
            void window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        code,
    )


def digit_other_than(*taken: str) -> str:
    return next(d for d in "0123456789" if d not in taken)


def select(lab: Lab, item: str) -> None:
    tile(lab, item).scroll_into_view_if_needed()
    tile(lab, item).click()
    expect(tile(lab, item)).to_have_attribute("aria-current", "true", timeout=PATIENCE)


def card_given(lab: Lab) -> str:
    return lab.dqx("card-given").first.inner_text()


def events(store: Path, item: str) -> list[dict[str, Any]]:
    """Decisions on an item, newest first, as a process of its own reads them from the file."""
    return [e for e in read_store(store)["log"] if e["item"] == item]


def history(lab: Lab) -> list[str]:
    """What the history panel lists, commit by commit."""
    lab.dqx("tab-history").first.click()
    rows = lab.dqx("history-commit")
    expect(rows.first).to_be_visible(timeout=PATIENCE)
    return [str(row.get_attribute("data-commit")) for row in rows.all()]


def same_histories(a: Lab, b: Lab, length: int) -> None:
    """Wait until both panels list as many commits, and compare them."""
    for lab in (a, b):
        lab.dqx("tab-history").first.click()
        expect(lab.dqx("history-commit")).to_have_count(length, timeout=PATIENCE)
    assert history(a) == history(b)


def focused(view: Locator) -> None:
    """Give a view the keyboard: JupyterLab lays the notebook out anew for another theme, and drops the focus."""
    for _ in range(100):
        view.focus()
        view.page.wait_for_timeout(100)
        if view.evaluate("e => e.getRootNode().activeElement === e && document.hasFocus()"):
            return
    expect(view).to_be_focused()


def test_two_people_meet_on_one_item_and_merge_a_branch(
    pair: Callable[[str], Lab], shared: Path, shot: Callable[[Lab, str], Path]
) -> None:
    store = shared / STORE
    ann = pair("ann")
    bob = pair("bob")
    start = len(read_store(store)["log"])

    # Both look at the same item. Bob's review is held up when he decides, and ann is faster.
    ann.dqx("queue-tile").first.click()
    item = current_item(ann)
    select(bob, item)
    given = card_given(ann)
    hers = digit_other_than(given)
    his = digit_other_than(given, hers)
    run_cell(bob, BUSY)
    while not (shared / "busy").exists():
        bob.page.wait_for_timeout(50)
    press(bob, his)
    expect(bob.dqx("unsaved").first).to_have_attribute("data-count", "1", timeout=PATIENCE)
    select(ann, item)
    press(ann, hers)
    settled(ann)
    assert [e["rater"] for e in read_store(store)["log"][: -start or None]] == ["ann"]
    (shared / "go").touch()

    # His decision is refused: he sees who was faster, with what, beside the picture.
    conflict = bob.dqx("conflict").first
    if not conflict.is_visible():
        select(bob, item)
    expect(conflict).to_be_visible(timeout=PATIENCE)
    expect(conflict).to_contain_text("ann")
    expect(conflict).to_contain_text(hers)
    picture = bob.dqx("card").first.locator("img").first
    expect(picture).to_be_visible(timeout=PATIENCE)
    assert picture.evaluate("i => i.decode().then(() => i.naturalWidth)") > 0
    shot(bob, "conflict-light")
    bob.theme("Dark")
    shot(bob, "conflict-dark")
    bob.theme("Light")

    # He looks, and holds to his own: the decision is written on top of hers.
    bob.dqx("conflict-mine").first.click()
    settled(bob)
    expect(conflict).to_be_hidden(timeout=PATIENCE)
    log = read_store(store)["log"]
    assert [(e["rater"], e["old"], e["new"]) for e in log[:2]] == [("bob", hers, his), ("ann", given, hers)]
    commits = len({e["commit"] for e in log}) + 1  # and the one that bound the dataset
    same_histories(ann, bob, commits)

    # Ann works on a branch of her own.
    ann.dqx("history-branch-new").first.click()
    ann.dqx("history-branch-name").first.fill("careful")
    ann.page.keyboard.press("Enter")
    expect(ann.dqx("history-branch").first).to_contain_text("careful", timeout=PATIENCE)
    ann.tab("item")
    fresh = ann.page.locator('[data-dqx="queue-tile"][data-state="given"]')
    fresh.nth(0).click()
    both = current_item(ann)
    both_given = card_given(ann)
    on_branch = digit_other_than(both_given)
    press(ann, on_branch)
    settled(ann)
    expect(tile(ann, both)).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
    alone = current_item(ann)
    press(ann, "k")
    settled(ann)
    assert len(read_store(store)["log"]) == len(log), "nothing of it is on main"

    # Meanwhile bob decides otherwise on main.
    bob.tab("item")
    select(bob, both)
    on_main = digit_other_than(both_given, on_branch)
    press(bob, on_main)
    settled(bob)

    # Ann goes back to main and merges; the one conflict is settled by keyboard.
    ann.tab("history")
    ann.dqx("history-branch").first.click()
    ann.dqx("history-branch-switch").filter(has_text="main").first.click()
    expect(tile(ann, alone)).to_have_attribute("data-state", "given", timeout=PATIENCE)
    ann.dqx("history-branch").first.click()
    ann.dqx("history-merge").first.click()
    view = ann.dqx("merge").first
    expect(view).to_be_visible(timeout=PATIENCE)
    expect(ann.dqx("merge-conflict")).to_have_count(1, timeout=PATIENCE)
    expect(view).to_contain_text("bob")
    expect(view).to_contain_text("ann")
    shot(ann, "merge-light")
    expect(view.locator(".dqx-merge-preview img")).to_be_visible(timeout=PATIENCE)
    for side in ("ours", "theirs"):
        near = view.locator(f'.dqx-merge-side[data-side="{side}"] img')
        expect(near).to_have_count(5, timeout=PATIENCE)
    ann.theme("Dark")
    shot(ann, "merge-dark")
    ann.theme("Light")
    focused(view)
    ann.page.keyboard.press("t")
    expect(ann.dqx("merge-commit").first).to_be_enabled(timeout=PATIENCE)
    ann.dqx("merge-commit").first.click()
    expect(view).to_be_hidden(timeout=PATIENCE)

    # The file says so, and so do both panels.
    for lab in (ann, bob):
        expect(tile(lab, both)).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
        expect(tile(lab, alone)).to_have_attribute("data-state", "kept", timeout=PATIENCE)
    found = read_store(store)
    assert found["ok"]
    merged = [e for e in found["log"] if e["kind"] == "merge"]
    assert {e["new"] for e in merged} >= {on_branch}
    assert {e["rater"] for e in merged} == {"ann"}, "blame survives the merge"
    same_histories(ann, bob, len(ann.dqx("history-commit").all()))
    shot(ann, "history-merged")
    assert ann.outside == bob.outside == []
