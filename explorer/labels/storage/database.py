"""A database as queries see it, and how a list of values gets into one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

_CHUNK = 400
"""Values in a list of binds: SQLite takes 999 in all before version 3.32."""


class Database(Protocol):
    """What a query needs. Binds are named: `:name` in the text. `path` is for people."""

    path: str

    def all(self, sql: str, /, **binds: Any) -> list[tuple[Any, ...]]:
        """Run a query and return its rows; also for a statement that returns none."""

    def many(self, sql: str, rows: Sequence[dict[str, Any]], /) -> None:
        """Run a statement once per row of binds."""


def listed(name: str, values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """Return the text of a list of binds, and the binds."""
    binds = {f"{name}{i}": value for i, value in enumerate(values)}
    return ", ".join(f":{key}" for key in binds), binds


def chunks(values: Sequence[Any], size: int = _CHUNK) -> list[Sequence[Any]]:
    """Cut values into lists that a statement can take."""
    return [values[i : i + size] for i in range(0, len(values), size)]
