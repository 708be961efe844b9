"""The process that umap-learn runs in, and the parent's handle on it.

umap-learn compiles for seconds in every process, holds Python's lock through each epoch, and cannot be asked to stop.
In a process of its own it is warm by the time the graph is there, the kernel stays free for clicks, and cancelling is
ending the process. Arrays pass through .npy files in a temporary folder; stdin and stdout carry one JSON object a line.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from explorer.progress import Progress

MIN_DIST, SPREAD = 0.1, 1.0
"""umap-learn's defaults."""


_OWN_GROUP: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    _OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

PATIENCE = 300.0
"""Seconds that an idle worker is kept for the next run."""


class Worker:
    """A warm umap-learn in another process. Use as a context manager, or `close` it."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        self._process = subprocess.Popen(
            # -P: a file of the user's called umap.py must not be taken for the library.
            [sys.executable, "-P", "-c", "from explorer.layout.worker import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # Interrupting a cell, or Ctrl+C, reaches the whole process group: UMAP is not what is meant.
            **_OWN_GROUP,
        )
        self._lines: Queue[str | None] = Queue()
        threading.Thread(target=self._listen, name="explorer-umap", daemon=True).start()

    def run(self, job: dict[str, Any], arrays: dict[str, NDArray[Any]], progress: Progress) -> NDArray[np.float32]:
        """Lay out; reports epochs to `progress`, whose `Cancelled` ends the process.

        Raises
        ------
        ExplorerError
            The process ended early, with what it said last.
        """
        with tempfile.TemporaryDirectory(prefix="explorer-umap-") as folder:
            for name, array in arrays.items():
                np.save(Path(folder) / f"{name}.npy", array, allow_pickle=False)
            try:
                self._send(job | {"folder": folder})
                for line in self._answers(progress):
                    if "epoch" in line:
                        progress.advance(max(0, int(line["epoch"]) - progress.stage.done))
                    if "done" in line:
                        break
            except BaseException:
                self.close()
                raise
            found: NDArray[np.float32] = np.load(Path(folder) / "result.npy", allow_pickle=False)
            return found

    @property
    def alive(self) -> bool:
        """Whether the process can take a job."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            # What was still to be sent to a process that has ended has nowhere to go.
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()
        if not self._errors.closed:
            self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _send(self, job: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise self._ended() from error

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._lines.put(line.decode())
        except ValueError:
            pass  # closed while it was read: the parent has ended the process
        finally:
            self._lines.put(None)

    def _answers(self, progress: Progress) -> Iterator[dict[str, Any]]:
        while True:
            progress.check()
            try:
                line = self._lines.get(timeout=0.1)
            except Empty:
                continue
            if line is None:
                raise self._ended()
            yield json.loads(line)

    def _ended(self) -> ExplorerError:
        self._errors.seek(0)
        words = self._errors.read().decode(errors="replace").strip().splitlines()
        return ExplorerError(f"UMAP ended early: {words[-1] if words else 'its process was killed'}.", "Run it again.")


_idle: list[Worker] = []
_lock = threading.Lock()


@contextmanager
def borrowed() -> Iterator[Worker]:
    """Lend a worker: the warm one of an earlier run where it is free, else a new one. One is kept for the next run."""
    with _lock:
        worker = _idle.pop() if _idle else None
    if worker is not None and not worker.alive:
        worker.close()
        worker = None
    worker = worker or Worker()
    try:
        yield worker
    finally:
        with _lock:
            keep = worker.alive and not _idle
            if keep:
                _idle.append(worker)
        if keep:
            timer = threading.Timer(PATIENCE, _end, (worker,))
            timer.daemon = True
            timer.start()
        else:
            worker.close()


def _end(worker: Worker) -> None:
    """End a worker if it is still idle."""
    with _lock:
        if worker not in _idle:
            return
        _idle.remove(worker)
    worker.close()


@atexit.register
def end_idle() -> None:
    """End the worker that is kept for the next run."""
    with _lock:
        while _idle:
            _idle.pop().close()


class _Epochs:
    """The file that umap-learn's progress bar writes to: each text becomes a line for the parent."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def write(self, text: str) -> None:
        number = re.search(r"(\d+)/\d+", text)
        if number:
            print(json.dumps({"epoch": int(number[1])}), file=self._out, flush=True)

    def flush(self) -> None:
        """Every line is flushed as it is written."""


def embed(
    indices: NDArray[np.int64],
    distances: NDArray[np.float32],
    init: NDArray[np.float32],
    seed: int,
    epochs: int,
    bar: Any,
) -> NDArray[np.float32]:
    """Run umap-learn on neighbours that are known already; float32 [N, 2] in its own scale."""
    from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

    random = np.random.RandomState(seed)
    data = np.zeros((len(indices), 1), dtype=np.float32)  # both calls ask it for its length alone
    a, b = find_ab_params(SPREAD, MIN_DIST)
    members, _, _ = fuzzy_simplicial_set(
        data, indices.shape[1], random, "cosine", knn_indices=indices, knn_dists=distances
    )
    points, _ = simplicial_set_embedding(
        data,
        members,
        n_components=2,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=5,
        n_epochs=epochs,
        init=init,
        random_state=random,
        metric="cosine",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
        parallel=False,  # one thread: the same layout on every machine
        tqdm_kwds={"file": bar, "disable": bar is None, "bar_format": "{n}/{total}", "mininterval": 0.1},
    )
    return np.asarray(points, dtype=np.float32)


def _warm_up() -> None:
    """Compile everything once on a ring of a few items."""
    n = 40
    indices = (np.arange(n)[:, None] + np.arange(6)[None]) % n
    distances = np.tile(np.linspace(0, 0.5, 6, dtype=np.float32), (n, 1))
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32)
    embed(indices, distances, ring, seed=0, epochs=11, bar=None)


def main() -> None:
    """Compile, then do one job a line until stdin ends."""
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints must not be taken for an answer
    _warm_up()
    for line in sys.stdin:
        job = json.loads(line)
        folder = Path(job["folder"])
        arrays = {n: np.load(folder / f"{n}.npy", allow_pickle=False) for n in ("indices", "distances", "init")}
        points = embed(**arrays, seed=job["seed"], epochs=job["epochs"], bar=_Epochs(out))
        np.save(folder / "result.npy", points, allow_pickle=False)
        print(json.dumps({"done": True}), file=out, flush=True)
