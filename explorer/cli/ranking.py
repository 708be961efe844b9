"""The ranking as a table for people, the same for every command that prints one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.cli.printing import cell, lines, plain

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("outlier", "near_duplicate", "conflicting_duplicate", "ambiguous")
"""Kinds of issues that a table names beside the label; the others concern groups and the whole."""


def for_people(rows: pd.DataFrame, *, keyed: bool) -> None:
    """Print items of a ranking: where, labels, `p_error`, what else is the matter, and what was decided.

    Parameters
    ----------
    keyed
        The items have ids of their own, which are shown; else an id is a hash, and the place says more.
    """
    if rows.empty:
        print("Nothing.")
        return
    decided = "decided" in rows and bool(rows["decided"].any())
    names = ["item" if keyed else "where", "given", "suggested", "p_error", "also", *(["now", "state"] * decided)]
    said = []
    for item, row in rows.iterrows():
        kinds = [kind.replace("_", " ") for kind in KINDS if row.get(f"is_{kind}_issue", False)]
        suggested = row["suggested_label"] if row["suggested_label"] != row["given_label"] else None
        said.append(
            [
                plain(item if keyed else row["where"]),
                cell(row["given_label"]),
                cell(suggested),
                cell(float(row["p_error"])),
                ", ".join(kinds),
                *([cell(row["label"]), plain(row["state"])] if decided else []),
            ]
        )
    lines(names, said)
