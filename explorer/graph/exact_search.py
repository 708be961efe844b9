"""Exact search: every query against every vector, a block of queries at a time."""

from __future__ import annotations

from concurrent.futures import as_completed
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.engine.threads import workers
from explorer.progress import Progress

LEAST = 256
"""Fewest queries answered at once. With 200,000 vectors of 1,024 dimensions that takes a core about a second."""

MOST = 16_384
"""Most queries answered at once, for vectors of few dimensions."""

GPU_CELLS = 2**28
"""Most similarities held on a GPU at once (one gigabyte of float32)."""


def search_faiss(
    base: NDArray[np.float32], queries: NDArray[np.float32], fetch: int, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return positions [Q, fetch] and inner products [Q, fetch], on all cores."""
    import faiss

    index = faiss.IndexFlatIP(base.shape[1])
    index.add(base)
    return search_index(index, queries, fetch, progress, block=block_for(base.shape[1]))


def block_for(dimensions: int) -> int:
    """Return how many queries faiss should be asked at a time, so that it multiplies matrices.

    It does so only where queries × dimensions reach its threshold (128,000 since 1.15; 20 queries before). Below, it
    goes through the vectors for one query after another, two to nine times slower. Beyond, the size of the block makes
    no difference (tests/benchmarks/RESULTS.md), and a small one is cancelled sooner.
    """
    import faiss

    enough = -(-int(faiss.cvar.distance_compute_blas_threshold) // dimensions)
    return LEAST if enough > MOST else max(LEAST, enough)


def search_index(
    index: Any, queries: NDArray[np.float32], fetch: int, progress: Progress, *, block: int = 512
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ask any faiss index, `block` queries or more per core at a time."""
    import faiss

    found = np.empty((len(queries), fetch), dtype=np.int64)
    similarity = np.empty((len(queries), fetch), dtype=np.float32)
    blocks = max(1, len(queries) // block)

    def answer(number: int) -> int:
        rows = slice(len(queries) * number // blocks, len(queries) * (number + 1) // blocks)
        similarity[rows], found[rows] = index.search(queries[rows], fetch)
        return len(found[rows])

    with workers("graph", lambda: faiss.omp_set_num_threads(1)) as pool:
        for done in as_completed([pool.submit(answer, number) for number in range(blocks)]):
            progress.advance(done.result())
    return found, similarity


def search_torch(
    base: NDArray[np.float32], queries: NDArray[np.float32], fetch: int, device: str, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the same as `search_faiss` by blocked matrix products on any torch device.

    Both sides are cut into blocks so that memory stays bounded; an out-of-memory error halves the block.
    """
    import torch

    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")  # TF32 would blur the last of the nearest
    try:
        columns = torch.as_tensor(base, device=device)
        size = int(max(1, min(len(queries), GPU_CELLS // max(1, len(base)), 16_384)))
        found = np.empty((len(queries), fetch), dtype=np.int64)
        similarity = np.empty((len(queries), fetch), dtype=np.float32)
        start = 0
        while start < len(queries):
            rows = slice(start, min(start + size, len(queries)))
            try:
                best = _top(torch.as_tensor(queries[rows], device=device), columns, fetch, torch)
            except torch.OutOfMemoryError:
                if size == 1:
                    raise
                size = max(1, size // 2)
                torch.cuda.empty_cache()
                progress.say(f"out of memory on {device}: {size} queries at a time")
                continue
            similarity[rows], found[rows] = best
            progress.advance(rows.stop - rows.start)
            start = rows.stop
        return found, similarity
    finally:
        torch.set_float32_matmul_precision(precision)


def _top(block: Any, columns: Any, fetch: int, torch: Any) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Merge the best of one block of columns after another, so that Q·N similarities never exist at once."""
    width = max(fetch, GPU_CELLS // max(1, len(block)))
    values = positions = None
    for start in range(0, len(columns), width):
        part = block @ columns[start : start + width].T
        top = part.topk(min(fetch, part.shape[1]), dim=1)
        found = top.indices + start
        if values is None:
            values, positions = top.values, found
            continue
        both, where = torch.cat([values, top.values], dim=1), torch.cat([positions, found], dim=1)
        kept = both.topk(min(fetch, both.shape[1]), dim=1)
        values, positions = kept.values, where.gather(1, kept.indices)
    assert values is not None
    assert positions is not None
    return values.cpu().numpy(), positions.cpu().numpy()
