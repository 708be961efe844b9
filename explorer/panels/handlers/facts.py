"""What the methods know of the whole: every fact in a sentence, with a small table and the items that it is about."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.panels.registry import call
from explorer.panels.schema import facts as schema
from explorer.panels.schema.scopes import ScopeName
from explorer.reports.facts import TITLES, Fact, Facts
from explorer.review.review import Review
from explorer.review.whole_facts import n_shown

ROWS = 8
"""Lines of a fact's table."""

SCOPES: dict[str, ScopeName] = {
    "imbalance": "imbalance",
    "order": "non_iid",
    "duplicates": "near_duplicate",
}
"""Scopes that have just the items of a fact."""

EXAMPLES: dict[str, ScopeName] = {"giveaways": "giveaway", "odd_classes": "odd_class", "shifted": "shifted"}
"""Scopes that have examples of a fact: of all of its items there may be too many to look at."""

WHOLE_FIRST = ("shifted", "odd_classes", "giveaways")
"""Facts that stand before all others where they have found something."""

ENDINGS = {
    "": "every label, and its whole history",
    "-journal": "there while something is written",
    "-wal": "what was written last",
    "-shm": "shared by those who read it now",
    ".sample.npz": "which labels were drawn at random",
}
"""What a store's files are, by what follows its name."""

Row = tuple[list[str], float | None, Any]
"""Cells of a line, the length of its bar, and the part of the fact that it tells of."""


@call("facts", slow=True, locked=False)
def facts(review: Review) -> list[schema.Fact]:
    """Return every fact, also those that are not computed, which say what they need.

    Raises
    ------
    DataError
        There are no scores yet.
    """
    found = _facts(review)
    with review.state.lock:
        combined, given = review.state.results.combined, review.state.given
        assert combined is not None
        pairs = _pairs(given, combined.suggested, combined.is_issue)
        codes = {name: code for code, name in enumerate(review.classes)}
        shown = {name: n_shown(examples) for name, examples in (review.whole.shown() or {}).items()}
    # What may spoil all the others stands first, where there is any.
    first = [name for name in WHOLE_FIRST if name in found.found and found.found[name].about]
    return [
        _fact(found.found[name], codes, pairs, shown)
        if name in found.found
        else schema.Fact(name, TITLES[name], f"Not computed: it {found.missing[name]}.", False, [], [], 0, None)
        for name in (*first, *(name for name in TITLES if name not in first))
    ]


@call("fact_items", slow=True, locked=False)
def fact_items(review: Review, args: schema.FactItemsArgs) -> schema.FactItems:
    """Return the items that a fact is about, or those of one part of it.

    Raises
    ------
    UnknownName, DataError
        There is no such fact or part.
    """
    fact = _facts(review)[args.fact]
    parts = {tuple(_part(key)): key for key in fact.about}
    if args.of and tuple(args.of) not in parts:
        raise DataError(f"The fact {args.fact!r} has no part {', '.join(args.of)!r} any more.", "Look at it again.")
    ids = fact.items(parts[tuple(args.of)] if args.of else None)
    with review.state.lock:
        places = [review.dataset.place(each) for each in ids]
    return schema.FactItems(np.array([place for place in places if place is not None], dtype=np.int32))


@call("store", slow=True)
def store(review: Review) -> schema.StoreReply:
    """Return where the labels lie, who decides, and what the results were made with."""
    made = review.manifest()
    on_disk = "://" not in str(review.labels.path)
    path = Path(str(review.labels.path)).resolve() if on_disk else None
    return schema.StoreReply(
        name=review.store_name,
        temporary=review.temporary,
        branch=review.labels.current_branch,
        rater=review.rater,
        folder="" if path is None else str(path.parent),
        files=[] if path is None else _files(path),
        versions={str(name): str(version) for name, version in made["versions"].items()},
        options={str(name): _said(value) for name, value in made["options"].items() if value not in (None, {}, "")},
    )


def _facts(review: Review) -> Facts:
    if review.state.results.combined is None:
        raise DataError(
            "There are no scores yet, so nothing is known of the whole.", "Wait until the items are scored."
        )
    return review.facts(wait=False)


