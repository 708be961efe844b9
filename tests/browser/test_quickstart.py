"""The quickstart by hand, in a real JupyterLab in a real Chromium: from running the notebook to corrections on disk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter import PATIENCE, Lab
from playwright.sync_api import Locator, expect
from store import read_store
from test_in_sight import SESSION

NOTEBOOK = "01_quickstart.ipynb"


def current_point(lab: Lab) -> tuple[float, float]:
    """Where the map shows the current item, in page coordinates."""
    # What asks for random checks takes a row above the map once it is known how many labels may be wrong.
    lab.page.wait_for_function(f"() => {{ const s = {SESSION}; return s.left || s.leftError; }}", timeout=PATIENCE)
    # The map follows a little after the card.
    lab.page.wait_for_function(
        """() => {
             const { currentAt, currentItem } = document.querySelector('[data-dqx=map]')?.dataset ?? {};
             const tile = document.querySelector('[data-dqx=queue-tile][aria-current=true]');
             return currentAt && currentItem === tile?.dataset.item;
           }""",
        timeout=PATIENCE,
    )
    holder = lab.dqx("map").first
    x, y = map(float, str(holder.get_attribute("data-current-at")).split(","))
    box = holder.bounding_box()
    assert box
    return box["x"] + x, box["y"] + y


def tile(lab: Lab, item: str) -> Locator:
    return lab.page.locator(f'[data-dqx="queue-tile"][data-item="{item}"]')


def current_item(lab: Lab) -> str:
    return str(lab.page.locator('[data-dqx="queue-tile"][aria-current="true"]').first.get_attribute("data-item"))


def settled(lab: Lab) -> None:
    """Wait until every edit is acknowledged."""
    expect(lab.dqx("unsaved").first).to_have_attribute("data-count", "0", timeout=PATIENCE)


def press(lab: Lab, key: str) -> None:
    """Press a key while the explorer has the focus, as a person does after clicking into it."""
    lab.shown()
    lab.page.locator(".dqx-explorer").first.focus()
    lab.page.keyboard.press(key)


def test_a_person_reviews_the_quickstart(lab: Callable[..., Lab], folder: Path, shot: Any) -> None:
    page = lab()
    page.open(NOTEBOOK)
    page.run_all()
    page.drawn("umap")
    store = folder / "quickstart.labels.db"
    before = len(read_store(store)["log"])  # the notebook itself relabels one item
    shot(page, "quickstart-light")

    # The queue is ranked; the notebook's own code has decided on the worst item, so the work begins after it.
    expect(page.dqx("card").first).to_be_visible()
    expect(page.dqx("queue-tile").first).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)
    page.dqx("queue-tile").nth(1).click()
    expect(page.dqx("card-label").first).to_have_text(page.dqx("card-given").first.inner_text(), timeout=PATIENCE)
    first = current_item(page)
    given = page.dqx("card-given").first.inner_text()
    suggested = page.dqx("card-suggested").first.inner_text()
    assert given != suggested

    # Hovering a point shows its picture.
    page.page.mouse.move(*current_point(page))
    tooltip = page.dqx("map-tooltip").first
    expect(tooltip).to_be_visible(timeout=PATIENCE)
    expect(tooltip.locator("img")).to_be_visible(timeout=PATIENCE)
    assert tooltip.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") == 8

    # Enter accepts the suggestion, saves it, and goes on to the next item.
    press(page, "Enter")
    settled(page)
    expect(tile(page, first)).to_have_attribute("data-state", "relabelled")
    second = current_item(page)
    assert second != first
    log = read_store(store)["log"]
    assert len(log) == before + 1
    assert (log[0]["op"], log[0]["old"], log[0]["new"]) == ("set", given, suggested)
    assert log[0]["p_error"] is not None, "what the person was shown is kept with the decision"

    # The arrow keys walk along the queue; a digit chooses another label.
    press(page, "ArrowRight")
    expect(tile(page, second)).not_to_have_attribute("aria-current", "true")
    press(page, "ArrowLeft")
    expect(tile(page, second)).to_have_attribute("aria-current", "true")
    other = next(d for d in "0123456789" if d not in (given, page.dqx("card-given").first.inner_text()))
    press(page, other)
    settled(page)
    assert read_store(store)["log"][0]["new"] == other

    # K keeps, U takes back.
    third = current_item(page)
    press(page, "k")
    settled(page)
    expect(tile(page, third)).to_have_attribute("data-state", "kept")
    press(page, "u")
    expect(tile(page, third)).to_have_attribute("data-state", "given", timeout=PATIENCE)
    log = read_store(store)["log"]
    assert [entry["op"] for entry in log[:2]] == ["clear", "keep"]

    # A lasso around everything narrows the queue to what is inside; Escape lets go.
    press(page, "l")
    box = page.dqx("map").first.bounding_box()
    assert box
    corners = [(0.06, 0.16), (0.94, 0.16), (0.94, 0.8), (0.06, 0.8), (0.06, 0.17)]
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.page.mouse.move(*points[0])
    page.page.mouse.down()
    for point in points[1:]:
        page.page.mouse.move(*point, steps=12)
    page.page.mouse.up()
    chosen = page.dqx("chosen").first
    expect(chosen).to_be_visible(timeout=PATIENCE)
    assert int(re.sub(r"\D", "", re.findall(r"[\d,]+", chosen.inner_text())[0])) > 100
    press(page, "Escape")
    press(page, "Escape")
    expect(chosen).to_be_hidden()

    # The help lists the keys; nothing modal.
    press(page, "?")
    expect(page.dqx("help").first).to_be_visible()
    manual = page.dqx("help-manual").first.locator("a", has_text="04_p_error.ipynb")
    assert manual.get_attribute("href") == f"{page.server.url}/lab/tree/04_p_error.ipynb", "it lies beside this one"
    press(page, "?")

    # Reload: the same state, from the kernel that is still there.
    page.save()
    reviewed = page.dqx("reviewed").first.inner_text()
    page.page.reload()
    page.ready()
    page.drawn("umap")
    assert page.dqx("reviewed").first.inner_text() == reviewed
    expect(tile(page, first)).to_have_attribute("data-state", "relabelled", timeout=PATIENCE)

    page.theme("Dark")
    page.drawn("umap")
    shot(page, "quickstart-dark")
    page.theme("Light")  # JupyterLab remembers

    found = read_store(store)
    assert found["ok"], "every hash in the store fits"
    assert not page.outside, "nothing is loaded from outside"
    assert not [line for line in page.console if "data-quality-explorer" in line or "anywidget" in line]


def test_charts_and_history_come_from_the_kernel(lab: Callable[..., Lab], shot: Any) -> None:
    page = lab()
    page.open(NOTEBOOK)
    page.run_all()
    page.drawn("umap")
    page.page.locator('[data-dqx="tab"][data-tab="charts"]').click()
    expect(page.page.locator(".js-plotly-plot").first).to_be_visible(timeout=PATIENCE)
    cell = page.dqx("pairs-cell").first
    expect(cell).to_be_visible(timeout=PATIENCE)
    suspects = page.page.locator('[data-dqx="queue-counts"]').first.inner_text()
    cell.click()
    expect(page.page.locator('[data-dqx="queue-counts"]').first).not_to_have_text(suspects, timeout=PATIENCE)
    shot(page, "charts-light")
    page.page.locator('[data-dqx="tab"][data-tab="history"]').click()
    expect(page.dqx("history-row").first).to_be_visible(timeout=PATIENCE)
    shot(page, "history-light")
    assert not page.outside, "plotly.js comes from the kernel"


def test_panels_in_cells_of_their_own_share_the_selection(lab: Callable[..., Lab], folder: Path) -> None:
    notebook = json.loads((folder / NOTEBOOK).read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    panels = [{**code[1], "id": f"panel-{n}", "source": f'explorer.show(review, "{n}")'} for n in ("queue", "card")]
    make = {**code[1], "id": "make", "source": 'review = explorer.Review(dataset, store="panels.labels.db")'}
    notebook["cells"] = [code[0], make, *panels]
    (folder / "panels.ipynb").write_text(json.dumps(notebook))
    page = lab()
    page.open("panels.ipynb")
    page.run_all()
    expect(page.page.locator(".dqx-queue [data-dqx=queue-tile]").first).to_be_visible(timeout=PATIENCE)
    given = page.page.locator(".dqx-card [data-dqx=card-given]").first
    expect(given).to_be_visible(timeout=PATIENCE)
    tiles = page.page.locator(".dqx-queue [data-dqx=queue-tile]")
    pictures = page.page.locator(".dqx-card img").first
    seen = pictures.get_attribute("src")
    tiles.nth(4).click()
    expect(pictures).not_to_have_attribute("src", str(seen), timeout=PATIENCE)


def test_a_narrow_window_shows_one_page_at_a_time(lab: Callable[..., Lab], shot: Any) -> None:
    page = lab()
    page.page.set_viewport_size({"width": 700, "height": 720})
    page.open(NOTEBOOK)
    page.command("application:toggle-left-area")
    page.run_all()
    # The last cell is what the notebook shows now, and cells far from it may leave the page for a while.
    page.page.evaluate("document.querySelector('.jp-WindowedPanel-outer')?.scrollTo(0, 0)")
    card, explorer = page.dqx("card").first, page.page.locator(".dqx-explorer").first
    expect(card).to_be_visible(timeout=PATIENCE)
    assert page.dqx("map").count() == 0, "what nobody looks at is not there"
    press(page, "m")
    page.drawn("umap")
    expect(card).to_be_hidden()
    shot(page, "narrow-map-light")
    # The map shows points, and no key decides about one whose card is not to be seen: it brings the card.
    reviewed = page.dqx("reviewed").first.get_attribute("data-reviewed")
    page.page.keyboard.press("k")
    expect(card).to_be_visible()
    expect(page.dqx("notice").first).to_contain_text("press the key again")
    assert page.dqx("reviewed").first.get_attribute("data-reviewed") == reviewed
    expect(page.dqx("map").first).to_be_hidden()
    box = explorer.bounding_box()
    assert box
    assert box["height"] <= 560
    assert explorer.evaluate("e => e.scrollHeight <= e.clientHeight && e.scrollWidth <= e.clientWidth")
    shot(page, "narrow-light")


def test_the_saved_notebook_stays_small(lab: Callable[..., Lab], folder: Path) -> None:
    page = lab()
    page.open(NOTEBOOK)
    page.run_all()
    page.drawn("umap")
    page.save()
    page.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=PATIENCE)
    assert (folder / NOTEBOOK).stat().st_size < 300_000


@pytest.mark.parametrize("label", ["<img src=x onerror=window.pwned=1>", "</script><script>window.pwned=1</script>"])
def test_labels_and_texts_stay_text(lab: Callable[..., Lab], folder: Path, label: str) -> None:
    source = f"""
