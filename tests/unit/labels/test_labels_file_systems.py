"""A store on a network file system works, with a warning."""

import warnings
from collections import namedtuple

import psutil
import pytest
from labels_help import opened

from explorer import labels
from explorer.labels.storage.file_systems import StoreWarning, file_system, mounted_remotely

Mounted = namedtuple("Mounted", "mountpoint fstype")


@pytest.fixture
def mounts(monkeypatch):
    found = [Mounted("/", "ext4")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: found)
    return found


def test_it_warns_once_per_path_and_points_to_a_server(mounts, tmp_path):
    mounts += [Mounted(str(tmp_path.parent), "nfs4"), Mounted(str(tmp_path / "other"), "ext4")]
    with pytest.warns(StoreWarning, match=r'nfs4.*store="postgresql://') as caught:
        store = opened(tmp_path / "x.labels.db")
    assert str(tmp_path / "x.labels.db") in str(caught[0].message)
    assert store.network == "nfs4"
    store.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels.open(tmp_path / "x.labels.db", rater="ann").close()


def test_the_longest_mount_point_counts_and_of_two_the_later(mounts, tmp_path):
    mounts += [Mounted(str(tmp_path), "nfs4"), Mounted(str(tmp_path / "local"), "xfs")]
    assert file_system(tmp_path / "x.db") == "nfs4"
    assert file_system(tmp_path / "local" / "x.db") is None
    assert file_system(tmp_path / "locality" / "x.db") == "nfs4"
    mounts.append(Mounted(str(tmp_path), "ext4"))
    assert file_system(tmp_path / "x.db") is None


def test_a_link_counts_where_it_leads(mounts, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    mounts.append(Mounted(str(tmp_path / "far"), "smbfs"))
    assert file_system(tmp_path / "near" / "x.db") == "smbfs"


@pytest.mark.parametrize("name", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "fuse.sshfs", "lustre", "NFS4"])
def test_file_systems_on_other_machines(name):
    assert mounted_remotely(name)


@pytest.mark.parametrize(
    "name", ["", "ext4", "xfs", "btrfs", "apfs", "NTFS", "tmpfs", "overlay", "zfs", "fuseblk", "9p"]
)
def test_file_systems_on_this_machine(name):
    assert not mounted_remotely(name)
