"""Every scope, from its chip to the export: its items, its own why, its own decision, and just that in the file."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter import PATIENCE, Lab
from playwright.sync_api import expect
from store import read_store
from test_bulk import press
from test_in_sight import SESSION, ask, saved
from test_low_screens import notebook

DIGITS = """
import numpy as np
from sklearn.datasets import load_digits
import explorer

# 800 digits, of the 7 only four; wrong labels, copies, copies with another label, noise, and a group with mixed labels.
rng = np.random.default_rng(0)
digits = load_digits()
rows = rng.permutation(1000)
rows = rows[(digits.target[rows] != 7) | (np.cumsum(digits.target[rows] == 7) <= 4)][:800]
images, truth = (digits.images[rows] * 255 / 16).astype("uint8"), digits.target[rows]
labels = truth.copy()
free = rng.permutation(np.flatnonzero(truth != 7))
wrong, copies, conflict, noise, group = np.split(free, [40, 43, 46, 50])[:4] + [free[50:74]]
labels[wrong] = (truth[wrong] + rng.choice([1, 2, 3], 40)) % 10
labels[wrong[labels[wrong] == 7]] = 8
images[copies], labels[copies] = images[copies[0]], truth[copies[0]]
images[conflict], labels[conflict] = images[conflict[0]], truth[conflict[0]]
labels[conflict[2]] = (truth[conflict[0]] + 2) % 10
images[noise] = rng.integers(0, 256, (4, 8, 8))
images[group] = np.clip(np.rot90(images[group[0]]).astype(int) + rng.integers(-25, 26, (24, 8, 8)), 0, 255)
labels[group], labels[group[:12]] = np.arange(24) % 3, 0
dataset = explorer.read(images, label=labels, key=[str(i) for i in range(800)])
review = explorer.Review(dataset, store="scopes.labels.db", cache=False, k=15, rater="ann")
review.wait("score", progress=False).cancel()
"""
Decided = dict[str, tuple[str, str, str]]
"""Label, state and whether it is left out, by item."""


def decisions(path: Path) -> Decided:
    """What an export says of each item."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["item_id"]: (row["corrected_label"], row["state"], row["left_out"].lower())
            for row in csv.DictReader(file)
        }


