"""The ranking as a table for people, and what it says of the whole: the same for every command that prints one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.cli.output import cell, lines, plain
from explorer.utils.text import are

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


def in_words(estimate: dict[str, Any], of_given: bool = False) -> str:
    """Say how many labels are held to be wrong; `of_given`: of the given ones, whatever has been decided since."""
    labels, issues, rate = estimate["labels"], estimate["issues"], estimate["error_rate"]
    if rate is None:
        return f"{labels:,} labels, of which nobody can say how many are wrong."
    between = ""
    if estimate["low"] is not None:
        between = f" (between {100 * estimate['low']:.1f} and {100 * estimate['high']:.1f} %)"
    which = f"Of the given labels, {labels:,} in all," if of_given else f"{labels:,} labels, of which"
    return (
        f"{which} an estimated {100 * rate:.1f} %{between} are wrong; "
        f"{issues:,} {are(issues)} more likely wrong than right."
    )
