"""Ways to sort the items of a scope: the same as widgets/core/state/filter.ts has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.errors import UnknownName
from explorer.review.scope_members import Members

SORTS = ("suspicion", "damage", "class", "row")
"""As the scope orders its items itself; by damage, the most first; class by class and so within each; as rows stand."""


def check_sort(sort: str) -> None:
    """Refuse a sort that there is none of (`UnknownName`)."""
    if sort not in SORTS:
        raise UnknownName("sort", sort, SORTS)


def in_order(found: Members, sort: str, given: NDArray[np.int32], damage: NDArray[np.float32] | None) -> Members:
    """Return the same members in another order; those that are alike in it stay in the scope's own.

    Parameters
    ----------
    given
        int32 [N]: class code of each item's given label, -1 for none: they come last.
    damage
        float32 [M]: of the members, where they are sorted by it.
    """
    rows = found.positions
    if sort == "suspicion":
        return found
    if sort == "damage" and damage is not None:
        order = np.argsort(-damage, kind="stable")
    elif sort == "class":
        order = np.argsort(np.where(given[rows] < 0, np.iinfo(np.int32).max, given[rows]), kind="stable")
    else:
        order = np.argsort(rows, kind="stable")
    columns = {name: np.asarray(values)[order] for name, values in found.columns.items()}
    return Members(rows[order], columns, None if found.sets is None else found.sets[order])