import numpy as np, pandas as pd, explorer
label = {label!r}
rng = np.random.default_rng(0)
rows = [(f"{{label}} {{' '.join(rng.choice(words, 6))}} {{n}}", name) for n in range(40)
        for name, words in ((label, ["dull", "bad", "poor"]), ("good", ["great", "fine", "best"]))]
frame = pd.DataFrame(rows, columns=["text", "label"])
frame.loc[3, "label"], frame.loc[8, "label"] = label, "good"
review = explorer.Review(explorer.read(frame, text="text", label="label"), store="markup{len(label)}.labels.db")
""".strip()
    notebook = json.loads((folder / NOTEBOOK).read_text())
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    notebook["cells"] = [{**cell, "id": "a", "source": source}, {**cell, "id": "b", "source": "review"}]
    (folder / "markup.ipynb").write_text(json.dumps(notebook))
    page = lab()
    page.open("markup.ipynb")
    page.run_all()
    page.drawn("umap")
    # The ranking need not call any of these few items an issue.
    page.page.evaluate(f'() => {SESSION}.setFilter({{scope: "all"}})')
    press(page, "ArrowRight")
    expect(page.dqx("card").first).to_contain_text(label, timeout=PATIENCE)
    page.page.mouse.move(*current_point(page))
    expect(page.dqx("map-tooltip").first).to_contain_text(label, timeout=PATIENCE)
    press(page, "Enter")
    settled(page)
    for tab in ("neighbours", "charts", "history"):
        page.page.locator(f'[data-dqx="tab"][data-tab="{tab}"]').click()
        hook = {"charts": "pairs-cell", "history": "history-row", "neighbours": "neighbour-node"}[tab]
        expect(page.dqx(hook).first).to_be_visible(timeout=PATIENCE)
    page.page.locator('[data-dqx="tab"][data-tab="charts"]').click()
    expect(page.page.locator(".js-plotly-plot").first).to_be_visible(timeout=PATIENCE)
    assert page.page.evaluate("window.pwned") is None
    assert page.page.locator(".dqx-explorer img[src=x]").count() == 0
