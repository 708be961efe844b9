"""What was acknowledged is there after a power cut, whatever the disk had not written yet."""

import random
import re
from pathlib import Path

import lives
import pytest
from disk import Sync, SyncFolder
from lives import NAME, lay
from stream import CLASSES, ITEMS, Deed, opened, rows, state
from vfs import Disk, apsw, recorded

from explorer import labels
from explorer.labels import Edit, StoreError

OLD = Path(__file__).parent.parent / "fixtures" / "store_v1.labels.db"
WAL_NORMAL = ("journal_mode = WAL", "synchronous = NORMAL")
OTHERS = [
    ("journal_mode = WAL", "synchronous = FULL"),
    ("journal_mode = DELETE", "synchronous = FULL"),
    ("journal_mode = DELETE", "synchronous = EXTRA"),
    ("journal_mode = TRUNCATE", "synchronous = FULL"),
    ("journal_mode = TRUNCATE", "synchronous = NORMAL"),
    ("journal_mode = TRUNCATE", "synchronous = OFF"),
]
SMALL = ("cache_size = 5",)  # pages: more than a few changes are written to the file before the commit


@pytest.mark.parametrize("more", [(), SMALL], ids=["", "small cache"])
@pytest.mark.parametrize(
    ("count", "each", "seed"), [(2, 7, 1), pytest.param(60, 10, 2, marks=pytest.mark.soak)], ids=["few", "many"]
)
def test_a_power_cut_loses_nothing_acknowledged(tmp_path, count, each, seed, more, record_property):
    found, rolled_back = lives.cuts(tmp_path, count, each, seed, more=more)
    record_property("cuts", f"{found.total()}, of which {rolled_back} in the middle of something: {dict(found)}")
    assert found == {"": count * each}
    assert rolled_back >= count * each / 5


@pytest.mark.parametrize("count", [2, pytest.param(30, marks=pytest.mark.soak)], ids=["few", "many"])
def test_the_power_cuts_find_what_weaker_settings_lose(tmp_path, count, record_property):
    """Else the test above would show nothing: WAL with synchronous = NORMAL is known to lose the newest commits."""
    found, _ = lives.cuts(tmp_path, count, 10, 3, WAL_NORMAL)
    record_property("WAL, NORMAL", dict(found))
    assert found["lost"] > count
    assert frozenset(found) <= {"", "lost"}


@pytest.mark.soak
@pytest.mark.parametrize("pragmas", OTHERS, ids=[", ".join(p.split(" = ")[1] for p in o) for o in OTHERS])
def test_what_other_settings_lose(tmp_path, pragmas, record_property):
    """Of interest, not a promise: SQLite documents which of them lose commits, and damage is for OFF and NORMAL."""
    found, _ = lives.cuts(tmp_path, 20, 10, 4, pragmas)
    record_property(", ".join(pragmas), dict(found))
    print(pragmas, dict(found))
    if "synchronous = EXTRA" in pragmas:
        assert found == {"": 200}
    if "synchronous = OFF" in pragmas:
        assert found["damaged"] > 0


@pytest.mark.parametrize("count", [8, pytest.param(150, marks=pytest.mark.soak)], ids=["few", "many"])
def test_a_power_cut_while_a_store_is_made_leaves_one_that_can_be_made(tmp_path, count):
    rng = random.Random(5)
    made = lay({}, tmp_path / "made")
    disk = Disk(made.parent)
    with recorded(disk):
        store = labels.open(made, rater="ann")
        commit = store.bind(rows(), CLASSES).commit
        bound = len(disk.recording.steps)
        store.set(ITEMS[0], "dog", op_id="first")
        store.close()
    total = len(disk.recording.steps)
    disk.unregister()
    for after in [bound, *(rng.randint(0, total) for _ in range(count))]:
        path = lay(disk.recording.cut(after, rng), tmp_path / "cut")
        with labels.open(path, rater="ann") as store:
            if after >= bound:
                assert commit.id in store.commits()["commit"].tolist()
            store.bind(rows(), CLASSES)
            store.set(ITEMS[0], "dog", op_id="first")
            assert len(store.commits()) == 2
            assert len(store.log()) == 1
            assert store.verify().ok


