"""What was acknowledged survives `kill -9`, and two processes lose nothing of each other's."""

import random
import signal
import subprocess
import sys
import time

import pytest
from labels_help import opened

from explorer import labels

_CLICKS = """
import sys
from explorer import labels
store = labels.open(sys.argv[1], rater="ann")
n = 0
while True:
    op = f"{sys.argv[2]}/{n}"
    store.set("abcd"[n % 4], ("cat", "dog", "emu")[n % 3], why=op, op_id=op)
    print(op, flush=True)
    n += 1
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


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_kill_9_at_any_moment_loses_no_acknowledged_click(tmp_path):
    path = tmp_path / "pets.labels.db"
    opened(path).close()
    rng = random.Random(0)
    acknowledged = []
    for life in range(20):
        process = subprocess.Popen(
            [sys.executable, "-c", _CLICKS, str(path), str(life)], stdout=subprocess.PIPE, text=True
        )
        acknowledged.append(process.stdout.readline().strip())  # it runs; now strike at a random moment
        time.sleep(rng.uniform(0, 0.03))
        process.kill()
        acknowledged += process.stdout.read().split()
        process.wait()
        process.stdout.close()
    with labels.open(path, rater="ann") as store:
        log = store.log()
        assert store.verify().ok
    written = log["why"].tolist()[::-1]
    assert len(set(written)) == len(written)
    assert set(acknowledged) <= set(written)
    assert len(written) - len(acknowledged) <= 20  # at most one click a life was written and not yet acknowledged
    assert len(acknowledged) >= 40


def test_two_processes_count_together_and_lose_no_update(tmp_path):
    path = tmp_path / "pets.labels.db"
    opened(path).close()
    each = 40
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
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    with labels.open(path, rater="ann") as store:
        assert store.get("a").why == str(2 * each)
        assert sorted(store.log()["rater"].value_counts().items()) == [("ann", each), ("bob", each)]
        assert store.verify().ok
