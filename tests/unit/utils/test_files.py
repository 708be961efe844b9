"""Files that are whole or not there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from explorer.utils import files


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250)  # as long as a name may be
    path.write_text("before")
    with files.replacing(path) as file:
        file.write(b"after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("alone", [False, True])
def test_after_an_error_what_was_there_stays(tmp_path: Path, alone: bool) -> None:
    path = tmp_path / "a"
    path.write_text("before")
    with pytest.raises(TypeError), files.replacing(path, alone=alone) as file:
        file.writelines([b"half", None])  # type: ignore[list-item]
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_file_has_the_permissions_of_any_other_unless_it_is_private(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    for name, options in (("plain", {}), ("private", {"private": True}), ("set", {"mode": 0o640})):
        with files.replacing(tmp_path / name, **options):
            pass
    mode = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
    assert mode["plain"] == mode["usual"]
    assert mode["private"] == 0o600
    assert mode["set"] == 0o640


def test_a_single_writer_clears_what_a_killed_one_left_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / "a.part").symlink_to(tmp_path / "other")
    files.put(tmp_path / "a", b"x", b"y", alone=True, durable=True)
    assert (tmp_path / "a").read_bytes() == b"xy"
    assert (tmp_path / "other").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["a", "other"]


def test_a_sealed_file_is_whole_or_none(tmp_path: Path) -> None:
    files.write(tmp_path / "a", b"body")
    data = (tmp_path / "a").read_bytes()
    assert files.body_of(data) == b"body"
    assert files.body_of(data[:-1]) is None
    assert files.body_of(b"B" + data[1:]) is None
    assert files.body_of(b"") is None


@pytest.mark.skipif(os.name != "posix", reason="folders of POSIX")
def test_a_file_that_is_moved_is_on_the_disk_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, sync = [], os.fsync

    def told(handle: int) -> None:
        synced.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    monkeypatch.setattr(os, "fsync", told)
    (tmp_path / "part").write_text("whole")
    files.move(tmp_path / "part", tmp_path / "done")
    assert synced == ["file", "folder"]
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("done", "whole")]
