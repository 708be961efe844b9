"""Second opinions: three raters in two browsers who see nothing of each other, five votes by choice, both resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter import PATIENCE, Lab
from plain_host import PlainHost
from playwright.sync_api import Browser, expect
from rater_reviews import CLASSES, pictures
from rater_reviews import review as make
from test_raters import Desk

import explorer

N = 63
CODE = """
import numpy as np
import explorer
from sklearn.datasets import load_digits

digits = load_digits()
flipped = digits.target[:200].copy()
flipped[::20] = (flipped[::20] + 1) % 10
dataset = explorer.read(digits.images[:200].astype("uint8") * 15, label=flipped)
review = explorer.Review(dataset, store="opinions.labels.db", cache=False, rater="ann", start=False)
review.add_rater("bob", digits.target[:200], kind="person")
review.add_rater("gpt", flipped, kind="model", family="gpt")
review.start()
review.wait("score")
explorer.show(review)
"""


class Blind(Desk):
    """The page, with its queue of second opinions."""

    def begin(self, rater: str, mode: str = "label", *, done: bool = False) -> None:
        """Begin a rater's queue, and wait for its first question."""
        self.section("blind")
        self.dqx("blind-rater").fill(rater)
        self.dqx("blind-mode").select_option(mode)
        self.dqx("blind-begin").click()
        if not done:
            expect(self.dqx("blind-asked")).to_be_visible(timeout=PATIENCE)

    def left(self) -> int:
        return int(self.dqx("blind-word").inner_text().split(": ")[1].split()[0])

    def answer(self, key: str) -> None:
        """Answer by a key; returns when the next question is there."""
        expect(self.dqx("blind")).to_be_focused(timeout=PATIENCE)
        before = self.dqx("blind-word").inner_text()
        self.page.keyboard.press(key)
        expect(self.dqx("blind-word")).not_to_have_text(before, timeout=PATIENCE)

    def texts(self) -> str:
        """All that can be read on the page now."""
        return str(self.frame.locator(".dqx-explorer").inner_text())


@pytest.fixture
def sit_down(browser: Browser) -> Iterator[Callable[[explorer.Review], Blind]]:
    """Open a browser of its own on a review."""
    opened: list[Blind] = []

    def open_page(review: explorer.Review) -> Blind:
        host = PlainHost()
        opened.append(Blind(browser, host))
        opened[-1].show(host.widget(lambda: explorer.show(review)))
        return opened[-1]

    yield open_page
    for each in opened:
        assert each.errors == []
        each.context.close()
        each.host.close()


def stored(path: Path) -> tuple[Any, Any]:
    """Return votes and log as the file has them."""
    with explorer.labels.open(path, read_only=True) as store:
        assert store.verify().ok
        return store.votes(), store.log()


def test_three_raters_in_two_browsers(sit_down: Callable[[explorer.Review], Blind], tmp_path: Path) -> None:
    path = tmp_path / "s.labels.db"
    truth = pictures(N)[2]
    one, other = make(path, N, raters=False), make(path, N, raters=False, rater="bob")
    asked = one.raters.blind("ann").items
    keys = {item: str(int(truth[one.dataset.position(item)]) + 1) for item in asked}
    assert len(asked) >= 5
    ann, bob = sit_down(one), sit_down(other)
    bob.begin("bob")
    for item in asked[:-1]:
        bob.answer(keys[item])
    bob.answer("a")  # "can't tell" is no vote
    expect(bob.dqx("blind-word")).to_have_text("All is answered. Thank you.")

    # Neither the label, nor the suggestion, nor what others said is to be read; digits answer, and nothing else hears.
    ann.begin("ann")
    assert ann.left() == len(asked)
    assert ann.dqx("blind-answer").all_inner_texts() == [f"{name}{n}" for n, name in enumerate(CLASSES, 1)]
    for word in ("→", "likely wrong", "raters say", "bob", "suggest", asked[0]):
        assert word not in ann.texts(), word
    for hidden in ("card", "queue-tile", "map", "card-why"):
        assert not [each for each in ann.dqx(hidden).all() if each.is_visible()], hidden
    expect(ann.dqx("blind").locator("img")).to_be_visible()
    ann.answer("2" if keys[asked[0]] != "2" else "1")
    ann.answer("u")  # once more: that was a slip
    ann.answer(keys[asked[0]])
    for item in asked[1:3]:
        ann.answer(keys[item])
    picture = "() => document.querySelector('[data-dqx=blind] img').naturalWidth"
    assert ann.frame.evaluate(picture) > 0
    left = ann.left()
    assert left == len(asked) - 3

    # The page is loaded again: the queue goes on where it was, with its answers kept.
    ann.show(ann.host.widget(lambda: explorer.show(one)))
    ann.begin("ann")
    assert ann.left() == left
    votes, log = stored(path)
    assert votes[votes.rater == "ann"].item.tolist() == sorted(asked[:3], key=one.dataset.position)
    assert len(log) == 0, "no label was touched"
    for item in asked[3:]:
        ann.answer(keys[item])

    # The third one, at the same browser. All have three votes but the last, of which the votes say nothing.
    ann.begin("eve")
    assert ann.left() == len(asked)
    for item in asked:
        ann.answer(keys[item])
    votes, log = stored(path)
    assert votes.groupby("rater").size().to_dict() == {"ann": len(asked), "bob": len(asked) - 1, "eve": len(asked)}
    assert len(log) == 0

    # What would change is said before; then it is written, and the store has the rule and the votes.
    wrong = sum(CLASSES[int(key) - 1] != one.dataset.classes[one.state.given[one.dataset.position(item)]]
                for item, key in list(keys.items())[:-1])  # fmt: skip
    expect(ann.dqx("resolve-word")).to_contain_text(f"{wrong} labels would change", timeout=PATIENCE)
    expect(ann.dqx("resolve-word")).to_contain_text("1 item with fewer than 3 votes would stay open")
    assert sum(int(row[2]) for row in ann.rows("resolve-changes")) == wrong
    ann.dqx("resolve-rule").select_option("unanimous")
    expect(ann.dqx("resolve-word")).to_contain_text("By all votes of an item alike", timeout=PATIENCE)
    expect(ann.dqx("resolve-go")).to_have_text(f"Decide on {len(asked) - 1} items")
    ann.dqx("resolve-go").click()
    expect(ann.dqx("resolve-word")).to_contain_text(f"{wrong} labels changed", timeout=PATIENCE)
    _, log = stored(path)
    assert len(log) == len(asked) - 1
    assert set(log.item) == set(asked[:-1])
    with explorer.labels.open(path, read_only=True) as store:
        messages = [str(m) for m in store.commits()["message"]]
        assert sum("resolved by the rule 'unanimous' from at least 3 votes an item" in m for m in messages) == 1, (
            messages
        )
        now = store.as_of("head")
    assert all(now[item] == CLASSES[int(keys[item]) - 1] for item in asked[:-1])
    for each in (one, other):
        each.close()


