"""Threads of our own instead of a library's: each runs the library single-threaded on a block of its own.

OpenMP waits at a barrier after every step until the slowest thread arrives. On a machine that is busy with other things
as well (a browser, a shared server) that makes two threads several times slower than one. Blocks that nobody waits for
take their fair share, and are cut the same for any number of threads, so that results do not depend on it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


def cores() -> int:
    """Return how many threads to compute on: OMP_NUM_THREADS where it is set, else the cores this process may use."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


@contextmanager
def workers(name: str, limit: Callable[[], object] | None = None) -> Iterator[ThreadPoolExecutor]:
    """Give a pool of `cores()` threads, all started; `limit` is called once on each to keep its library to one thread.

    Leaving it drops what has not begun and waits for what has.
    """
    count = cores()
    pool = ThreadPoolExecutor(count, thread_name_prefix=f"explorer-{name}", initializer=limit)
    try:
        started = threading.Barrier(count)
        list(pool.map(lambda _: started.wait(), range(count)))
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def torch_workers(name: str) -> Iterator[ThreadPoolExecutor]:
    """Give workers on which torch is single-threaded; everywhere else it stays as it is."""
    import torch

    def limit() -> None:
        torch.get_num_threads()  # a thread's first question sets its number to the process's; so ask first, then set
        torch.set_num_threads(1)

    before = torch.get_num_threads()
    with workers(name, limit) as pool:
        torch.set_num_threads(before)  # `limit` also set what threads to come would start with
        yield pool
