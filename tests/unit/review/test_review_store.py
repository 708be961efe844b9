"""A review and its versioned store: branches, classes that change, other people, a server, exports of a version."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer import export
from explorer import labels as label_store
from explorer.errors import UnknownName
from explorer.labels import StoreError
from explorer.review.events import CellsChanged, Event, LabelsReset, VersionsMoved
from explorer.review.review import Review

KEYS = [f"k{n}" for n in range(12)]


def dataset(labels: list[Any] | None = None, seed: int = 0) -> explorer.Dataset:
    vectors = np.random.default_rng(seed).normal(size=(12, 3)).astype(np.float32)
    return explorer.read(vectors, label=labels or [3, 5, 8] * 4, key=KEYS)


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    made = Review(dataset(), tmp_path / "s.labels.db", rater="ann", start=False)
    yield made
    made.close()


def heard(review: Review) -> list[type[Event]]:
    events: list[type[Event]] = []
    review.events.subscribe(Event, lambda event: events.append(type(event)))
    return events


def test_another_branch_shows_its_own_labels(review: Review) -> None:
    review.relabel("k0", 5)
    review.labels.switch("try", create=True)
    events = heard(review)
    review.relabel("k1", 8)
    assert review.labels.current_branch == "try"
    assert "on branch 'try'" in repr(review)
    review.labels.switch("main")
    assert events == [CellsChanged, LabelsReset, VersionsMoved]
    assert review.corrected().tolist()[:3] == [5, 5, 8]
    assert review.counts()["reviewed"] == 1
    assert review.state.event_of(1) == review.state.base_event
    review.labels.merge("try")
    assert review.corrected().tolist()[:3] == [5, 8, 8]
    assert review.counts()["reviewed"] == 2


def test_whatever_is_done_through_the_store_is_in_the_review(review: Review) -> None:
    first = review.relabel(["k0", "k3"], 8)
    assert first is not None
    back = review.labels.revert(first.id, items=["k0"])
    assert review.corrected().tolist()[:4] == [3, 5, 8, 8]
    review.labels.revert(back.id)
    assert review.state.codes[0] == 2
    review.labels.add_class("9")
    assert review.classes == ("3", "5", "8", "9")
    review.relabel("k0", 9)
    assert review.corrected().tolist()[0] == 9


def test_a_renamed_class_keeps_its_code_and_the_users_own_value(review: Review, tmp_path: Path) -> None:
    review.relabel("k0", 8)
    review.labels.rename_class("8", "eight")
    assert review.classes == ("3", "5", "eight")
    assert review.state.codes.tolist() == [2, 1, 2] + [0, 1, 2] * 3
    assert review.corrected().tolist()[:3] == [8, 5, 8], "the user's data calls it 8"
    assert review.corrected().dtype.kind == "i"
    out = pd.read_csv(review.export(tmp_path / "out.csv"), dtype=str)
    assert out["corrected_label"].tolist()[:3] == ["eight", "5", "eight"], "the store calls it eight"
    with pytest.raises(UnknownName):
        review.relabel("k1", "8")
    review.relabel("k1", "eight")
    again = Review(dataset(), tmp_path / "s.labels.db", rater="bob", start=False)
    assert again.binding_note == "", "the dataset under its own names is the same dataset"
    assert again.classes == review.classes
    assert again.corrected().tolist() == review.corrected().tolist()


def test_a_class_merged_into_another_reads_as_that_one(review: Review) -> None:
    review.relabel("k0", 8)
    review.labels.merge_classes("8", "3")
    assert review.state.codes.tolist() == [0, 1, 0] + [0, 1, 0] * 3
    assert review.state.given.tolist() == [0, 1, 0] * 4
    assert review.corrected().tolist()[:3] == [3, 5, 3], "also rows that nobody has decided on"
    review.keep("k2")
    assert review.labels.get("k2").value == "3"
    assert review.labels.get("k2").state == "kept"
    with pytest.raises(UnknownName):
        review.relabel("k1", "8")


def test_a_split_class_stays_until_somebody_decides(review: Review) -> None:
    review.labels.split_class("8", into=["8a", "8b"])
    assert review.classes == ("3", "5", "8", "8a", "8b")
    assert review.corrected().tolist()[:3] == [3, 5, 8]
    review.relabel("k2", "8b")
    assert review.labels.get("k2").value == "8b"
    assert set(review.labels.to_split()["item"]) == {"k5", "k8", "k11"}


def test_codes_keep_their_meaning_over_branches_with_other_classes(review: Review) -> None:
    review.labels.switch("one", create=True)
    review.relabel("k0", "x", new_class=True)
    review.labels.switch("main")
    review.labels.switch("two", create=True)
    review.relabel("k0", "y", new_class=True)
    assert review.classes[3:] == ("x", "y")
    assert review.state.codes[0] == 4
    review.labels.switch("one")
    assert review.classes[review.state.codes[0]] == "x"
    with pytest.raises(UnknownName, match="no class 'y'"):
        review.relabel("k1", "y")


def test_what_another_process_did_is_taken_up_item_by_item(review: Review) -> None:
    events = heard(review)
    code = (
        "import sys; from explorer import labels\n"
        "with labels.open(sys.argv[1], rater='bob') as s:\n"
        "    s.set('k1', '3'); s.undo(); s.set('k2', '3'); s.tag('v1')\n"
    )
    subprocess.run([sys.executable, "-c", code, review.labels.path], check=True)
    review.sync.look()
    assert events == [CellsChanged, VersionsMoved]
    assert review.corrected().tolist()[:3] == [3, 5, 3]
    assert review.state.event_of(1) != review.state.base_event, "it was decided on, and taken back"
    with label_store.open(review.labels.path, rater="bob") as other:
        other.rename_class("5", "five")
    review.sync.look()
    assert events[2:] == [LabelsReset]
    assert review.classes == ("3", "five", "8")


def test_what_could_not_be_read_is_read_at_the_next_look(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    with label_store.open(review.labels.path, rater="bob") as other:
        other.set("k2", "3")

    def away(**_: Any) -> Any:
        raise StoreError("The server is away.")

    with monkeypatch.context() as patch:
        patch.setattr(review.labels, "head_cells", away)
        with pytest.raises(StoreError, match="away"):
            review.sync.look()
    review.sync.look()
    assert review.corrected().tolist()[2] == 3


def test_own_edits_are_told_once_whoever_listens_to_the_store(review: Review) -> None:
    events = heard(review)
    review.relabel("k0", 5)
    review.keep("k1")
    review.undo()
    assert events == [CellsChanged] * 3
    review.sync.look()
    assert events == [CellsChanged] * 3


def test_a_closed_review_hears_no_more_of_a_store_that_goes_on(tmp_path: Path) -> None:
    with label_store.open(tmp_path / "s.labels.db", rater="ann") as store:
        review = Review(dataset(), store, start=False)
        events = heard(review)
        review.sync.close()
        store.set("k0", "5")
        assert events == []


def test_two_threads_through_two_doors_end_alike(review: Review) -> None:
    def beside() -> None:
        for n in range(20):
            review.labels.set("k1", ["3", "8"][n % 2])

    other = threading.Thread(target=beside)
    other.start()
    for n in range(20):
        review.relabel("k0", [5, 8][n % 2])
    other.join()
    review.sync.catch_up()
    assert len(review.labels.log()) == 40
    assert review.corrected().tolist()[:2] == [8, 8]


def test_a_reason_may_go_with_every_decision(review: Review) -> None:
    review.relabel("k0", 5, reason="wrong")
    review.keep("k1", reason="ambiguous", why="could be 8")
    review.edit("clear", ["k0"], reason="duplicate")
    assert review.labels.log()["reason"].tolist() == ["duplicate", "ambiguous", "wrong"]
    with pytest.raises(UnknownName, match="mean 'wrong'"):
        review.relabel("k2", 5, reason="wrnog")


def test_changed_content_is_refused_unless_it_is_meant(review: Review) -> None:
    review.relabel("k0", 5)
    with pytest.raises(StoreError):
        Review(dataset(seed=1), review.labels.path, start=False)
    changed = Review(dataset(seed=1), review.labels.path, start=False, allow_changed=True)
    assert changed.binding.stale == ["k0"]
    assert "12 changed" in repr(changed)
    assert "1 stale" in changed.binding_note


def test_an_earlier_version_is_exported_as_it_was(review: Review, tmp_path: Path) -> None:
    review.relabel("k0", 5)
    review.labels.tag("v1")
    review.relabel("k0", 8)
    review.labels.rename_class("5", "five")
    now = export.read(review.export(tmp_path / "now.parquet"))
    then = export.read(review.export(tmp_path / "v1.parquet", at="v1"))
    base = export.read(review.export(tmp_path / "base.csv", at="base"))
    assert [t["corrected_label"].iloc[0] for t in (now, then, base)] == ["8", "5", "3"]
    assert then["version"].unique().tolist() == [review.labels.commit_id("v1")]
    assert base["state"].unique().tolist() == ["given"]
    with pytest.raises(UnknownName, match="'v2'"):
        review.export(tmp_path / "v2.csv", at="v2")
    assert not (tmp_path / "v2.csv").exists()


def test_an_earlier_version_has_the_items_that_it_had(review: Review, tmp_path: Path) -> None:
    review.relabel("k0", 5)
    review.labels.tag("v1")
    vectors = np.random.default_rng(0).normal(size=(13, 3)).astype(np.float32)
    vectors[:12] = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    grown = explorer.read(vectors, label=[*([3, 5, 8] * 4), 3], key=[*KEYS, "k12"])
    with Review(grown, review.labels.path, start=False).labels as _:
        pass
    review.sync.catch_up()
    assert export.read(review.export(tmp_path / "v1.csv", at="v1"))["item_id"].tolist() == KEYS


def test_a_review_on_a_server_meets_a_colleague(pg_url: str, tmp_path: Path) -> None:
    review = Review(dataset(), pg_url, start=False)
    with label_store.open(pg_url) as other:
        assert review.rater == other.rater, "on a server everybody is who they log in as"
        review.relabel("k0", 5, why="has a bar")
        assert other.get("k0").why == "has a bar"
        other.set("k1", "8")
        events = heard(review)
        review.sync.look()
        assert events == [CellsChanged]
        assert review.corrected().tolist()[:3] == [5, 8, 8]
        with pytest.raises(StoreError):
            review.rater = "somebody else"
        assert review.rater == other.rater
    assert review.store_name.startswith("postgresql://")
    assert "secret" not in review.store_name
    review.labels.tag("v1")
    assert len(export.read(review.export(tmp_path / "v1.csv", at="v1"))) == 12
    review.close()


def test_a_decision_on_an_item_that_left_the_dataset_can_be_undone(tmp_path: Path) -> None:
    path = tmp_path / "s.labels.db"
    with_it = Review(dataset(), path, rater="ann", start=False)
    with_it.relabel("k11", 3)
    with_it.close()
    vectors = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)[:11]
    without = Review(explorer.read(vectors, label=([3, 5, 8] * 4)[:11], key=KEYS[:11]), path, rater="ann", start=False)
    undone = without.undo()
    assert undone is not None
    assert [e.item for e in undone.events] == ["k11"]
    assert without.undo() is None
    without.close()


def test_two_reviews_of_one_store_may_be_written_from_two_threads(tmp_path: Path) -> None:
    with label_store.open(tmp_path / "s.labels.db", rater="ann") as store:
        reviews = [Review(dataset(), store, start=False) for _ in range(2)]

        def work(review: Review, key: str) -> None:
            for n in range(40):
                review.relabel(key, 5 if n % 2 else 8)

        threads = [
            threading.Thread(target=work, args=pair, daemon=True) for pair in zip(reviews, ("k1", "k4"), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads), "each waits for the other"
        assert len(store.log()) == 80
        assert [r.state.codes.tolist() for r in reviews] == [reviews[0].state.codes.tolist()] * 2


def test_a_write_does_not_fail_for_another_review_that_cannot_look(
    review: Review, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = Review(dataset(), review.labels, start=False)
    try:
        with monkeypatch.context() as away:

            def follow() -> None:
                raise StoreError("The server is away.", "Wait.")

            away.setattr(other.state.labels, "follow", follow)
            assert review.relabel("k0", 5) is not None
            assert "The server is away." in caplog.text
        assert other.counts()["reviewed"] == 1, "it looks again"
    finally:
        other.close()
