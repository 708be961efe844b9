"""What was acknowledged survives `kill -9`, and what was under way is written once or not at all."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from stream import CLASSES, opened, rows

from explorer import labels

# Forks a process that works on the store at each line that it reads, so that hundreds of lives do not cost hundreds of
# starts of Python. A line goes out as one write: a process that is killed between two would leave half a line, and
# print() makes two of it where Python does not buffer.
_NURSERY = """
import os, sys, time
from explorer import labels
from explorer.labels import Edit

path, many, nursery = sys.argv[1], int(sys.argv[2]), os.getpid()

def say(text):
    os.write(1, f"{text}\\n".encode())

def work(n):
    store = labels.open(path, rater="ann")
    items = sorted(store.cells().index)
    say(os.getpid())
    while os.getppid() == nursery:
        value, why = ("cat", "dog", "emu")[n % 3], str(n)
        edits = [Edit(items[(n + i) % len(items)], "set", value, why=why) for i in range(many)]
        store.apply(edits, op_id=f"op {n}", kind="edit" if many == 1 else "bulk")
        time.sleep(n % 3 / 500)  # now and then long enough to be killed between the commit and its acknowledgement
        say(n)
        n += 1

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        work(int(line))
        os._exit(0)
    say(f"ended {os.waitpid(child, 0)[1]}")
"""

LIVES = [
    pytest.param(20, 1, 0.012, id="clicks"),
    pytest.param(5, 500, 0.15, id="500 at once"),
    pytest.param(250, 1, 0.012, id="many clicks", marks=pytest.mark.soak),
    pytest.param(60, 500, 0.15, id="many 500 at once", marks=pytest.mark.soak),
]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
@pytest.mark.parametrize(("lives", "many", "longest"), LIVES)
def test_kill_9_loses_nothing_acknowledged_and_a_retry_doubles_nothing(tmp_path, lives, many, longest, record_property):
    """A life begins with what the one before did not get acknowledged, under the same op_id, written or not."""
    path = tmp_path / "pets.labels.db"
    with opened(path) as store:
        store.bind(rows([f"item-{i:04d}" for i in range(700)]), CLASSES)
    journal = path.with_name(path.name + "-journal")
    rng = random.Random(many)
    done = unknown = journals = 0  # operations acknowledged; written and not acknowledged; half-written at the kill
    command = [sys.executable, "-c", _NURSERY, str(path), str(many)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as nursery:
        for life in range(lives):
            nursery.stdin.write(f"{done}\n")
            child = int(nursery.stdout.readline())
            for _ in range(rng.randint(0, 3)):
                assert nursery.stdout.readline() == f"{done}\n"
                done += 1
            time.sleep(rng.uniform(0, longest))  # somewhere between two operations, or in the middle of one
            os.kill(child, signal.SIGKILL)
            while (said := nursery.stdout.readline()) == f"{done}\n":
                done += 1
            assert said == f"ended {int(signal.SIGKILL)}\n"
            journals += journal.exists() and journal.stat().st_size > 0
            if life % 20 == 19 or life == lives - 1:
                with labels.open(path, rater="ann") as store:
                    assert store.verify().ok
                    written = _written(store, many)
                assert written in (list(range(done)), list(range(done + 1)))
                unknown += len(written) > done
        nursery.stdin.close()
    record_property("kills", f"{lives} kills, {journals} with a journal left, {done} operations, {unknown} unsure")
    print(f"{lives} kills, {journals} with a journal left, {done} operations acknowledged, {unknown} unsure")
    assert done >= lives
    if lives >= 60:
        assert journals > lives / 20
    with labels.open(path, rater="ann") as store:
        store.apply([labels.Edit("item-0000", "keep", why=str(done))], op_id="the end")
        assert store.verify().ok


def _written(store, many):
    """Return the number of each operation in the log, oldest first; each is there whole."""
    log = store.log()
    whole = log.groupby("commit", sort=False)["why"].agg(["nunique", "size", "first"])
    assert (whole["nunique"] == 1).all()
    assert (whole["size"] == many).all()
    return [int(why) for why in reversed(whole["first"].tolist())]