@pytest.mark.parametrize("count", [12, pytest.param(300, marks=pytest.mark.soak)], ids=["few", "many"])
def test_a_power_cut_while_an_old_store_is_brought_up_leaves_the_old_one_or_the_new_one(tmp_path, count):
    """Either opens, with every commit under the id that it had."""
    rng = random.Random(6)
    old = {NAME: OLD.read_bytes()}
    with labels.open(lay(old, tmp_path / "whole"), rater="ann") as store:
        same = state(store)
    path = lay(old, tmp_path / "recorded")
    disk = Disk(path.parent)
    with recorded(disk):
        labels.open(path, rater="ann").close()
    total = len(disk.recording.steps)
    disk.unregister()
    assert total > 20
    formats = set()
    for after in [0, total, *(rng.randint(0, total) for _ in range(count))]:
        cut = lay(disk.recording.cut(after, rng), tmp_path / "cut")
        with labels.open(cut, rater="ann") as store:
            assert state(store) == same
            assert store.verify().ok
        # Who was still of the old format was brought up just now, with a copy of it aside.
        formats.add(len(list(cut.parent.glob("*.format1-backup"))))
    assert formats == {0, 1}


CLICK = Deed("click", lambda s: s.set(ITEMS[1], "emu", op_id="click"))
MANY = Deed("many", lambda s: s.apply([Edit(i, "set", "dog", why="long " * 200) for i in ITEMS], op_id="many"))
UNDO = Deed("undo", lambda s: s.undo(op_id="undo"))


@pytest.mark.parametrize("more", [(), SMALL], ids=["", "small cache"])
@pytest.mark.parametrize("deed", [CLICK, MANY, UNDO], ids=["click", "many", "undo"])
@pytest.mark.parametrize("stride", [17, pytest.param(1, marks=pytest.mark.soak)], ids=["few", "all"])
def test_a_disk_that_fails_at_any_step_leaves_all_or_nothing(tmp_path, stride, deed, more):
    """Full, or broken, once or from now on: the call fails and says what is so, and can be repeated."""
    with opened(tmp_path / NAME) as store:
        store.set(ITEMS[0], "dog")
    base = {NAME: (tmp_path / NAME).read_bytes()}
    lay(base, tmp_path / "whole")
    life = lives.live(tmp_path / "whole", [deed], more=more)
    before, after = life.states
    n = len(life.recording.steps)
    written = 0
    for step in sorted({*range(0, n, stride), n - 2, n - 1}):
        for code, lasting in ((apsw.SQLITE_FULL, False), (apsw.SQLITE_FULL, True), (apsw.SQLITE_IOERR, False)):
            path = lay(base, tmp_path / "broken")
            broken = _Broken(step, code, lasting)
            disk = Disk(path.parent, broken)
            with recorded(disk, more=more), labels.open(path, rater="ann") as store:
                broken.begin()
                with pytest.raises(StoreError) as raised:
                    deed.do(store)
                broken.armed = False
                now = state(store)
                assert now == before or len(now.commits) == len(after.commits)
                written += now != before
                said = str(raised.value)
                assert now == before or not re.search("(not|nothing was) written", said), said
                deed.do(store)
                assert len(state(store).commits) == len(after.commits)
                assert store.verify().ok
            disk.unregister()
            with labels.open(path, rater="ann") as store:
                assert len(state(store).commits) == len(after.commits)
                assert store.verify().ok
    assert written <= 6  # at the very last steps it is written already, and only the acknowledgement fails


class _Broken:
    """Fails at the n-th step after `begin()`, and at every later one if it lasts."""

    def __init__(self, n, code, lasting):
        self.n, self.code, self.lasting, self.armed, self.seen = n, code, lasting, False, 0

    def begin(self):
        self.armed, self.seen = True, 0

    def __call__(self, step):
        if self.armed:
            self.seen += 1
            if self.seen == self.n + 1 or (self.lasting and self.seen > self.n):
                # A sync that fails for want of space is no less an I/O error to SQLite.
                sync = isinstance(step, Sync | SyncFolder)
                raise apsw.exception_for(apsw.SQLITE_IOERR_FSYNC if sync else self.code)
