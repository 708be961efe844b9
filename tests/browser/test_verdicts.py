"""Decisions of the scopes: one of several copies is kept, an outlier left out, a group grown and relabelled at once."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from jupyter import PATIENCE, Lab
from playwright.sync_api import expect
from store import read_store

NOTEBOOK = """
import numpy as np
from sklearn.datasets import load_digits
import explorer

rng = np.random.default_rng(0)
digits = load_digits()
images = (digits.images[:400] * 255 / 16).astype("uint8")
labels = digits.target[:400].copy()
images[100:103], labels[100:103] = images[100], labels[100]
images[110:113], labels[110:113] = images[110], labels[110]
labels[112] = (labels[110] + 1) % 10
images[120:123] = rng.integers(0, 256, (3, 8, 8))
dataset = explorer.read(images, label=labels, key=[f"digit-{{i}}" for i in range(400)])
review = explorer.Review(dataset, store="{store}.labels.db", cache=False, k=15, rater="ann")
review.wait("score")
explorer.show(review)
"""


def opened(lab: Callable[..., Lab], folder: Path, name: str) -> Lab:
    """Open a notebook of digits with copies, one of them relabelled, and pictures of noise."""
    source = NOTEBOOK.format(store=name).strip()
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata=python), folder / f"{name}.ipynb"
    )
    page = lab()
    page.open(f"{name}.ipynb")
    page.run_all()
    expect(page.dqx("card").first).to_be_visible(timeout=PATIENCE)
    return page


def choose(page: Lab, scope: str, item: int | None = None) -> None:
    """Choose a scope by its chip, and perhaps one of its items."""
    page.page.locator(f'[data-dqx="scope"][data-scope="{scope}"]').first.click()
    expect(page.page.locator(f'[data-dqx="scope-slot"][data-scope="{scope}"]').first).to_be_visible(timeout=PATIENCE)
    if item is not None:
        page.execute(f"review.select('digit-{item}')")
        expect(page.dqx("card").first).to_have_attribute("data-item", str(item), timeout=PATIENCE)


def press(page: Lab, key: str) -> None:
    """Press a key while the explorer has the focus."""
    page.shown()
    page.page.locator(".dqx-explorer").first.focus()
    page.page.keyboard.press(key)


def exported(page: Lab, path: Path) -> dict[str, dict[str, str]]:
    """Export without what is left out, and read it back by id."""
    page.execute(f"review.export({str(path)!r}, drop=True)")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["item_id"]: row for row in csv.DictReader(file)}


def test_of_copies_one_is_kept_and_the_export_shows_the_others_left_out(
    lab: Callable[..., Lab], folder: Path, shot: Any
) -> None:
    page = opened(lab, folder, "copies")
    said = page.dqx("said").first
    choose(page, "near_duplicate", 101)
    expect(page.dqx("scope-why").first).to_have_text("2 others are exactly the same.", timeout=PATIENCE)
    expect(page.dqx("scope-member")).to_have_count(3, timeout=PATIENCE)
    shot(page, "verdicts-copies-light")
    press(page, "Shift+K")
    expect(said).to_contain_text("1 kept, 2 left out", timeout=PATIENCE)
    found = exported(page, folder / "copies.csv")
    assert "digit-101" in found
    assert not {"digit-100", "digit-102"} & set(found)
    assert len(found) == 398
    assert len({entry["commit"] for entry in read_store(folder / "copies.labels.db")["log"]}) == 1
    press(page, "u")
    expect(said).to_contain_text("Taken back", timeout=PATIENCE)
    assert len(exported(page, folder / "back.csv")) == 400

    choose(page, "conflicting_duplicate", 112)
    expect(page.dqx("scope-why").first).to_contain_text("2 copies say", timeout=PATIENCE)
    ways = page.dqx("label-copies")
    expect(ways).to_have_count(2, timeout=PATIENCE)
    label = str(ways.first.get_attribute("data-label"))
    page.shown()
    ways.first.click()
    expect(said).to_contain_text(f"1 changed to {label}, 2 kept", timeout=PATIENCE)
    found = exported(page, folder / "one-label.csv")
    assert {found[f"digit-{i}"]["corrected_label"] for i in (110, 111, 112)} == {label}


def test_an_outlier_is_left_out_and_taken_back(lab: Callable[..., Lab], folder: Path, shot: Any) -> None:
    page = opened(lab, folder, "outlier")
    choose(page, "outlier", 121)
    expect(page.dqx("scope-why").first).to_contain_text("arther from its 10 nearest than", timeout=PATIENCE)
    shot(page, "verdicts-outlier-light")
    press(page, "o")
    expect(page.dqx("said").first).to_contain_text("left out", timeout=PATIENCE)
    assert "digit-121" not in exported(page, folder / "left-out.csv")
    press(page, "u")
    expect(page.dqx("said").first).to_contain_text("Taken back", timeout=PATIENCE)
    expect(page.dqx("card").first).to_have_attribute("data-item", "121", timeout=PATIENCE)
    assert "digit-121" in exported(page, folder / "left-in.csv")


def test_a_selection_grows_and_is_relabelled_in_one_commit(lab: Callable[..., Lab], folder: Path, shot: Any) -> None:
    page = opened(lab, folder, "grown")
    said = page.dqx("said").first
    before = read_store(folder / "grown.labels.db")
    press(page, "e")
    expect(said).to_contain_text("Grew from 1 to", timeout=PATIENCE)
    first = said.inner_text()
    press(page, "e")
    expect(said).not_to_have_text(first, timeout=PATIENCE)
    shot(page, "verdicts-grown-light")
    press(page, "r")
    page.page.keyboard.press("3")
    go = page.dqx("bulk-go").first
    expect(go).to_be_enabled(timeout=PATIENCE)
    page.page.keyboard.press("Enter")
    expect(said).to_contain_text("changed to 3", timeout=PATIENCE)
    now = read_store(folder / "grown.labels.db")
    changed = {i for i, label in now["labels"].items() if label != before["labels"].get(i)}
    assert len(changed) > 1
    assert len({entry["commit"] for entry in now["log"]}) == 1
    press(page, "Escape")
    assert not [line for line in page.console if "anywidget" in line]
