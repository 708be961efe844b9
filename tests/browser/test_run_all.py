"""Run All: the widget works while a cell after it waits or is busy; and the picture that the notebook keeps of it.

The pipeline is held until the page has drawn the map, so a widget that is not answered meanwhile never draws one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter import LAB, NOTEBOOK, PATIENCE, Host, Lab
from playwright.sync_api import expect

MAKE = """
import time
from pathlib import Path
import numpy as np, explorer
from explorer.pipeline import stages
gate, original = Path("{gate}"), stages.probe

def held(task, results, progress):
    while not gate.exists():
        progress.check()
        time.sleep(0.05)
    yield from original(task, results, progress)

stages.FUNCTIONS["probe"] = held
rng = np.random.default_rng(0)
kind = rng.integers(0, 3, 300)
vectors = (3 * np.eye(3, 8)[kind] + rng.normal(size=(300, 8))).astype("float32")
labels = [("cat", "dog", "owl")[k] for k in kind]
labels[5] = "dog" if labels[5] == "cat" else "cat"
review = explorer.Review(explorer.read(vectors, label=labels), "{gate}.labels.db", cache=False)
review
"""

CELLS = {"waits": "review.issues", "is-busy": "while not gate.exists():\n    time.sleep(0.05)", "is-none": ""}


def notebook(folder: Path, name: str, *cells: str) -> str:
    """Write a notebook; returns its file's name."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, folder / f"{name}.ipynb")
    return f"{name}.ipynb"


def ended(page: Lab) -> None:
    """Wait until every cell has run."""
    page.page.wait_for_function(
        """() => [...window.jupyterapp.shell.currentWidget.content.widgets]
             .every(c => !c.model.sharedModel.getSource() || c.model.executionCount)""",
        timeout=PATIENCE,
    )


@pytest.mark.parametrize(
    ("host", "what"),
    [*((LAB, what) for what in CELLS), (NOTEBOOK, "waits")],
    ids=lambda each: each.name if isinstance(each, Host) else each,
)
def test_the_map_is_drawn_whatever_the_next_cell_does(
    lab: Callable[..., Lab], folder: Path, host: Host, what: str
) -> None:
    page, gate = lab(host=host), f"gate-{host.name.replace(' ', '-')}-{what}"
    page.open(notebook(folder, gate, MAKE.format(gate=gate), CELLS[what], "print(len(review.dataset), 'after')"))
    # The command ends with the last cell, which waits for the map: nobody waits for the command.
    page.page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.drawn("principal")
    (folder / gate).touch()
    page.drawn("umap")
    ended(page)
    expect(page.page.get_by_text("300 after")).to_be_visible(timeout=PATIENCE)
    expect(page.dqx("queue-tile").first).to_be_visible(timeout=PATIENCE)


def test_a_notebook_without_its_kernel_shows_the_picture(lab: Callable[..., Lab], folder: Path, shot: Any) -> None:
    page = lab()
    (folder / "gate-kept").touch()
    file = notebook(folder, "kept", MAKE.format(gate="gate-kept"), "_ = review.wait()")
    page.open(file)
    page.run_all()
    page.drawn("umap")
    picture = page.page.locator(".dqx-snapshot")
    expect(picture).to_contain_text("row 5", timeout=PATIENCE)  # renewed with the scores
    expect(picture).to_be_hidden()
    page.save()
    page.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.sessionContext.session === null", timeout=PATIENCE
    )
    other = lab()
    other.page.goto(f"{other.server.url}/lab/tree/{file}?token={other.server.token}&reset")
    there = other.page.locator(".dqx-snapshot")
    expect(there).to_be_visible(timeout=PATIENCE)
    expect(there).to_contain_text("300 items with 3 classes")
    expect(there).to_contain_text("row 5")
    other.page.screenshot(path=Path(__file__).parents[2] / "test-results" / "screenshots" / "snapshot.png")


def test_a_page_that_is_slow_to_start_hears_the_kernel_all_the_same(lab: Callable[..., Lab], folder: Path) -> None:
    page = lab()
    # What waits for two seconds at most has no time at all: anywidget gives the widget up before its bundle is there.
    page.page.add_init_script(
        """const timeout = AbortSignal.timeout;
           AbortSignal.timeout = ms => ms === 2000 ? AbortSignal.abort() : timeout.call(AbortSignal, ms);
           const listen = EventTarget.prototype.addEventListener;
           AbortSignal.prototype.addEventListener = function (type, hear, ...more) {
             if (this.aborted && type === "abort") queueMicrotask(hear);
             else listen.call(this, type, hear, ...more);
           };"""
    )
    (folder / "gate-slow").touch()
    page.open(notebook(folder, "slow", MAKE.format(gate="gate-slow")))
    page.run_all()
    page.shown()
    page.page.locator(".dqx-explorer").first.focus()
    page.page.keyboard.press("k")
    expect(page.dqx("said").first).to_contain_text("kept, U to undo", timeout=PATIENCE)
    expect(page.dqx("unsaved").first).to_have_attribute("data-count", "0", timeout=PATIENCE)
    assert any("Failed to initialize model" in text for text in page.console), "it was given up"
