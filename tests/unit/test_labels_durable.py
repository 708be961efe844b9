"""What was acknowledged survives `kill -9`, and two processes lose nothing of each other's."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from labels_help import opened

from explorer import labels

# Forks a clicking process at each line that it reads, so that twenty lives do not cost twenty starts of Python.
_CLICKS = """
import os, sys
from explorer import labels
for life in sys.stdin:
    child = os.fork()
    if child == 0:
        store = labels.open(sys.argv[1], rater="ann")
        print(os.getpid(), flush=True)
        n = 0
        while True:
            op = f"{life.strip()}/{n}"
            store.set("abcd"[n % 4], ("cat", "dog", "emu")[n % 3], why=op, op_id=op)
            print(op, flush=True)
            n += 1
    os.waitpid(child, 0)
    print("dead", flush=True)
"""

_WRITER = """
import sys
from explorer import labels
from explorer.labels import Conflict
store = labels.open(sys.argv[1], rater=sys.argv[2], timeout=60)
print("ready", flush=True)
sys.stdin.readline()
conflicts = 0
for n in range(int(sys.argv[3])):
    while True:
        cell = store.get("a")
        try:
            store.set("a", "cat", why=str(int(cell.why or 0) + 1), expected=cell.event)
            break
        except Conflict:
            conflicts += 1
print(conflicts)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
@pytest.mark.parametrize("lives", [20, pytest.param(300, marks=pytest.mark.soak)])
def test_kill_9_at_any_moment_loses_no_acknowledged_click(tmp_path, lives):
    path = tmp_path / "pets.labels.db"
    opened(path).close()
    rng = random.Random(0)
    acknowledged = []
    command = [sys.executable, "-c", _CLICKS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as nursery:
        for life in range(lives):
            nursery.stdin.write(f"{life}\n")
            child = int(nursery.stdout.readline())
            acknowledged += [nursery.stdout.readline().strip() for _ in range(rng.randint(0, 4))]
            time.sleep(rng.uniform(0, 0.01))  # somewhere between two clicks, or in the middle of one
            os.kill(child, signal.SIGKILL)
            acknowledged += iter(lambda: nursery.stdout.readline().strip(), "dead")
        nursery.stdin.close()
    with labels.open(path, rater="ann") as store:
        written = store.log()["why"].tolist()
        assert store.verify().ok
    assert len(frozenset(written)) == len(written)
    assert frozenset(acknowledged) <= frozenset(written)
    assert len(acknowledged) >= lives
    assert len(written) - len(acknowledged) <= lives  # a life ends with at most one click written and not acknowledged


@pytest.mark.parametrize("each", [40, pytest.param(1500, marks=pytest.mark.soak)])
def test_two_processes_count_together_and_lose_no_update(tmp_path, each):
    path = tmp_path / "pets.labels.db"
    opened(path).close()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), name, str(each)],
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
        assert store.get("a").why == str(2 * each)
        assert sorted(store.log()["rater"].value_counts().items()) == [("ann", each), ("bob", each)]
        assert store.verify().ok