def test_five_votes_by_choice(sit_down: Callable[[explorer.Review], Blind], tmp_path: Path) -> None:
    path = tmp_path / "s.labels.db"
    review = make(path, N, raters=False)
    page = sit_down(review)
    asked = review.raters.blind("x", mode="choice", votes=5).items
    given = [review.classes[review.state.given[review.dataset.position(item)]] for item in asked]
    combined = review.results.combined
    assert combined is not None
    suggested = [review.classes[combined.suggested[review.dataset.position(item)]] for item in asked]

    def key_of(rater: str, n: int) -> str:
        """Let the first get its suggestion, the second keep its label, both fit the third and none the fourth."""
        wish = ("suggested", "given", "both", "neither")[n] if n < 4 else "suggested"
        if n < 4 and rater == "r4":
            wish = "given" if wish != "given" else "both"
        if wish in {"both", "neither"}:
            return "3" if wish == "both" else "4"
        options = review.raters.blind(rater, mode="choice", votes=5).question(review.dataset.position(asked[n])).options
        return str(1 + options.index({"given": given, "suggested": suggested}[wish][n]))

    for rater in ("r0", "r1", "r2"):
        queue = review.raters.blind(rater, mode="choice", votes=5)
        for n, item in enumerate(asked):
            queue.answer(item, ("first", "second", "both", "neither")[int(key_of(rater, n)) - 1])
    for rater in ("r3", "r4"):
        page.begin(rater, "choice")
        assert page.dqx("blind-votes").input_value() == "5"
        expect(page.dqx("blind-hide")).to_be_hidden()
        for n in range(len(asked)):
            if rater == "r3" and n == 0:
                texts = page.dqx("blind-answer").all_inner_texts()
                assert {text[:-1].strip() for text in texts[:2]} == {given[0], suggested[0]}
                assert [text[:-1].strip() for text in texts[2:]] == ["both fit", "neither fits"]
            page.answer(key_of(rater, n))
    expect(page.dqx("resolve-votes")).to_have_value("5")
    expect(page.dqx("resolve-word")).to_contain_text("1 would fit several classes, 1 none", timeout=PATIENCE)
    page.dqx("resolve-go").click()
    expect(page.dqx("resolve-word")).to_contain_text("1 fit several classes, 1 none", timeout=PATIENCE)
    table = review.issues.loc[asked[:4]]
    assert table["label"].iloc[0] == suggested[0]
    assert table["state"].tolist()[1:] == ["kept", "flagged", "flagged"]
    with explorer.labels.open(path, read_only=True) as store:
        messages = [str(m) for m in store.commits()["message"]]
        assert sum("resolved by the rule 'majority'" in m for m in messages) == 1, messages
    review.close()


def test_in_jupyterlab(lab: Callable[..., Lab], folder: Path, shot: Any) -> None:
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(CODE.strip())]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python), folder / "opinions.ipynb")
    page = lab()
    page.page.set_viewport_size({"width": 1440, "height": 900})
    page.open("opinions.ipynb")
    page.run_all()
    page.shown()
    shot(page, "raters-card-light")
    page.details("raters")
    expect(page.dqx("raters-table").locator("tbody tr")).to_have_count(2, timeout=PATIENCE)
    page.dqx("rater-open").first.click()
    expect(page.dqx("rater-matrix").locator("tbody tr")).to_have_count(10, timeout=PATIENCE)
    shot(page, "raters-details-light")
    cells_before = page.cells()

    page.details("blind")
    page.dqx("blind-begin").click()
    expect(page.dqx("blind")).to_be_focused(timeout=PATIENCE)
    word = page.dqx("blind-word")
    before = word.inner_text()
    shot(page, "blind-light")
    page.page.keyboard.press("3")
    expect(word).not_to_have_text(before, timeout=PATIENCE)
    now = word.inner_text()
    page.theme("Dark")
    shot(page, "blind-dark")
    page.theme("Light")  # JupyterLab remembers
    assert page.cells() == cells_before, "the notebook heard nothing of it"

    # Another page on the same kernel goes on where that one was.
    page.save()
    page.page.reload()
    page.ready()
    expect(page.dqx("card").first).to_be_visible(timeout=PATIENCE)
    page.details("blind")
    page.dqx("blind-begin").click()
    expect(word).to_have_text(now, timeout=PATIENCE)
    page.dqx("blind-stop").click()
    expect(page.dqx("resolve-word").first).to_contain_text("No item has 3 votes of people yet", timeout=PATIENCE)
    assert not page.outside, "nothing is loaded from outside"
