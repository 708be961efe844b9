"""Table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from explorer.media.base import MediaKind


class Table:
    """Rows of numeric and categorical cells."""

    kind: MediaKind = "table"

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.reset_index(drop=True)

    def __len__(self) -> int:
        return len(self.frame)

    def name(self, row: int) -> str:
        """Name the row by its number."""
        return f"row {row}"

    def digest(self, row: int) -> str:
        """Hash the cells as JSON with sorted column names."""
        cells = {k: _plain(v) for k, v in self.load(row).items()}
        return hashlib.sha256(json.dumps(cells, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def load(self, row: int) -> dict[str, Any]:
        """Return column name → cell."""
        return {str(name): self.frame[name].iat[row] for name in self.frame.columns}


def _plain(value: Any) -> Any:
    """Bring one cell to something JSON can carry, NaN as null."""
    if isinstance(value, Mapping | list | tuple):
        return str(value)
    if pd.isna(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, bool | int | float | str) else str(value)
