"""Facts of the whole as a widget asks for them: every line names items that exist, in the number that it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from panels_help import Page

import explorer
from explorer.errors import DataError, UnknownName
from explorer.panels import show
from explorer.panels.handlers.facts import WHOLE_FIRST
from explorer.reports.facts import TITLES
from explorer.review.review import Review

N = 800


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    """Eight hundred vectors of which many cats are called dog and none the other way round, sorted by class."""
    rng = np.random.default_rng(1)
    truth = np.sort(rng.integers(0, 3, N))
    x = (np.eye(6)[truth] * 4 + rng.normal(size=(N, 6))).astype(np.float32)
    given = np.array(["cat", "dog", "owl"], dtype=object)[truth]
    given[rng.choice(np.flatnonzero(truth == 0), 50, replace=False)] = "dog"
    given[N - 4 :] = "<b>yak"
    x[400] = x[401] + 1e-6
    made = Review(
        explorer.read(x, label=given, key=[f"k{i:03d}" for i in range(N)]),
        tmp_path_factory.mktemp("facts") / "f.labels.db",
        k=20,
        rater="ann",
    )
    yield made.wait("score", progress=False)
    made.close()


@pytest.fixture
def page(review: Review) -> Page:
    return Page(review)


def test_every_fact_opens_as_many_items_as_it_says(page: Page) -> None:
    found = page.call("facts")
    names = [fact["name"] for fact in found]
    spoilt = [name for name in WHOLE_FIRST if found[names.index(name)]["opens"]]
    assert names == spoilt + [name for name in TITLES if name not in spoilt]
    opened = 0
    for fact in found:
        assert fact["known"]
        assert fact["sentence"].endswith(".")
        lines = [fact, *fact["rows"]]
        assert all(len(row["cells"]) == len(fact["columns"]) for row in fact["rows"])
        for opens in filter(None, (line["opens"] for line in lines)):
            if "pair" in opens:
                continue
            items = page.array(page.call("fact_items", fact=fact["name"], of=opens["of"])["items"])
            assert len(items) == len(set(items.tolist())) == opens["n"]
            assert items.min() >= 0
            assert items.max() < N
            opened += 1
    assert opened > len(TITLES)


def test_labels_that_raters_dispute_are_told_by_class_and_opened(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    votes = {who: ["<b>cat"] * 5 + ["dog"] * 5 + [None] * 30 for who in ("ann", "bob")}
    read = explorer.read(x, label=["<b>cat", "dog"] * 20, raters=votes)
    with closing(Review(read, tmp_path / "r.labels.db", k=5)) as made:
        page = Page(made.wait("score", progress=False))
        fact = next(fact for fact in page.call("facts") if fact["name"] == "raters")
        assert fact["columns"] == ["class", "items voted on", "disputed", "share"]
        assert sorted(row["cells"] for row in fact["rows"]) == [["<b>cat", "5", "2", "40 %"], ["dog", "5", "2", "40 %"]]
        opened = page.array(page.call("fact_items", fact="raters", of=["dog"])["items"])
        assert sorted(opened.tolist()) == [1, 3]
        assert fact["opens"]["n"] == 4


def test_a_pair_is_counted_as_the_queue_counts_it(page: Page, review: Review) -> None:
    leaning = next(fact for fact in page.call("facts") if fact["name"] == "leaning")
    row = next(row for row in leaning["rows"] if row["cells"][0] == "dog → cat")
    assert row["opens"]["pair"] == [review.classes.index("dog"), review.classes.index("cat")]
    issues = review.issues
    pair = issues[issues.is_label_issue & issues.given_label.eq("dog") & issues.suggested_label.eq("cat")]
    assert row["opens"]["n"] == len(pair) > 0


def test_scopes_have_the_items_of_their_facts(page: Page, review: Review) -> None:
    for fact in page.call("facts"):
        if fact["opens"] and "scope" in fact["opens"]:
            assert fact["opens"]["n"] == len(review.queue_of(fact["opens"]["scope"], decided=True)), fact["name"]


def test_a_part_that_is_gone_is_refused(page: Page) -> None:
    with pytest.raises(DataError, match="no part 'emu'"):
        page.call("fact_items", fact="imbalance", of=["emu"])
    with pytest.raises(UnknownName, match="no fact 'joints'"):
        page.call("fact_items", fact="joints", of=[])


def test_what_is_not_computed_says_what_it_needs(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    review = Review(explorer.read(x, label=["only"] * 40), tmp_path / "s.labels.db", k=5, start=False)
    with pytest.raises(DataError, match="no scores yet"):
        Page(review).call("facts")
    review.wait("score", progress=False)
    joint = next(fact for fact in Page(review).call("facts") if fact["name"] == "joint")
    assert joint["known"] is False
    assert joint["sentence"].startswith("Not computed: it needs ")
    assert joint["rows"] == []
    review.close()


def test_label_pairs_are_shown_by_the_name_of_their_tab(review: Review) -> None:
    assert show(review, "label pairs") is show(review, "Pairs") is show(review, "charts")
    assert show(review, "details") is not show(review, "charts")
    with pytest.raises(UnknownName, match="no panel 'chart'"):
        show(review, "chart")


def test_the_store_says_its_files_and_what_made_the_results(page: Page, review: Review) -> None:
    review.audit(1)
    said = page.call("store")
    files = {file["name"]: file for file in said["files"]}
    assert files["f.labels.db"]["about"] == "every label, and its whole history"
    assert files["f.labels.db"]["bytes"] > 0
    assert any(name.endswith(".sample.npz") for name in files)
    assert (said["branch"], said["rater"], said["temporary"]) == ("main", "ann", False)
    assert {"python", "numpy"} <= set(said["versions"])
    assert said["options"]["seed"] == "0"
