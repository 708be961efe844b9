"""The pipeline's stages as people read them, in a notebook and on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.errors import UnknownName
from explorer.progress import Stage


class Status:
    """The pipeline's stages, readable in a notebook and on a terminal."""

    def __init__(self, stages: Iterable[Stage]) -> None:
        self.stages = tuple(stages)

    @property
    def done(self) -> bool:
        """Whether nothing is left to run."""
        return all(s.state not in ("waiting", "running") for s in self.stages)

    def __getitem__(self, name: str) -> Stage:
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise UnknownName("stage", name, [s.name for s in self.stages])

    def __repr__(self) -> str:
        lines = []
        for s in self.stages:
            amount = f"{s.done:,} of {s.total:,} {s.unit}, {s.rate:,.0f}/s" if s.state == "running" and s.total else ""
            left = f", {s.left:.0f} s left" if s.state == "running" and s.left else ""
            seconds = f"{s.seconds:.1f} s" if s.state == "done" else ""
            parts = [p for p in (amount + left, seconds, s.device, s.note) if p]
            lines.append(f"  {s.name:<7} {s.state:<9} {' · '.join(parts)}".rstrip())
        return "\n".join(lines)
