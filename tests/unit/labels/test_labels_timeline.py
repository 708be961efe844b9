"""The history commit by commit: pages of it, filters, and the counts beside them."""

import random

import pytest
from labels_help import CLASSES, clock, opened

from explorer import labels
from explorer.labels import Edit
from explorer.labels.history.timeline import Wanted, pages, timeline

ITEMS = [f"i{n:02d}" for n in range(12)]
FILTERS = [
    Wanted(),
    Wanted(rater="bob"),
    Wanted(reason="wrong"),
    Wanted(label="dog"),
    Wanted(item="i03"),
    Wanted(item="i03", label="emu"),
    Wanted(rater="ann", reason="wrong", label="emu"),
    Wanted(rater="nobody"),
]


@pytest.fixture
def store(tmp_path):
    """A history of two raters and two branches, with undos and a tag."""
    path = tmp_path / "x.db"
    draw = random.Random(0)

    def work(store, times):
        for _ in range(times):
            some = draw.sample(ITEMS, draw.choice([1, 1, 5]))
            store.apply([Edit(i, "set", draw.choice(CLASSES), reason=draw.choice(["", "wrong"])) for i in some])
            if draw.random() < 0.2:
                store.undo()

    with opened(path, *ITEMS, clock=clock()) as store:
        work(store, 15)
        store.tag("v1")
        store.branch("exp")
        with labels.open(path, rater="bob", branch="exp", clock=clock()) as bob:
            work(bob, 10)
        work(store, 5)
        store.switch("exp")
        yield store


def matching(store, wanted):
    """The changes that match, by commit, newest first; found in the whole log."""
    log = store.log(item=wanted.item, rater=wanted.rater, reason=wanted.reason, label=wanted.label)
    return log.groupby("commit", sort=False).size().to_dict()


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_total_and_counts_are_those_of_the_log(store, wanted):
    expected = matching(store, wanted)
    if wanted == Wanted():
        expected |= {i: 0 for i in store.commits()["commit"] if i not in expected}
    for limit in (3, 1000):
        for _ in range(2):  # the second time it is counted already
            found = timeline(store, limit, wanted, first=2)
            assert found.total == len(expected)
            assert len(found.rows) == min(limit, len(expected))
            assert {r.commit.id: r.count for r in found.rows}.items() <= expected.items()
            assert all(len(r.entries) == min(2, r.count) for r in found.rows)


def test_a_total_counts_what_is_new(store):
    wanted = Wanted(label="dog")
    before = timeline(store, 5, wanted).total
    store.set("i00", "dog")
    store.set("i00", "cat")
    store.set("i00", "emu")
    assert timeline(store, 5, wanted).total == before + 2
    store.switch("main")
    assert timeline(store, 5, wanted).total == len(matching(store, wanted))


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_pages_are_the_timeline(store, wanted, size):
    found = list(pages(store, wanted, size=size))
    assert all(len(page) <= size for page in found)
    assert [row for page in found for row in page] == timeline(store, 1000, wanted).rows


def test_pages_read_as_they_are_asked_for_and_leave_out_what_comes_later(store):
    whole = [r.commit.id for r in timeline(store, 1000).rows]
    found = pages(store, size=4)
    first = next(found)
    store.keep("i00")
    rest = [row for page in found for row in page]
    assert [r.commit.id for r in [*first, *rest]] == whole


def test_a_store_without_items_has_no_pages(tmp_path):
    with labels.open(tmp_path / "x.db", rater="ann") as store:
        assert list(pages(store)) == []
        assert timeline(store, 5).total == 0
