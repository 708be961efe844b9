"""What copies of a store and moved stores make of its random sample."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from planted_help import Planted
from sample_help import Opened, asked, files, opening

from explorer import labels
from explorer.utils import files as sealed


@pytest.fixture
def opened(planted: Planted, tmp_path: Path) -> Iterator[Opened]:
    yield from opening(planted, tmp_path)


# Copies and moves


def test_a_copy_of_a_store_goes_its_own_way(opened: Opened, tmp_path: Path) -> None:
    review = opened()
    since, first = review.sample_since, review.audit(5)
    review.close()
    (tmp_path / "copy").mkdir()
    copied = tmp_path / "copy" / "s.labels.db"
    shutil.copy(tmp_path / "s.labels.db", copied)
    copy = opened(store=copied)
    assert (copy.sample_since, asked(copy)) == (since, set(first))
    more = copy.audit(12)
    copy.keep(more[-1])
    copy.close()
    again = opened()
    assert asked(again) == set(first)
    again.new_sample()
    again.close()
    copy = opened(store=copied)
    assert (copy.sample_since, asked(copy)) == (since, set(more))
    assert [len(files(folder)) for folder in (tmp_path, tmp_path / "copy")] == [1, 1]


def test_a_copy_in_the_same_folder_goes_its_own_way(opened: Opened, tmp_path: Path, own_cache: Path) -> None:
    review = opened()
    first = review.audit(5)
    review.close()
    shutil.copy(tmp_path / "s.labels.db", tmp_path / "t.labels.db")
    shutil.rmtree(own_cache / "samples")  # no note says where the sample is
    copy = opened(store=tmp_path / "t.labels.db")
    more = copy.audit(9)
    assert more[:5] == first
    copy.close()
    assert asked(opened()) == set(first)


@pytest.mark.parametrize("what", ["the store alone", "all of the folder"])
def test_a_store_that_was_moved_keeps_its_sample(opened: Opened, tmp_path: Path, what: str) -> None:
    (tmp_path / "a").mkdir()
    here, there = tmp_path / "a" / "s.labels.db", tmp_path / "b" / "s.labels.db"
    review = opened(store=here)
    since, first = review.sample_since, review.audit(5)
    review.close()
    if what == "the store alone":
        there.parent.mkdir()
        here.rename(there)
    else:
        here.parent.rename(there.parent)
    moved = opened(store=there)
    assert (moved.sample_since, asked(moved)) == (since, set(first))
    assert not files(here.parent), "a file that nobody keeps up would be found when the store is moved back"
    more = moved.audit(9)
    moved.close()
    here.parent.mkdir(exist_ok=True)
    there.rename(here)
    back = opened(store=here)
    assert (back.sample_since, asked(back)) == (since, set(more))


@pytest.mark.parametrize("opens", ["the store first", "the copy first"])
def test_a_copy_made_after_all_of_the_folder_was_moved_takes_nothing_away(
    opened: Opened, tmp_path: Path, opens: str
) -> None:
    (tmp_path / "a").mkdir()
    review = opened(store=tmp_path / "a" / "s.labels.db")
    since, first = review.sample_since, review.audit(5)
    review.close()
    (tmp_path / "a").rename(tmp_path / "b")
    here, copied = tmp_path / "b" / "s.labels.db", tmp_path / "b" / "copy.labels.db"
    if opens == "the store first":
        opened(store=here).close()
    shutil.copy(here, copied)
    copy = opened(store=copied)
    assert (copy.sample_since, asked(copy)) == (since, set(first))
    copy.new_sample()
    copy.close()
    assert len(files(tmp_path / "b")) == 2
    again = opened(store=here)
    assert (again.sample_since, asked(again)) == (since, set(first))


def test_a_folder_that_was_moved_whole_says_so_in_the_sample(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    review = opened(store=tmp_path / "a" / "s.labels.db")
    since, first = review.sample_since, review.audit(5)
    review.close()
    (tmp_path / "a").rename(tmp_path / "b")
    here = tmp_path / "b" / "s.labels.db"
    (path,) = files(tmp_path / "b")
    before = path.read_bytes()
    opened(store=labels.open(here, "ann", read_only=True)).close()
    assert path.read_bytes() == before, "whoever only reads leaves it as it is"
    opened(store=here).close()
    kept = path.read_bytes()
    body = sealed.body_of(kept)
    assert body is not None
    assert json.loads(str(sealed.unpacked(body)["facts"]))["place"] == str(here)
    opened(store=here).close()
    assert path.read_bytes() == kept, "once"
    # The note of its new place finds it for a copy of the store alone.
    (tmp_path / "c").mkdir()
    copied = shutil.copy(here, tmp_path / "c" / "s.labels.db")
    copy = opened(store=copied)
    assert (copy.sample_since, asked(copy)) == (since, set(first))
    assert path.read_bytes() == kept


def test_a_store_that_comes_back_while_its_sample_is_taken_over_keeps_it(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "s.labels.db", tmp_path / "b" / "s.labels.db"
    review = opened()
    first = review.audit(5)
    review.close()
    (path,) = files(tmp_path)
    there.parent.mkdir()
    here.rename(there)
    write = sealed.write

    def late(path: Path, body: bytes, **named: object) -> None:
        if not here.exists():
            shutil.copy(there, here)
        write(path, body, **named)

    monkeypatch.setattr(sealed, "write", late)
    moved = opened(store=there)
    assert asked(moved) == set(first)
    assert files(tmp_path) == [path]


@pytest.mark.parametrize("shut", ["the place in the file", "the file's own folder"])
def test_a_store_in_a_folder_that_one_may_not_look_into_is_not_gone(
    opened: Opened, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, shut: str
) -> None:
    (tmp_path / "a").mkdir()
    here, there = tmp_path / "a" / "s.labels.db", tmp_path / "b" / "t.labels.db"
    review = opened(store=here)
    since, first = review.sample_since, review.audit(5)
    review.close()
    there.parent.mkdir()
    shutil.copy(here, there)
    (path,) = files(here.parent)
    if shut == "the place in the file":  # with the file copied along, and no note
        shutil.copy(path, there.parent)
        shutil.rmtree(own_cache / "samples")
    else:
        here.unlink()
    stat = Path.stat

    def refusing(self: Path, **options: bool) -> os.stat_result:
        if self == here:  # rights alone would not keep an administrator out
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", refusing)
    copy = opened(store=there)
    assert (copy.sample_since, asked(copy)) == (since, set(first))
    assert len(copy.audit(9)) == 9
    assert path.is_file()


def test_two_names_of_a_store_are_one(opened: Opened, tmp_path: Path) -> None:
    one = opened()
    first = one.audit(5)
    (tmp_path / "link.labels.db").symlink_to(tmp_path / "s.labels.db")
    two = opened(store=tmp_path / "link.labels.db")
    more = two.audit(8)
    assert asked(one) == set(first) | set(more)
    assert len(files(tmp_path)) == 1
