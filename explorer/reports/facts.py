"""What the methods know of the whole dataset: facts, each with its table and the items that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import ExplorerError, UnknownName

if TYPE_CHECKING:
    import pandas as pd

TITLES = {
    "transition": "How labels come about",
    "joint": "Given and true labels",
    "imbalance": "Class imbalance",
    "order": "Order of the rows",
    "groups": "Worst groups",
    "kinds": "Kinds of items",
    "duplicates": "Duplicates",
    "trust": "Trust in the embedding",
    "leaning": "Pairs that lean one way",
    "names": "Class names",
    "raters": "Raters",
    "giveaways": "What gives a label away",
    "odd_classes": "The set of classes",
    "shifted": "Labels and their rows",
}
"""All facts, in the order in which they are shown, with their titles."""

ROWS = 6
"""Rows of a table that a page shows."""

COLUMNS = 12
"""Columns of a table that a page shows."""


@dataclass(frozen=True, eq=False)
class Fact:
    """One fact.

    Attributes
    ----------
    name
        One of `TITLES`.
    sentence
        It in plain words.
    table
        Its figures; nobody else holds it.
    about
        Ids of the items that it is about, worst first, by what they belong to (a class, a pair of classes, a set's
        number, a kind); `all` of them by "".
    """

    name: str
    sentence: str
    table: pd.DataFrame
    about: Mapping[Any, NDArray[np.object_]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What people call it."""
        return TITLES[self.name]

    def items(self, of: Any = None) -> list[str]:
        """Return the ids of its items, or of those that belong to one class, pair, set or kind.

        Raises
        ------
        UnknownName
            No items belong to such a one.
        """
        if of is None:
            return [str(item) for item in dict.fromkeys(item for ids in self.about.values() for item in ids)]
        key = tuple(map(str, of)) if isinstance(of, list | tuple) else of
        for each in (key, str(key)):
            if not isinstance(each, np.ndarray) and each in self.about:
                return [str(item) for item in self.about[each]]
        raise UnknownName(f"part of the fact {self.name!r} with items called", of, list(self.about))

    def __repr__(self) -> str:
        return f"{self.title}: {self.sentence}"


@dataclass(frozen=True, eq=False)
class Facts:
    """All facts of one moment: an attribute each, a DataFrame, `None` where it is not computed.

    Attributes
    ----------
    found
        The facts by name.
    missing
        What the others need, by name.

    Examples
    --------
    >>> facts = review.facts()
    >>> facts["imbalance"].sentence
    'No class is rare; the largest has ... times the items of the smallest.'
    >>> len(facts.items("joint")) == int(review.issues.is_label_issue.sum())
    True
    """

    found: Mapping[str, Fact]
    missing: Mapping[str, str]

    @property
    def transition(self) -> pd.DataFrame | None:
        """Share of each true class (row) that is labelled as each class (column); a row sums to 1 (HOC)."""
        return self._table("transition")

    @property
    def joint(self) -> pd.DataFrame | None:
        """Share of all items with a given (row) and a true label (column); sums to 1 (confident learning)."""
        return self._table("joint")

    @property
    def imbalance(self) -> pd.DataFrame | None:
        """By class: `items`, `share`, `rare`."""
        return self._table("imbalance")

    @property
    def order(self) -> pd.DataFrame | None:
        """One row: `p_value`, `statistic`, `median_distance` in rows of alike items, `median_by_chance`, `flagged`."""
        return self._table("order")

    @property
    def groups(self) -> pd.DataFrame | None:
        """By group of alike items, worst first: `size`, `mean`, `accuracy`, `accuracy_elsewhere`, `issue`, `given`."""
        return self._table("groups")

    @property
    def kinds(self) -> pd.DataFrame | None:
        """By kind: `items`, `recognised` (share of the planted ones that others of it recognise), `means`."""
        return self._table("kinds")

    @property
    def duplicates(self) -> pd.DataFrame | None:
        """By set of (almost) equal items: `items`, `equal`, `labels`, `conflict`."""
        return self._table("duplicates")

    @property
    def trust(self) -> pd.DataFrame | None:
        """By class: `items`, `probe_accuracy`, `neighbour_agreement`."""
        return self._table("trust")

    @property
    def leaning(self) -> pd.DataFrame | None:
        """By pair of classes: `suspects` one way, `back` the other, `p_value` of no leaning, `leans`."""
        return self._table("leaning")

    @property
    def names(self) -> pd.DataFrame | None:
        """By class: `read_as`, `items`, `fits_best` (items whose best name it is), `agreed` (share of its items)."""
        return self._table("names")

    @property
    def raters(self) -> pd.DataFrame | None:
        """By class of the label: `voted_on`, `disputed` (more raters name another class), their `share`."""
        return self._table("raters")

    @property
    def giveaways(self) -> pd.DataFrame | None:
        """By what gives a class away: `class`, `items`, `share`, `expected`, `reach` (past chance), `z`, `p_value`."""
        return self._table("giveaways")

    @property
    def odd_classes(self) -> pd.DataFrame | None:
        """By what is odd about the classes: `kind`, `classes`, `items`, `apart` (how well the model tells them)."""
        return self._table("odd_classes")

    @property
    def shifted(self) -> pd.DataFrame | None:
        """By rows whose labels belong elsewhere: `kind`, `start`, `end`, `items`, `by`, `agree`, `moved`."""
        return self._table("shifted")

    def items(self, fact: str, of: Any = None) -> list[str]:
        """Return the ids of the items that a fact is about, worst first; see `Fact.items`.

        Parameters
        ----------
        of
            A class, a pair (given, true), the number of a set or group, or a kind; by default all.

        Raises
        ------
        UnknownName, ExplorerError
            As `facts[fact]`.
        """
        return self[fact].items(of)

    def __getitem__(self, name: str) -> Fact:
        """Return one fact.

        Raises
        ------
        UnknownName
            There is none of that name.
        ExplorerError
            It is not computed; says what it needs.
        """
        if name in self.found:
            return self.found[name]
        if name in self.missing:
            raise ExplorerError(f"The fact {name!r} is not computed: it {self.missing[name]}.", "Then review.rerun().")
        raise UnknownName("fact", name, TITLES)

    def __repr__(self) -> str:
        lines = [repr(fact) for fact in self.found.values()]
        lines += [f"{TITLES[name]}: not computed, {why}" for name, why in self.missing.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = []
        for fact in self.found.values():
            table = fact.table.iloc[:ROWS, :COLUMNS]
            more = []
            if len(fact.table) > ROWS:
                more.append(f"{len(fact.table) - ROWS:,} more rows")
            if fact.table.shape[1] > COLUMNS:
                more.append(f"{fact.table.shape[1] - COLUMNS:,} more columns")
            said = f"facts.{fact.name}" + (f" has {' and '.join(more)}" if more else "")
            n = len(fact.items())
            about = f"; facts.items({fact.name!r}) names {n:,} item{'' if n == 1 else 's'}" if n else ""
            figures = table.to_html(escape=True, border=0, float_format=_figure)
            parts.append(f"<h4>{escape(fact.title)}</h4><p>{escape(fact.sentence)}</p>{figures}")
            parts.append(f"<p><small>{escape(said + about)}</small></p>")
        for name, why in self.missing.items():
            parts.append(f"<h4>{escape(TITLES[name])}</h4><p>Not computed: it {escape(why)}.</p>")
        return "<div>" + "".join(parts) + "</div>"

    def _table(self, name: str) -> pd.DataFrame | None:
        return self.found[name].table if name in self.found else None


def _figure(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3g}"