def _fact(fact: Fact, codes: dict[str, int], pairs: dict[tuple[int, int], int], shown: dict[str, int]) -> schema.Fact:
    columns, rows = _TABLES[fact.name](fact.table)
    lines = [schema.FactRow(cells, share, _opens(fact, of, codes, pairs)) for cells, share, of in rows[:ROWS]]
    n = len(fact.items())
    whole = schema.Opens(n, []) if n else None
    if whole is not None and fact.name in SCOPES:
        whole.scope = SCOPES[fact.name]
    if whole is not None and fact.name in EXAMPLES:
        whole = schema.Opens(shown.get(EXAMPLES[fact.name], 0), [], scope=EXAMPLES[fact.name])
    more = max(0, len(rows) - ROWS)
    return schema.Fact(fact.name, fact.title, fact.sentence, True, columns, lines, more, whole)


def _opens(fact: Fact, of: Any, codes: dict[str, int], pairs: dict[tuple[int, int], int]) -> schema.Opens | None:
    """Return what a line opens; a pair of labels is a filter of the queue, and counted as the queue counts it."""
    if isinstance(of, tuple):
        pair = codes.get(of[0], -1), codes.get(of[1], -1)
        n = pairs.get(pair, 0)
        return schema.Opens(n, list(of), pair=list(pair)) if n else None
    return schema.Opens(len(fact.about[of]), _part(of)) if of in fact.about else None


def _part(key: Any) -> list[str]:
    return [str(each) for each in key] if isinstance(key, tuple) else [str(key)]


def _pairs(
    given: NDArray[np.int32], suggested: NDArray[np.int32], issue: NDArray[np.bool_]
) -> dict[tuple[int, int], int]:
    """Count the label errors by given and suggested class."""
    rows = np.flatnonzero(issue & (given >= 0) & (suggested >= 0))
    found, n = np.unique(np.column_stack([given[rows], suggested[rows]]), axis=0, return_counts=True)
    return {(int(a), int(b)): int(count) for (a, b), count in zip(found, n, strict=True)}


# Tables: cells as people read them ------------------------------------------------------------------------------------


