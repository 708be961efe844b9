"""Where a random sample is kept, and what several reviews, copies of a store and moved stores make of it."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from planted_help import Planted
from sample_help import N, Opened, asked, digits, files, opening

import explorer
from explorer import Review, labels
from explorer.review.events import Event, ScoresChanged
from explorer.review.sample import location


@pytest.fixture
def opened(planted: Planted, tmp_path: Path) -> Iterator[Opened]:
    yield from opening(planted, tmp_path)


# Several reviews


def test_what_one_review_has_asked_about_is_not_lost_to_another(opened: Opened) -> None:
    one, two = opened(), opened()
    first = one.audit(6)
    # What is left open comes again, in whichever review.
    assert two.audit(3) == first[:3]
    more = two.audit(12)
    assert asked(two) == set(first) | set(more)
    assert asked(one) == asked(two)
    drawn = {str(one.dataset.item_ids[i]) for i in one.sample.draws()}
    assert not drawn & asked(two), "the queue of one does not ask about what the audit of the other asks about"
    one.close()
    two.close()
    assert asked(opened()) == set(first) | set(more)


def test_what_another_process_has_asked_about_is_not_lost(opened: Opened, planted: Planted, tmp_path: Path) -> None:
    review = opened()
    np.savez(tmp_path / "digits.npz", vectors=planted.images[:N].reshape(N, -1), labels=planted.labels[:N])
    script = f"""
import numpy as np
import explorer
found = np.load({str(tmp_path / "digits.npz")!r})
keys = {planted.keys[:N]!r}
dataset = explorer.read(found["vectors"].astype(np.float32), label=found["labels"], key=keys)
review = explorer.Review(dataset, {str(tmp_path / "s.labels.db")!r}, rater="bob", k=10).wait("score", progress=False)
for item in review.audit(8)[:4]:
    review.keep(item)
print(*(review.dataset.item_ids[i] for i in review.sample.asked()))
review.close()
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    elsewhere = set(run.stdout.split())
    assert len(elsewhere) >= 8
    review.sync.catch_up()
    open_ = [item for item in review.audit(10) if item in elsewhere]
    assert len(open_) == len(elsewhere) - 4
    assert elsewhere < asked(review)
    review.close()
    assert asked(opened()) >= elsewhere


def test_many_audits_at_once_lose_nothing(opened: Opened) -> None:
    reviews = [opened(), opened()]
    found: list[str] = []
    errors: list[Exception] = []

    def work(review: Review) -> None:
        try:
            for _ in range(8):
                items = review.audit(1, wait=False)
                found.extend(items)
                review.keep(items)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(review,)) for review in reviews]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    for review in reviews:
        review.close()
    again = opened()
    assert asked(again) >= set(found)
    assert again.left().unreviewed == N - len(set(found))


def test_a_new_sample_of_one_review_is_taken_over_by_the_others(opened: Opened) -> None:
    one, two = opened(), opened()
    old = two.audit(5)
    two.keep(old)
    one.new_sample()
    since = one.sample_since
    told: list[Event] = []
    two.events.subscribe(Event, told.append)
    assert two.sample_since == since
    assert told == []
    two.sample.look()
    assert [type(event) for event in told] == [ScoresChanged], "whoever shows its draws asks anew"
    two.sample.look()
    assert len(told) == 1
    assert len(two.sample.asked()) == 0
    first = one.audit(4)
    assert two.audit(4) == first
    more = two.audit(9)
    assert one.sample.asked().tolist() == two.sample.asked().tolist()
    # The other way round, and without a look in between.
    two.new_sample()
    assert one.audit(3) != first[:3]
    assert one.sample_since == two.sample_since > since
    one.close()
    two.close()
    again = opened()
    assert again.sample_since > since
    assert asked(again) != set(first) | set(more)


def test_a_sample_that_somebody_was_asked_about_is_not_begun_anew(opened: Opened) -> None:
    one, two = opened(), opened()
    since = one.sample_since
    assert two.sample_since == since
    first = one.audit(5)
    two.rerun()  # by what this review has seen nothing hangs on the sample
    two.wait("score", progress=False)
    assert two.sample_since == since
    assert asked(two) == asked(one) >= set(first)


