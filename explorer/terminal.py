"""Progress on a terminal while somebody waits for a stage."""

from __future__ import annotations

import sys
import time

from explorer.pipeline import STAGES, Pipeline
from explorer.progress import Stage

PATIENCE = 1.5
"""Seconds to wait in silence: short work needs no bar, and a notebook's output stays clean."""


def follow(pipeline: Pipeline, stage: str | None, timeout: float | None, show: bool) -> bool:
    """Wait until a stage (default: the last) has ended, drawing a bar a stage on stderr; say whether it has."""
    if not show:
        return pipeline.wait(stage, timeout)
    from tqdm import tqdm

    begun = time.monotonic()
    bar: tqdm[None] | None = None
    shown = ""
    try:
        while not pipeline.wait(stage, 0.2 if sys.stderr.isatty() else 1.0):  # a log file needs no animation
            waited = time.monotonic() - begun
            if timeout is not None and waited > timeout:
                return False
            running = next((s for s in pipeline.stages if s.state == "running"), None)
            if running is None or waited < PATIENCE:
                continue
            if bar is None or running.name != shown:
                if bar is not None:
                    bar.close()
                bar, shown = (
                    tqdm(total=running.total, leave=False, file=sys.stderr, unit=f" {running.unit}"),
                    running.name,
                )
            _update(bar, running)
    finally:
        if bar is not None:
            bar.close()
    return True


def _update(bar: object, stage: Stage) -> None:
    from tqdm import tqdm

    assert isinstance(bar, tqdm)
    place = f"{STAGES.index(stage.name) + 1}/{len(STAGES)}"
    bar.set_description(f"{place} {stage.name}" + (f" on {stage.device}" if stage.device else ""), refresh=False)
    bar.total, bar.n = stage.total, stage.done
    bar.refresh()
