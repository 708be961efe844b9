"""A dataset whose items come with the number of their row, so that a shuffled batch says which items it holds."""

from __future__ import annotations

from typing import Any


class Numbered:
    """A map-style dataset that gives (item, label, row) where the one it is made from gives (item, label).

    Parameters
    ----------
    dataset
        Any map-style dataset of torch, or a list of pairs.

    Examples
    --------
    >>> Numbered([("a", 0), ("b", 1)])[1]
    ('b', 1, 1)
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, row: int) -> tuple[Any, ...]:
        found = self.dataset[row]
        return (*found, row) if isinstance(found, tuple | list) else (found, row)
