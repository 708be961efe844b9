"""Progress on a terminal, or under a notebook's cell, while somebody waits for a stage."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from explorer.pipeline import kernel
from explorer.pipeline.runner import Pipeline
from explorer.pipeline.stages import STAGES
from explorer.progress import Progress, Stage

if TYPE_CHECKING:
    from IPython.display import DisplayHandle
    from tqdm import tqdm

PATIENCE = 1.5
"""Seconds to wait in silence: short work needs no bar, and a notebook's output stays clean."""


class Bar(Protocol):
    """Shows the stage that runs."""

    def show(self, stage: Stage) -> None:
        """Draw it as it stands."""

    def close(self) -> None:
        """Take it away; nothing stays behind."""


class TerminalBar:
    """One bar of tqdm on stderr, for one stage after the other."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None
        self._name = ""

    def show(self, stage: Stage) -> None:
        """Draw the stage as it stands."""
        from tqdm import tqdm

        if self._bar is None or stage.name != self._name:
            self.close()
            self._bar, self._name = (
                tqdm(total=stage.total, leave=False, file=sys.stderr, unit=f" {stage.unit}"),
                stage.name,
            )
        self._bar.set_description(caption(stage), refresh=False)
        self._bar.total, self._bar.n = stage.total, stage.done
        self._bar.refresh()

    def close(self) -> None:
        """Wipe the bar out."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class CellBar:
    """A line under a cell of a notebook.

    What is written to stderr there stays behind as a coloured strip, also when it is wiped out; and a bar of widgets
    stays in the saved notebook.
    """

    def __init__(self) -> None:
        self._shown: DisplayHandle | None = None

    def show(self, stage: Stage) -> None:
        """Show the stage in place of what stood there."""
        from tqdm import tqdm

        line = tqdm.format_meter(
            stage.done, stage.total, stage.seconds, prefix=caption(stage), unit=f" {stage.unit}", ncols=100
        )
        self._draw({"text/plain": line})

    def close(self) -> None:
        """Take away what is shown."""
        if self._shown is not None:
            # Empty HTML takes no room, where an empty line of text does; without any data nbconvert warns.
            self._draw({"text/html": "", "text/plain": ""})

    def _draw(self, data: dict[str, str]) -> None:
        from IPython.display import DisplayHandle

        if self._shown is None:
            self._shown = DisplayHandle()
            self._shown.display(data, raw=True)
        else:
            self._shown.update(data, raw=True)


def follow(pipeline: Pipeline, stage: str | None, timeout: float | None, show: bool) -> bool:
    """Wait until a stage (default: the last) has ended, and show what runs meanwhile.

    Parameters
    ----------
    timeout
        Seconds; `None` waits for as long as it takes.
    show
        Whether to draw a bar: on stderr, or in a Jupyter kernel under the cell.

    Returns
    -------
    bool
        Whether the stage has ended.
    """
    return watch(
        lambda seconds: pipeline.wait(stage, seconds),
        lambda: next((s for s in pipeline.stages if s.state == "running"), None),
        timeout,
        show=show,
    )


def watch(
    wait: Callable[[float | None], bool],
    stage: Callable[[], Stage | None],
    timeout: float | None = None,
    *,
    show: bool = True,
) -> bool:
    """Wait for work on another thread, draw how far it is, and answer widgets meanwhile.

    Parameters
    ----------
    wait
        Waits for so many seconds (`None` as long as it takes) and says whether the work has ended.
    stage
        Gives what runs; `None` for nothing that can be shown.
    timeout, show
        As of `follow`.
    """
    begun = time.monotonic()
    pause = 0.2 if sys.stderr.isatty() else 1.0  # a log file needs no animation
    bar: Bar | None = None
    if show:
        bar = CellBar() if kernel.in_kernel() else TerminalBar()
    try:
        with kernel.messages() as messages:
            while not _ended(wait, _least(pause if show else None, timeout, begun), messages):
                waited = time.monotonic() - begun
                if timeout is not None and waited >= timeout:
                    return False
                running = stage()
                if bar is not None and running is not None and waited >= PATIENCE:
                    bar.show(running)
    finally:
        if bar is not None:
            bar.close()
    return True


@contextmanager
def drawn(name: str) -> Iterator[Progress]:
    """Give the progress of work that the caller does itself, and draw it while that goes on.

    Parameters
    ----------
    name
        Of the work.
    """
    begun = time.monotonic()
    bar: Bar = CellBar() if kernel.in_kernel() else TerminalBar()

    def report(stage: Stage) -> None:
        if time.monotonic() - begun >= PATIENCE:
            bar.show(stage)

    try:
        yield Progress(Stage(name), report, interval=0.2 if sys.stderr.isatty() else 1.0)
    finally:
        bar.close()


def caption(stage: Stage) -> str:
    """Return a stage's name with its place among all, if it is one of the pipeline, and its device."""
    place = f"{STAGES.index(stage.name) + 1}/{len(STAGES)} " if stage.name in STAGES else ""
    return f"{place}{stage.name}" + (f" on {stage.device}" if stage.device else "")


def _least(pause: float | None, timeout: float | None, begun: float) -> float | None:
    """Return for how long to wait at once, in seconds; `None` for as long as it takes."""
    left = None if timeout is None else max(0.0, begun + timeout - time.monotonic())
    return min((each for each in (pause, left) if each is not None), default=None)


def _ended(wait: Callable[[float | None], bool], seconds: float | None, messages: kernel.Messages | None) -> bool:
    if messages is None:
        return wait(seconds)
    return messages.wait(lambda: wait(0), math.inf if seconds is None else seconds)
