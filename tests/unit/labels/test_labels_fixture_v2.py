"""A store of format 2 as it was first written: every later version reads the same from it."""

import shutil
from pathlib import Path

import pytest

from explorer import labels

FIXTURE = Path(__file__).parents[2] / "fixtures" / "store_v2.labels.db"


@pytest.fixture(params=[True, False], ids=["read-only", "writing"])
def store(request, tmp_path):
    path = Path(shutil.copy(FIXTURE, tmp_path / "pets.labels.db"))
    with labels.open(path, rater="zoe", read_only=request.param) as opened:
        yield opened


def test_it_reads_the_same(store):
    assert store.verify().ok
    assert store.head == "6fc538bc35021b6ce639a5d029b6105ce0575412adabe51e52d328650a683bd5"
    now, then = (store.as_of(when).astype(object) for when in ("head", "v1"))
    assert {i: v for i, v in now.items() if isinstance(v, str)} == {
        "a": "ostrich",
        "b": "cat",
        "c": "cat",
        "d": "cat",
        "e": "cat",
        "f": "dog",
        "g": "dog",
    }
    assert {i: v for i, v in then.items() if isinstance(v, str)} == {
        "a": "dog",
        "b": "cat",
        "c": "cat",
        "d": "emu",
        "f": "cat",
    }
    assert store.get("b", field="boxes").value == ({"x": 1, "y": 2, "w": 3.5, "h": 4, "class": "dog"},)
    assert set(store.branch()["name"]) == {"main", "careful"}
    assert store.tag()["name"].tolist() == ["v1"]
    assert store.blame("a").decision.rater == "bob"
    assert (len(store.log()), len(store.commits())) == (13, 14)


def test_a_retry_from_then_is_still_known(tmp_path):
    path = Path(shutil.copy(FIXTURE, tmp_path / "pets.labels.db"))
    with labels.open(path, rater="ann") as store:
        before = store.head
        assert store.set("a", "dog", op_id="click-1").id != before
        assert store.head == before
        store.set("g", "cat")
        assert store.verify().ok