def _transition(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    rows: list[Row] = [([true, given, percent(share)], share, (given, true)) for true, given, share in _largest(table)]
    return ["true label", "labelled as", "share of that class"], rows


def _joint(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    rows: list[Row] = [([given, true, percent(share)], share, (given, true)) for given, true, share in _largest(table)]
    return ["given label", "true label", "share of all labels"], rows


def _largest(table: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Cells off the diagonal of a square table, the largest first; none below one in ten thousand."""
    values = table.to_numpy(dtype=np.float64).copy()
    np.fill_diagonal(values, 0)
    order = np.argsort(-values, axis=None, kind="stable")[: 4 * ROWS]
    places = [divmod(int(at), values.shape[1]) for at in order]
    return [
        (str(table.index[a]), str(table.columns[b]), float(values[a, b])) for a, b in places if values[a, b] >= 1e-4
    ]


def _imbalance(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    largest = max(float(table["share"].max()), 1e-9) if len(table) else 1.0
    rows: list[Row] = [
        ([str(name), f"{int(n):,}", percent(share)], float(share) / largest, str(name))
        for name, n, share in zip(table.index, table["items"], table["share"], strict=True)
    ]
    return ["class", "items", "share"], rows


def _order(_table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    return [], []


def _groups(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    rows: list[Row] = [
        (
            [str(given), f"{int(size):,}", percent(here), percent(elsewhere)],
            None,
            group,
        )
        for group, given, size, here, elsewhere in zip(
            table.index.tolist(),
            table["given"],
            table["size"],
            table["accuracy"],
            table["accuracy_elsewhere"],
            strict=True,
        )
    ]
    return ["labels in the group", "items", "confirmed here", "elsewhere"], rows


def _kinds(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    rows: list[Row] = [
        ([str(name).replace("_", " "), f"{int(n):,}", str(means)], None, name)
        for name, n, means in zip(table.index, table["items"], table["means"], strict=True)
    ]
    return ["kind", "items", "which are"], rows


def _duplicates(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    rows: list[Row] = [
        ([str(labels) or "unlabelled", f"{int(n):,}", "equal" if equal else "almost equal"], None, number)
        for number, labels, n, equal in zip(
            table.index.tolist(), table["labels"], table["items"], table["equal"], strict=True
        )
    ]
    return ["labels", "items", ""], rows


def _trust(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    table = table.sort_values("probe_accuracy", kind="stable")
    rows: list[Row] = [
        ([str(name), f"{int(n):,}", percent(probe), percent(near)], None, str(name))
        for name, n, probe, near in zip(
            table.index, table["items"], table["probe_accuracy"], table["neighbour_agreement"], strict=True
        )
    ]
    return ["class", "items", "recognised by the model", "shared by near items"], rows


def _leaning(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    table = table[table["leans"]]
    rows: list[Row] = [
        ([f"{a} → {b}", f"{int(there):,}", f"{int(back):,}"], None, (a, b))
        for (a, b), there, back in zip(table.index.tolist(), table["suspects"], table["back"], strict=True)
    ]
    return ["labels", "label errors this way", "and back"], rows


def _names(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    table = table[table["agreed"].notna()].sort_values("agreed", kind="stable")
    rows: list[Row] = [
        ([str(name), str(said), f"{int(n):,}", percent(agreed)], None, str(name))
        for name, said, n, agreed in zip(table.index, table["read_as"], table["items"], table["agreed"], strict=True)
    ]
    return ["class", "read as", "items", "of which the name fits best"] if rows else [], rows


def _raters(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    table = table[table["voted_on"] > 0].sort_values("share", ascending=False, kind="stable")
    rows: list[Row] = [
        ([str(name), f"{int(voted):,}", f"{int(disputed):,}", percent(share)], float(share), str(name))
        for name, voted, disputed, share in zip(
            table.index, table["voted_on"], table["disputed"], table["share"], strict=True
        )
    ]
    return ["class", "items voted on", "disputed", "share"] if rows else [], rows


def _giveaways(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    rows: list[Row] = [
        ([str(name), f"{int(n):,}", percent(share), percent(other)], float(reach), name)
        for name, n, share, other, reach in zip(
            table.index, table["items"], table["share"], table["expected"], table["reach"], strict=True
        )
    ]
    return ["what gives it away", "items with it", "share", "by chance or elsewhere"], rows


def _classes(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    rows: list[Row] = [
        ([str(name), _KINDS.get(str(kind), str(kind)), f"{int(n):,}"], None, name)
        for name, kind, n in zip(table.index, table["kind"], table["items"], strict=True)
    ]
    return ["classes", "", "items"], rows


def _shifted(table: pd.DataFrame) -> tuple[list[str], list[Row]]:
    rows: list[Row] = [
        (
            [
                str(name),
                _KINDS.get(str(kind), str(kind)),
                f"{int(by):+,}" if by else "",
                percent(agree),
                percent(moved),
            ],
            None,
            name,
        )
        for name, kind, by, agree, moved in zip(
            table.index, table["kind"], table["by"], table["agree"], table["moved"], strict=True
        )
    ]
    return ["rows", "", "moved by", "agree as they stand", "when put right"], rows


_KINDS = {
    "spelling": "one name, spelt in several ways",
    "alike": "cannot be told apart",
    "overlap": "overlap",
    "part": "one may be a part of the other",
    "rest": "what is left over",
    "few": "too few items",
    "shift": "labels of other rows",
    "exchange": "classes exchanged",
    "mixed": "labels mixed up",
}
"""What a finding is, as a cell."""

_TABLES: dict[str, Callable[[pd.DataFrame], tuple[list[str], list[Row]]]] = {
    "transition": _transition,
    "joint": _joint,
    "imbalance": _imbalance,
    "order": _order,
    "groups": _groups,
    "kinds": _kinds,
    "duplicates": _duplicates,
    "trust": _trust,
    "leaning": _leaning,
    "names": _names,
    "raters": _raters,
    "giveaways": _giveaways,
    "odd_classes": _classes,
    "shifted": _shifted,
}


def percent(share: float) -> str:
    """Write a share as people read it: "12 %", "0.3 %"; "–" where there is none."""
    if not np.isfinite(share):
        return "–"
    return f"{share:.1%}".replace("%", " %") if share < 0.0995 else f"{share:.0%}".replace("%", " %")


def _said(value: Any) -> str:
    if isinstance(value, Iterable) and not isinstance(value, str | dict):
        return ", ".join(str(each) for each in value)
    return ", ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)


def _files(path: Path) -> list[schema.StoreFile]:
    """Return a store's own file and those beside it."""
    found = []
    for file in sorted(path.parent.glob(f"{glob.escape(path.name)}*")):
        rest = file.name.removeprefix(path.name)
        about = next(
            (said for end, said in ENDINGS.items() if end and rest.endswith(end)), None if rest else ENDINGS[""]
        )
        try:
            if about is not None:
                found.append(schema.StoreFile(file.name, about, file.stat().st_size))
        except OSError:  # it was there a moment ago, while something was written
            continue
    return found
