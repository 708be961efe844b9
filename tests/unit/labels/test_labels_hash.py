"""Ids are hashes that anybody can recompute."""

import hashlib

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from labels_help import clock, opened

from explorer import labels
from explorer.errors import DataError
from explorer.labels.model.hashing import canonical

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(1e-7, 1e-3)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_the_fast_encoder_writes_what_rfc_8785_asks_for(value):
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [1e-6, 1e-4, 0.1, 1.0, -0.0, 1e15, 123456789012345.6, 1e21, 5e-324, "\x7f\x1f\u2028é"]
)
def test_numbers_and_text_at_the_edges(value):
    assert canonical({"x": value}) == rfc8785.dumps({"x": value})


@pytest.mark.parametrize("value", [float("nan"), 2**53, "\ud800", {"\ud800": 1}])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(DataError, match="cannot be stored"):
        canonical([value])


def test_a_commit_id_is_the_hash_of_all_the_rest(tmp_path):
    with opened(tmp_path / "x.labels.db", clock=clock()) as store:
        parent = store.head
        commit = store.set("a", "dog", why="é", evidence={"p_error": 0.5}, op_id="op")
    event = commit.events[0]
    said = {
        "op_id": "op", "order": 0, "item": "a", "content_hash": "hash of a", "field": "label", "rater": "person:ann",
        "op": "set", "previous": None, "old": {"class": "cat"}, "new": {"class": "dog"}, "reason": "", "note": "é",
        "evidence": {"p_error": 0.5}, "undoes": None, "restores": None,
    }  # fmt: skip
    assert event.id == hashlib.sha256(rfc8785.dumps(said)).hexdigest()
    rest = {
        "parent": parent, "merge_parent": None, "branch": "main", "position": 1, "rater": "person:ann",
        "time": "2026-01-02T03:05:05.000000Z", "message": "", "kind": "edit", "schema": commit.schema,
        "snapshot": commit.snapshot, "root": hashlib.sha256(rfc8785.dumps([event.id])).hexdigest(), "tool": commit.tool,
    }  # fmt: skip
    assert commit.id == hashlib.sha256(rfc8785.dumps(rest)).hexdigest()
    rows = [[i, f"hash of {i}", "cat"] for i in "abcd"]
    assert commit.snapshot == hashlib.sha256(rfc8785.dumps(rows)).hexdigest()


def test_huge_whole_numbers_in_evidence_do_not_break_the_hashes(tmp_path):
    with opened(tmp_path / "x.labels.db") as store:
        store.set("a", "dog", evidence={"score": 1e16, "count": 2**60, "low": -(2.0**53)})
    with labels.open(tmp_path / "x.labels.db") as store:
        assert store.verify().ok
        assert store.get("a").evidence == {"score": "1e+16", "count": str(2**60), "low": "-9007199254740992.0"}
