"""Two processes, two kernels, a fork: each sees what the others wrote, and nobody loses anything."""

import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest
from stream import CLASSES, ITEMS, opened, rows

from explorer import labels
from explorer.labels import Conflict, Edit, StoreError

_COUNTER = """
import sys
from explorer import labels
from explorer.labels import Conflict
store = labels.open(sys.argv[1], rater=sys.argv[2], timeout=60)
print("ready", flush=True)
sys.stdin.readline()
conflicts = 0
for n in range(int(sys.argv[3])):
    while True:
        cell = store.get("item-0000")
        try:
            store.set("item-0000", "cat", why=str(int(cell.why or 0) + 1), expected=cell.event)
            break
        except Conflict:
            conflicts += 1
print(conflicts)
"""

# A kernel does what it is told, a line of Python at a time, and answers with what that gives.
_KERNEL = """
import sys
from explorer import labels
from explorer.labels import Conflict, Edit
store = labels.open(sys.argv[1], rater=sys.argv[2], timeout=20)
for line in sys.stdin:
    try:
        print(repr(eval(line)), flush=True)
    except Exception as error:
        print(type(error).__name__, " ".join(str(error).split()), flush=True)
"""


class Kernel:
    """A second process with the store open."""

    def __init__(self, path, rater):
        command = [sys.executable, "-c", _KERNEL, str(path), rater]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self, line):
        self.process.stdin.write(f"{line}\n")
        return self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=60)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "pets.labels.db"
    opened(path).close()
    return path


@pytest.mark.parametrize("each", [40, pytest.param(1500, marks=pytest.mark.soak)])
def test_two_processes_count_together_and_lose_no_update(path, each):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _COUNTER, str(path), name, str(each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("ann", "bob")
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=1200)
        assert writer.returncode == 0
    with labels.open(path, rater="ann") as store:
        assert store.get("item-0000").why == str(2 * each)
        assert sorted(store.log()["rater"].value_counts().items()) == [("ann", each), ("bob", each)]
        assert store.verify().ok


def test_two_kernels_see_each_other_and_the_later_one_is_told(path):
    with Kernel(path, "bob") as bob, labels.open(path, rater="ann") as store:
        seen = store.get(ITEMS[0])
        assert bob.ask(f"store.set({ITEMS[0]!r}, 'emu', expected={seen.event!r}, why='feathers').kind") == "'edit'"
        with pytest.raises(Conflict, match="emu.*bob.*feathers") as raised:
            store.set(ITEMS[0], "dog", expected=seen.event)
        (now,) = raised.value.cells
        assert (now.value, now.rater) == ("emu", "bob")
        assert store.get(ITEMS[0]) == now
        store.set(ITEMS[0], "dog", expected=now.event, why="barks")
        said = bob.ask(f"store.set({ITEMS[0]!r}, 'cat', expected={now.event!r})")
        assert said.startswith("Conflict")
        assert "barks" in said
        assert bob.ask(f"store.get({ITEMS[0]!r}).value") == "'dog'"
        assert bob.ask("store.verify().ok") == "True"
        assert store.verify().ok


def test_all_of_a_call_fails_if_one_of_its_cells_changed_in_the_other_kernel(path):
    with Kernel(path, "bob") as bob, labels.open(path, rater="ann") as store:
        cells = [store.get(item) for item in ITEMS[:10]]
        bob.ask(f"store.set({ITEMS[7]!r}, None).kind")
        with pytest.raises(Conflict) as raised:
            store.apply([Edit(c.item, "set", "emu", expected=c.event) for c in cells])
        assert [c.item for c in raised.value.cells] == [ITEMS[7]]
        assert frozenset(store.head_cells()) == {ITEMS[7]}


def test_one_click_sent_by_two_kernels_is_written_once(path):
    """A browser repeats a click with its op_id when a kernel was replaced by another one."""
    with Kernel(path, "ann") as other, labels.open(path, rater="ann") as store:
        first = store.set(ITEMS[0], "emu", op_id="click 1")
        assert other.ask(f"store.set({ITEMS[0]!r}, 'emu', op_id='click 1').id") == repr(first.id)
        second = other.ask(f"store.set({ITEMS[1]!r}, 'emu', op_id='click 2').id")
        assert repr(store.set(ITEMS[1], "emu", op_id="click 2").id) == second
        assert len(store.log()) == 2


