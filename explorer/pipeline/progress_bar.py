"""Progress on a terminal, or under a notebook's cell, while somebody waits for a stage."""

from __future__ import annotations

import sys
import time
from typing import Any

from explorer.pipeline.runner import Pipeline
from explorer.pipeline.stages import STAGES
from explorer.progress import Stage

PATIENCE = 1.5
"""Seconds to wait in silence: short work needs no bar, and a notebook's output stays clean."""


class Cell:
    """Takes the lines of a bar under a cell of a notebook; `vanish` leaves nothing of them.

    What is written to stderr stays behind as a coloured strip, also when it is wiped out.
    """

    def __init__(self) -> None:
        self._shown: Any = None

    def write(self, text: str) -> int:
        """Show a line in place of the one before; a blank one, which wipes on a terminal, is nothing new."""
        line = text.strip()
        if line:
            self._show({"text/plain": line})
        return len(text)

    def flush(self) -> None:
        """Do nothing: every line is shown at once."""

    def vanish(self) -> None:
        """Take away what is shown."""
        if self._shown is not None:
            # Empty HTML takes no room, where an empty line of text does; without any data nbconvert warns.
            self._show({"text/html": "", "text/plain": ""})

    def _show(self, data: dict[str, str]) -> None:
        from IPython.display import DisplayHandle

        if self._shown is None:
            self._shown = DisplayHandle()
            self._shown.display(data, raw=True)
        else:
            self._shown.update(data, raw=True)


def follow(pipeline: Pipeline, stage: str | None, timeout: float | None, show: bool) -> bool:
    """Wait until a stage (default: the last) has ended, drawing a bar a stage; say whether it has.

    The bars go to stderr; in a Jupyter kernel, where that would leave a strip behind, under the cell.
    """
    if not show:
        return pipeline.wait(stage, timeout)
    from tqdm import tqdm

    begun = time.monotonic()
    bar: tqdm[None] | None = None
    shown = ""
    cell = Cell() if _in_kernel() else None
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
                    tqdm(total=running.total, leave=False, file=cell or sys.stderr, unit=f" {running.unit}"),
                    running.name,
                )
            _update(bar, running)
    finally:
        if bar is not None:
            bar.close()
        if cell is not None:
            cell.vanish()
    return True


def _in_kernel() -> bool:
    """Say whether this runs in a Jupyter kernel, whose output is a notebook's."""
    ipython = sys.modules.get("IPython")  # a kernel has imported it
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


def _update(bar: object, stage: Stage) -> None:
    from tqdm import tqdm

    assert isinstance(bar, tqdm)
    place = f"{STAGES.index(stage.name) + 1}/{len(STAGES)}"
    bar.set_description(f"{place} {stage.name}" + (f" on {stage.device}" if stage.device else ""), refresh=False)
    bar.total, bar.n = stage.total, stage.done
    bar.refresh()
