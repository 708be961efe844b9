"""Many writers on a few cells: nothing is lost, nothing is there twice, and a conflict cites what really was so."""

import os

import pytest
from stream import CLASSES, ITEMS, opened, rows
from writers import check, race

from explorer import labels

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def _raced(store, where, writers, seconds, folder, record_property):
    base = {item: store.get(item).event for item in ITEMS}
    told = race(str(where), writers, seconds, folder)
    print(told.text())
    record_property("race", told.text())
    log = store.log().iloc[::-1]
    check(told, list(zip(log["item"], log["event"], log["why"], strict=True)), base)
    assert store.verify().ok
    assert len({w["op"].split("/")[0] for w in told.writes}) == writers
    assert told.conflicts or seconds < 10
    with labels.open(where, rater=None if store.working_copy.backend.login else "ann") as again:
        assert {i: c.event for i, c in again.head_cells().items()} == {
            i: c.event for i, c in store.head_cells().items()
        }


@pytest.mark.parametrize(
    ("writers", "seconds"), [(4, 2), pytest.param(8, 60, marks=pytest.mark.soak)], ids=["few", "many"]
)
def test_writers_of_one_file(tmp_path, writers, seconds, record_property):
    path = tmp_path / "pets.labels.db"
    with opened(path) as store:
        _raced(store, path, writers, seconds, tmp_path, record_property)


@pytest.mark.parametrize(
    ("writers", "seconds"), [(6, 2), pytest.param(32, 60, marks=pytest.mark.soak)], ids=["few", "many"]
)
def test_writers_of_one_server(pg_url, tmp_path, writers, seconds, record_property):
    with labels.open(pg_url) as store:
        store.bind(rows(), CLASSES)
        _raced(store, pg_url, writers, seconds, tmp_path, record_property)