def test_an_undo_takes_back_what_the_other_kernel_wrote_unless_it_changed_since(path):
    with Kernel(path, "bob") as bob, labels.open(path, rater="ann") as store:
        bob.ask(f"store.set({ITEMS[0]!r}, 'emu').kind")
        assert store.undo().kind == "revert"
        assert bob.ask(f"store.get({ITEMS[0]!r}).state") == "'given'"
        mine = store.set(ITEMS[1], "emu")
        bob.ask(f"store.set({ITEMS[1]!r}, 'dog').kind")
        assert store.undo(rater="ann") is None
        assert mine.id in store.commits()["commit"].tolist()
        assert bob.ask(f"store.get({ITEMS[1]!r}).value") == "'dog'"


def test_a_dataset_that_grows_in_one_kernel_has_grown_in_the_other(path):
    with Kernel(path, "bob") as bob, labels.open(path, rater="ann") as store:
        assert bob.ask(f"len(store.cells()) == {len(ITEMS)}") == "True"
        store.bind(rows([*ITEMS, "new"]), [*CLASSES, "owl"])
        assert bob.ask("store.set('new', 'owl').kind") == "'edit'"
        assert store.get("new").value == "owl"


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be replaced elsewhere")
@pytest.mark.parametrize("how", ["replaced", "deleted", "moved"])
def test_a_file_that_is_replaced_under_an_open_store_takes_no_more_labels(path, how):
    with labels.open(path, rater="ann") as store:
        store.set(ITEMS[0], "dog")
        copy = path.with_name("copy")
        shutil.copy(path, copy)
        if how == "replaced":
            copy.replace(path)
        elif how == "deleted":
            path.unlink()
        else:
            path.rename(path.with_name("elsewhere"))
        before = path.read_bytes() if path.exists() else None
        with pytest.raises(StoreError, match="moved, replaced or deleted.*nothing was written"):
            store.set(ITEMS[1], "dog")
        assert (path.read_bytes() if path.exists() else None) == before
    if how == "replaced":  # and whoever opens it again has what was acknowledged
        with labels.open(path, rater="ann") as store:
            assert store.get(ITEMS[0]).value == "dog"
            store.set(ITEMS[1], "dog")
            assert store.verify().ok


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_is_refused_and_does_the_file_no_harm(path):
    """A forked process has the connection, but not the locks; when it ends, it must not close what is the other's."""
    with labels.open(path, rater="ann") as store, labels.open(path, rater="bob") as other:
        store.set(ITEMS[0], "dog")
        out, into = os.pipe()
        child = os.fork()
        if child == 0:
            said = []
            for call in (lambda: store.set(ITEMS[1], "dog"), lambda: store.get(ITEMS[0]), lambda: store.verify()):
                try:
                    call()
                    said.append("went through")
                except StoreError as error:
                    said.append(str(error))
            store.close()
            with labels.open(path, rater="cy") as own:  # one of its own works
                own.set(ITEMS[2], "emu")
            os.write(into, "\n".join(said).encode())
            os._exit(0)
        os.close(into)
        with os.fdopen(out) as pipe:
            said = pipe.read().splitlines()
        assert os.waitpid(child, 0)[1] == 0
        assert len(said) == 3
        assert all("opened by another process" in line for line in said)
        other.set(ITEMS[3], "emu")
        store.set(ITEMS[1], "emu")
        assert {i: c.value for i, c in store.head_cells().items()} == {
            ITEMS[0]: "dog",
            ITEMS[1]: "emu",
            ITEMS[2]: "emu",
            ITEMS[3]: "emu",
        }
        assert store.verify().ok


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGSTOP")
def test_a_kernel_that_hangs_with_the_file_locked_is_named_and_then_waited_for(path):
    hangs = """
import os, signal, sys
from explorer import labels
store = labels.open(sys.argv[1], rater="bob")
with store.working_copy.backend.exclusive():
    print("locked", flush=True)
    sys.stdin.readline()
"""
    command = [sys.executable, "-c", hangs, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        with labels.open(path, rater="ann", timeout=0.3) as store:
            assert store.get(ITEMS[0]).state == "given"  # reading goes on
            with pytest.raises(StoreError, match=r"locked|busy"):
                store.set(ITEMS[0], "dog", op_id="click")
        with labels.open(path, rater="ann", timeout=30) as store:
            killer = threading.Timer(0.3, process.send_signal, [signal.SIGKILL])
            killer.start()
            store.set(ITEMS[0], "dog", op_id="click")
            killer.join()
            assert len(store.log()) == 1
            assert store.verify().ok