def test_one_that_is_damaged_while_it_is_open_is_written_anew(
    opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    review = opened()
    since, first = review.sample_since, review.audit(5)
    (path,) = files(tmp_path)
    path.write_bytes(b"something else")
    with caplog.at_level(logging.WARNING, "explorer"):
        more = review.audit(9)
    assert "is damaged" in caplog.text
    assert path.with_name(f"{path.name}.refused-1").read_bytes() == b"something else"
    review.close()
    again = opened()
    assert (again.sample_since, asked(again)) == (since, set(first) | set(more))


def test_one_of_other_given_labels_is_not_written_over(opened: Opened, planted: Planted) -> None:
    one = opened()
    one.audit(5)
    given = planted.labels.copy()
    at = next(i for i in range(N) if i not in set(one.sample.asked().tolist()))
    given[at] = (given[at] + 1) % 10
    two = opened(given)
    since, first = two.sample_since, two.audit(4)
    one.audit(7)
    one.close()
    two.close()
    again = opened(given)
    assert again.sample_since == since
    assert asked(again) >= set(first)


def test_a_store_that_is_busy_costs_the_file_and_not_the_audit(
    opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = labels.open(tmp_path / "s.labels.db", "ann", timeout=0.2)
    review = opened(store=store)
    other = sqlite3.connect(tmp_path / "s.labels.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with caplog.at_level(logging.WARNING, "explorer"):
        first = review.audit(5)
    other.execute("ROLLBACK")
    other.close()
    assert len(first) == 5
    assert "cannot be kept in" in caplog.text
    more = review.audit(6)
    assert more[:5] == first
    review.close()
    assert asked(opened()) >= set(more), "and it is made up for"


# The cache, rights, and time


def test_what_becomes_of_the_cache_is_no_matter(opened: Opened, tmp_path: Path, own_cache: Path) -> None:
    review = opened(cache=str(tmp_path / "one"))
    since, items = review.sample_since, review.audit(5)
    review.close()
    for cache in (False, True, str(tmp_path / "two")):
        shutil.rmtree(own_cache, ignore_errors=True)
        again = opened(cache=cache)
        assert (again.sample_since, asked(again)) == (since, set(items))
        items = again.audit(len(items) + 2)
        again.close()
    assert not (tmp_path / "one" / "samples").exists()


def test_a_store_on_a_server_has_its_sample_in_the_default_folder(
    opened: Opened, own_cache: Path, tmp_path: Path, pg_url: str
) -> None:
    before = set((own_cache / "samples").glob("*.npz"))
    login = {"store": pg_url, "rater": None}
    one, two = opened(**login, cache=str(tmp_path / "cache")), opened(**login, cache=False)
    first = one.audit(5)
    more = two.audit(8)
    assert asked(one) == set(first) | set(more)
    (path,) = set((own_cache / "samples").glob("*.npz")) - before
    since = one.sample_since
    one.new_sample()
    assert two.sample_since == one.sample_since > since
    assert path.is_file()


@pytest.mark.parametrize("torn", [0, 5])
def test_a_note_that_a_crash_left_torn_is_written_anew(
    opened: Opened, tmp_path: Path, own_cache: Path, torn: int
) -> None:
    before = set((own_cache / "samples").glob("*.at"))
    review = opened()
    (note,) = set((own_cache / "samples").glob("*.at")) - before
    note.write_bytes(note.read_bytes()[:torn])
    first = review.audit(5)
    assert note.read_text() == str(files(tmp_path)[0])
    review.close()
    (tmp_path / "elsewhere").mkdir()
    copied = shutil.copy(tmp_path / "s.labels.db", tmp_path / "elsewhere" / "s.labels.db")
    assert asked(opened(store=copied)) == set(first)


def test_what_a_writer_that_was_killed_left_goes(opened: Opened, planted: Planted, tmp_path: Path) -> None:
    np.savez(tmp_path / "digits.npz", vectors=planted.images[:N].reshape(N, -1), labels=planted.labels[:N])
    opened().close()
    whole = set(tmp_path.iterdir())
    script = f"""
import os
import numpy as np
import explorer
found = np.load({str(tmp_path / "digits.npz")!r})
keys = {planted.keys[:N]!r}
dataset = explorer.read(found["vectors"].astype(np.float32), label=found["labels"], key=keys)
review = explorer.Review(dataset, {str(tmp_path / "s.labels.db")!r}, rater="bob", k=10).wait("score", progress=False)
os.fsync = lambda handle: os._exit(9)
review.audit(5)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 9, run.stderr
    left = set(tmp_path.iterdir()) - whole
    assert len(left) == 1, "it was killed while it wrote"
    review = opened()
    assert asked(review) == set()
    first = review.audit(5)
    assert set(tmp_path.iterdir()) == whole
    review.close()
    assert asked(opened()) == set(first)


@pytest.mark.skipif(os.name == "nt", reason="no such rights there")
def test_whoever_may_write_the_store_may_write_the_sample(opened: Opened, tmp_path: Path) -> None:
    review = opened()
    for mode in (0o664, 0o600):
        (tmp_path / "s.labels.db").chmod(mode)
        review.new_sample()
        (path,) = files(tmp_path)
        assert path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("spoilt", [False, True])
def test_a_review_that_only_reads_writes_nothing(
    opened: Opened, tmp_path: Path, own_cache: Path, caplog: pytest.LogCaptureFixture, spoilt: bool
) -> None:
    opened().close()
    (path,) = files(tmp_path)
    if spoilt:
        path.write_bytes(b"spoilt")
    else:
        path.unlink()
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    notes = set((own_cache / "samples").iterdir())
    with caplog.at_level(logging.WARNING, "explorer"):
        review = opened(store=labels.open(tmp_path / "s.labels.db", "ann", read_only=True))
    assert len(review.audit(5)) == 5
    review.new_sample()
    review.sync.look()
    review.sample.look()
    review.close()
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
    assert set((own_cache / "samples").iterdir()) == notes
    assert ("stays as it is" in caplog.text) == spoilt


def test_one_that_only_reads_goes_on_with_that_of_one_that_writes(opened: Opened, tmp_path: Path) -> None:
    review = opened()
    reader = opened(store=labels.open(tmp_path / "s.labels.db", "bob", read_only=True))
    assert reader.sample_since == review.sample_since
    first = review.audit(5)
    assert asked(reader) == set(first)
    review.new_sample()
    assert reader.sample_since == review.sample_since


def test_item_ids_are_sorted_while_nobody_waits(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = Review(digits(planted), tmp_path / "s.labels.db", rater="ann", k=10, start=False)
    free: list[bool] = []
    sort = location.ItemOrder.of

    def watched(dataset: explorer.Dataset) -> location.ItemOrder:
        got = threading.Event()

        def tried() -> None:
            with review.state.lock:
                got.set()

        other = threading.Thread(target=tried)
        other.start()
        free.append(got.wait(5))
        return sort(dataset)

    monkeypatch.setattr(location.ItemOrder, "of", watched)
    try:
        review.wait("score", progress=False)
        assert review.sample_since is not None
    finally:
        review.close()
    assert free == [True]


@pytest.mark.parametrize("wide", [True, False])
def test_items_have_one_order_and_one_hash_whatever_theirs(monkeypatch: pytest.MonkeyPatch, wide: bool) -> None:
    if wide:
        monkeypatch.setattr(location, "WIDE", 0)
    keys = ["b", "a", "ä", "\ue000", "\U0001f600", "aa", "Z", "10", "9", "d\x7f"]
    orders = [np.random.default_rng(seed).permutation(len(keys)) for seed in range(5)]
    eye = np.eye(len(keys), dtype=np.float32)
    sets = [explorer.read(eye, label=["x"] * len(keys), key=[keys[i] for i in order]) for order in orders]
    found = [location.ItemOrder.of(dataset) for dataset in sets]
    assert len({items.digest for items in found}) == 1
    assert len({items.sequence for items in found}) == len(orders)
    for order, items in zip(orders, found, strict=True):
        assert [keys[order[i]] for i in items.by_id] == sorted(keys)


# A new sample while the scores are on their way


def test_a_new_sample_while_a_label_is_judged_leaves_out_what_was_scored_otherwise(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    from explorer import detectors

    review = opened()
    item = str(review.issues.index[0])
    at = review.dataset.position(item)
    review.relabel(item, str((int(review.issues.given_label[item]) + 1) % 10))
    review.left()  # its scores are those of the other label now
    since, go_on, waiting = review.sample_since, threading.Event(), threading.Event()
    update, rerun = detectors.update, detectors.rerun

    def slow(judge: Callable[..., object]) -> Callable[..., object]:
        def judging(*args: object, **named: object) -> object:
            waiting.set()
            assert go_on.wait(60)
            return judge(*args, **named)

        return judging

    monkeypatch.setattr(detectors, "update", slow(update))
    monkeypatch.setattr(detectors, "rerun", slow(rerun))
    try:
        review.undo()
        assert waiting.wait(60)
        review.new_sample(wait=False)
        assert review.sample_since > since
        assert at not in review.sample.draws()
        left = review.left(wait=False)
        assert (left.unreviewed, left.draws, left.basis) == (N, 0, "model")
        begun = review.sample_since
    finally:
        go_on.set()
    assert review.left().unreviewed == N
    assert review.sample_since == begun, "it goes on when the scores have followed"
    assert review.issues.state[item] == "given"
    review.keep(item)
    assert review.left().unreviewed == N - 1


def test_a_new_sample_that_is_asked_for_before_there_are_scores_begins_with_them(
    opened: Opened, planted: Planted, tmp_path: Path
) -> None:
    review = opened()
    since, first = review.sample_since, review.audit(5)
    review.keep(first[0])
    review.close()
    again = Review(digits(planted), tmp_path / "s.labels.db", rater="ann", k=10, start=False)
    try:
        again.new_sample(wait=False)
        assert again.sample_since is None
        again.start()
        again.wait("score", progress=False)
        begun = again.sample_since
        assert begun > since
        assert len(again.sample.asked()) == 0
        again.audit(3)
        again.rerun()
        again.wait("score", progress=False)
        assert again.sample_since == begun, "once"
    finally:
        again.close()


def test_a_new_sample_during_a_rerun_is_not_lost(opened: Opened) -> None:
    review = opened()
    review.keep(review.audit(5))
    since = review.sample_since
    review.rerun()
    review.new_sample(wait=False)
    assert review.sample_since > since
    assert len(review.sample.asked()) == 0
    review.wait("score", progress=False)
    assert review.sample_since > since
    assert review.left().unreviewed == N - 5
    assert review.left().draws == 0
