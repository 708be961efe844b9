"""A store file written by the first version says the same to every later one."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from explorer import labels

FIXTURE = Path(__file__).parents[2] / "fixtures" / "store_v1.labels.db"
HEAD = "c92192a9fa979b609e516f08d3eb28e5fdb6a066cb51bdf533c649a30590ecbe"
SNAPSHOT = "c03f9302032ea6170cb4add112848ad8417a0b1ff8327a041ed7aca392916650"
FIRST = "9a21e5f32abbe4d575c1ad5bd23ff6bfcb48c869b10554710e6eeb36ed0dcd75"


@pytest.fixture(params=["in place, read-only", "a copy"])
def store(request, tmp_path):
    if request.param == "a copy":
        path, read_only = shutil.copy(FIXTURE, tmp_path), False
    else:
        path, read_only = FIXTURE, True
    with labels.open(path, rater="zoe", read_only=read_only) as store:
        yield store


def missing(values):
    return [None if v != v else v for v in values]


def test_its_identity(store):
    assert (store.head, store.snapshot) == (HEAD, SNAPSHOT)
    assert store.id == "9437fa77ce73482eb6bb283042d6386d"
    assert store.classes() == ["cat", "dog", "emu", "fox"]
    assert store.verify() == labels.Verification(True, 11, 10)


def test_its_cells(store):
    cells = store.cells()
    assert cells.index.tolist() == ["i1", "i2", "i3", "i4", "i5", "i6", "i7", "i9"]
    assert missing(cells["value"]) == ["dog", "cat", "dog", "dog", "emu", "emu", "fox", "emu"]
    assert missing(cells["given"]) == ["cat", "emu", "dog", "dog", "emu", None, "cat", "emu"]
    assert cells["state"].tolist() == [
        "relabelled", "conflict", "flagged", "stale", "given", "relabelled", "relabelled", "given",
    ]  # fmt: skip
    one = store.get("i1")
    assert one == labels.Cell(
        item="i1",
        value="dog",
        event="9c1ce16b208ff4f874e9de486a8e0ce7cb9765915266dcbd751461a616598d20",
        op="set",
        rater="ann",
        time=dt.datetime(2026, 1, 2, 3, 5, 5, tzinfo=dt.UTC),
        why="it barks",
        reason="wrong",
        state="relabelled",
        given="cat",
        recorded="dog",
        evidence={"p_error": 0.875, "score": 0.25, "name": "neighbours", "model": "tfidf"},
    )
    assert store.get("i4").recorded == "cat"


def test_its_log(store):
    log = store.log()
    assert log["item"].tolist() == ["i5", "i8", "i8", "i7", "i6", "i5", "i4", "i3", "i2", "i1"]
    assert log["op"].tolist() == ["clear", "clear", "set", "set", "set", "set", "set", "flag", "keep", "set"]
    assert missing(log["old"]) == [None, "emu", "cat", "cat", None, "emu", "dog", "dog", "cat", "cat"]
    assert missing(log["new"]) == ["emu", "cat", "emu", "fox", "emu", None, "cat", "dog", "cat", "dog"]
    assert log["rater"].tolist() == ["ann"] * 4 + ["prober"] * 3 + ["ann"] * 3
    assert log["why"].tolist() == [""] * 7 + ["cat or dog – «both»?", "sure", "it barks"]
    assert log["reason"].tolist() == [""] * 7 + ["ambiguous", "", "wrong"]
    assert log["kind"].tolist() == ["edit", "revert", "edit", "edit", "bulk", "bulk", "bulk", "edit", "keep", "edit"]
    assert missing(log["p_error"]) == [None] * 6 + [0.5] + [None] * 2 + [0.875]
    assert log["time"].iloc[-1] == dt.datetime(2026, 1, 2, 3, 5, 5, tzinfo=dt.UTC)


def test_its_earlier_versions(store):
    assert store.as_of(FIRST).dropna().to_dict() == {
        "i1": "cat", "i2": "cat", "i3": "dog", "i4": "dog", "i5": "emu", "i7": "cat", "i8": "cat",
    }  # fmt: skip
    assert store.as_of("reviewed").dropna().to_dict() == {
        "i1": "dog", "i2": "cat", "i3": "dog", "i4": "cat", "i6": "emu", "i7": "cat", "i8": "cat",
    }  # fmt: skip
    diff = store.diff("reviewed")
    assert diff["item"].tolist() == ["i4", "i5", "i7"]
    assert (diff.attrs["added"], diff.attrs["removed"]) == (1, 1)


def test_it_goes_on(store):
    if store.working_copy.backend.read_only:
        pytest.skip("the fixture itself is never written to")
    store.set("i9", "cat")
    assert store.undo(2).kind == "revert"
    assert store.get("i5").value is None
    assert store.verify().ok