class Scopes:
    """The page, the exports so far, and what each decision should have changed in them."""

    def __init__(self, page: Lab, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.commits = 0
        self.now = self.export()

    def export(self) -> Decided:
        """Export from Python, and read it back."""
        path = self.folder / "python.csv"
        self.page.execute(f"review.export({str(path)!r})")
        return decisions(path)

    def choose(self, scope: str, why: str) -> str:
        """Press a scope's chip; returns the item that the card shows: one of the scope, open, and it says why."""
        page = self.page
        chip = page.scope(scope)
        page.page.wait_for_function(f"() => {SESSION}.filter.scope === '{scope}'", timeout=PATIENCE)
        # Label errors say it in the card's own line, and everything has nothing in common.
        own = {"label": "card-why", "all": "card-given"}.get(scope, "scope-why")
        slot = page.dqx("scope-slot").first
        expect(slot).to_have_attribute("data-scope", "" if own != "scope-why" else scope, timeout=PATIENCE)
        expect(page.dqx(own).first).to_contain_text(re.compile(why), timeout=PATIENCE)
        item = self.current()
        page.execute(f"open('of.txt', 'w').write(' '.join(review.queue_of('{scope}').index))")
        assert item in (self.folder / "of.txt").read_text().split()
        assert self.now[item][1] == "given"
        # Numbers on one screen agree.
        open_, passing = ask(page, "[s.queue.filter(i => !s.isReviewed(i) && s.passes(i)).length, s.passing]")
        expect(chip.locator(".dqx-scope-count")).to_have_text(f"{open_:,}", timeout=PATIENCE)
        expect(page.dqx("accept-all").first).to_contain_text(f"Accept {open_:,} ")
        counts = page.dqx("queue-counts").first
        expect(counts).to_have_text(f"next {ask(page, 's.placeAmong(s.current)')} of {passing:,}" + (
            f", {open_:,} open" if open_ < passing else ""
        ))  # fmt: skip
        return item

    def current(self) -> str:
        """Item that the card shows, once it is drawn."""
        self.page.shown()
        return str(self.page.dqx("card").first.get_attribute("data-item"))

    def given(self, item: str) -> str:
        return self.now[item][0]

    def suggested(self, item: str) -> str:
        return str(ask(self.page, f"s.className(s.lastCard({item}).suggested)"))

    def became(self, expected: Decided) -> None:
        """The export differs from the one before in just this, and it was one commit."""
        saved(self.page)
        after = self.export()
        assert {item: row for item, row in after.items() if row != self.now[item]} == expected
        assert after.keys() == self.now.keys()
        self.now = after
        self.commits += 1


def test_each_scope_leads_from_its_chip_to_the_export(lab: Callable[..., Lab], folder: Path, shot: Any) -> None:
    notebook(folder, "scopes.ipynb", DIGITS, "explorer.show(review)")
    page = lab()
    page.open("scopes.ipynb")
    page.run_all()
    expect(page.dqx("scope").first).to_be_visible(timeout=PATIENCE)
    page.shown()
    at = Scopes(page, folder)

    # A label error gets its suggested label.
    item = at.choose("label", "nearest")
    expect(page.dqx("p-error").first).to_contain_text("likely wrong")
    label = at.suggested(item)
    press(page, "Enter")
    at.became({item: (label, "relabelled", "false")})

    # An outlier is left out, kept or relabelled.
    item = at.choose("outlier", "arther from its 10 nearest than")
    expect(page.dqx("leave-out").first).to_be_visible()
    shot(page, "scopes-outlier-light")
    press(page, "o")
    at.became({item: (at.given(item), "left out", "true")})
    item = at.current()
    press(page, "k")
    at.became({item: (at.given(item), "kept", "false")})
    item = at.current()
    label = "3" if at.given(item) != "3" else "5"
    press(page, label)
    at.became({item: (label, "relabelled", "false")})

    # Copies that conflict get one label, the commonest: a key for all of them.
    item = at.choose("conflicting_duplicate", "2 copies say")
    expect(page.dqx("scope-member")).to_have_count(3, timeout=PATIENCE)
    copies = [str(each.get_attribute("data-item")) for each in page.dqx("scope-member").all()]
    labels = [at.given(each) for each in copies]
    label = max(labels, key=labels.count)
    assert sorted(labels.count(each) for each in labels) == [1, 2, 2]
    press(page, "Shift+Enter")
    at.became(
        {
            each: (label, "kept" if was == label else "relabelled", "false")
            for each, was in zip(copies, labels, strict=True)
        }
    )

    # Of copies that agree one is kept, the others are left out.
    item = at.choose("near_duplicate", "2 others are exactly the same.")
    copies = [str(each.get_attribute("data-item")) for each in page.dqx("scope-member").all()]
    assert item in copies
    assert len(copies) == 3
    press(page, "Shift+K")
    at.became(
        {each: (at.given(each), *(("kept", "false") if each == item else ("left out", "true"))) for each in copies}
    )

    # One that two classes fit is set apart.
    item = at.choose("ambiguous", "both fit|neighbours are often of another class")
    press(page, "a")
    at.became({item: (at.given(item), "flagged", "false")})

    # A group is picked whole, and gets one label.
    item = at.choose("underperforming", "In a group of")
    press(page, "e")
    expect(page.dqx("said").first).to_contain_text("one group, whole", timeout=PATIENCE)
    group = [str(each) for each in ask(page, "[...s.picked]")]
    assert item in group
    open_ = [each for each in group if at.now[each][1] == "given"]
    expect(page.dqx("accept-all").first).to_contain_text(f"Accept {len(open_)} ")
    press(page, "r")
    page.page.keyboard.press("0")
    expect(page.dqx("bulk-go").first).to_be_enabled(timeout=PATIENCE)
    page.page.keyboard.press("Enter")
    expect(page.dqx("said").first).to_contain_text("changed to 0", timeout=PATIENCE)
    at.became({each: ("0", "relabelled", "false") for each in open_ if at.given(each) != "0"})

    # One of a rare class is kept.
    item = at.choose("imbalance", r"Its class, 7, has \d labels? of 800")
    press(page, "k")
    at.became({item: ("7", "kept", "false")})

    # One that was learnt like wrong labels gets its suggested label.
    item = at.choose("kind", "earnt")
    label = at.suggested(item)
    press(page, "Enter")
    at.became({item: (label, "kept" if label == at.given(item) else "relabelled", "false")})

    # What was drawn at random: an answer, whatever it is.
    item = at.choose("random", "Drawn at random")
    press(page, "k")
    at.became({item: (at.given(item), "kept", "false")})

    # Of everything, any item any label: where nothing is typed yet, a digit is the label that it spells.
    item = at.choose("all", r"\d")
    label = "4" if at.given(item) != "4" else "6"
    press(page, "/")
    page.page.keyboard.press(label)
    at.became({item: (label, "relabelled", "false")})

    on_the_screen(page, folder, at.now)
    found = read_store(folder / "scopes.labels.db")
    assert found["ok"]
    assert len({entry["commit"] for entry in found["log"]}) == at.commits
    assert not [line for line in page.console if "anywidget" in line]


def on_the_screen(page: Lab, folder: Path, expected: Decided) -> None:
    """Export by the dialog: all of it, then only what was changed without what is left out."""
    words, go, name = page.dqx("export-words").first, page.dqx("export-go").first, page.dqx("export-name").first
    page.dqx("export").first.click()
    name.fill("screen.csv")
    expect(go).to_be_enabled(timeout=PATIENCE)
    name.press("Enter")
    expect(words).to_contain_text("Written.", timeout=PATIENCE)
    assert decisions(folder / "screen.csv") == expected
    name.fill("changed.csv")
    page.dqx("export-changed").first.check()
    page.dqx("export-drop").first.check()
    expect(go).to_be_enabled(timeout=PATIENCE)
    go.click()
    expect(words).to_contain_text("Written.", timeout=PATIENCE)
    assert decisions(folder / "changed.csv") == {item: row for item, row in expected.items() if row[1] == "relabelled"}
    page.page.keyboard.press("Escape")
