"""Votes: what each rater said of each item, as columns. A rater is whoever gives labels: a person, a model, a function.

Votes stand beside the labels and never overwrite one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError, UnknownName
from explorer.utils.text import counted

RaterKind = Literal["person", "model", "function", "import"]
"""Who can be a rater: a person, a model, a labelling function, or an earlier file of labels."""

ABSTAINS = -1
"""Class code of a rater who saw an item and named no class."""


@dataclass(frozen=True, eq=False)
class RaterVotes:
    """The votes of one rater.

    Attributes
    ----------
    name
        Of the rater; unique within a dataset.
    kind
        "person", "model", "function" or "import".
    family
        What raters have in common whose errors are alike, such as the model that two prompts use; "" is none.
    items
        int32 [m]: positions of the items that the rater saw, ascending.
    codes
        int32 [m]: class codes; -1 where the rater abstained.
    confidence
        float32 [m] in [0, 1], NaN where there is none; `None` where the rater never said.

    Raises
    ------
    DataError, UnknownName
        Arrays that do not belong together, positions that do not ascend, a kind that is none.
    """

    name: str
    kind: RaterKind
    family: str
    items: NDArray[np.int32]
    codes: NDArray[np.int32]
    confidence: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        checked_kind(self.kind)
        if not isinstance(self.name, str) or not self.name.strip():
            raise DataError(f"The rater's name is {self.name!r}.", "Give each rater a name.")
        lengths = {len(self.items), len(self.codes), len(self.items if self.confidence is None else self.confidence)}
        if len(lengths) != 1:
            raise DataError(f"The votes of {self.name!r} have columns of different lengths: {sorted(lengths)}.")
        if len(self.items) and (self.items[0] < 0 or bool((np.diff(self.items) <= 0).any())):
            raise DataError(f"The items of {self.name!r} are no ascending positions.", "Give each item once, in order.")

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        family = f", family {self.family!r}" if self.family else ""
        silent = f", {counted(self.abstentions, 'abstention')}" if self.abstentions else ""
        return f"RaterVotes({self.name!r}, {self.kind}{family}, {counted(self.voted, 'vote')}{silent})"

    @property
    def voted(self) -> int:
        """How many items the rater gave a class."""
        return int((self.codes >= 0).sum())

    @property
    def abstentions(self) -> int:
        """How many items the rater saw without giving them a class."""
        return len(self) - self.voted

    def saying(self, answers: Mapping[int, tuple[int, float]]) -> RaterVotes:
        """Return the votes with other answers in place of what was said: by item a class code and how sure, or NaN."""
        new = np.array(sorted(answers), dtype=np.int32)
        codes = np.array([answers[item][0] for item in new.tolist()], dtype=np.int32)
        own = np.array([answers[item][1] for item in new.tolist()], dtype=np.float32)
        rest = ~np.isin(self.items, new)
        items = np.concatenate([self.items[rest], new])
        order = np.argsort(items, kind="stable")
        sure = self.confidence
        if sure is not None or not np.isnan(own).all():
            before = np.full(len(self), np.nan, dtype=np.float32) if sure is None else sure
            sure = np.concatenate([before[rest], own])[order]
        return replace(
            self, items=items[order], codes=np.concatenate([self.codes[rest], codes])[order], confidence=sure
        )

    def moved(self, places: NDArray[np.int32]) -> RaterVotes:
        """Return the votes over other items: `places` int32 [n] has the new position of each, -1 where it is gone."""
        to = places[self.items]
        order = np.argsort(to, kind="stable")
        order = order[to[order] >= 0]
        confidence = None if self.confidence is None else self.confidence[order]
        return replace(self, items=to[order], codes=self.codes[order], confidence=confidence)

    def recoded(self, codes: NDArray[np.int32]) -> RaterVotes:
        """Return the votes in other class codes: int32 [K + 1] has the new code of each, the last that of -1."""
        return replace(self, codes=codes[self.codes])


@dataclass(frozen=True, eq=False)
class Votes:
    """The votes of R raters on N items.

    Attributes
    ----------
    raters
        One `RaterVotes` each; their names differ.
    n
        How many items there are.

    Examples
    --------
    >>> import numpy as np
    >>> ann = RaterVotes("ann", "person", "", np.int32([0, 2]), np.int32([1, 0]))
    >>> gpt = RaterVotes("gpt", "model", "gpt", np.int32([0, 1]), np.int32([1, -1]))
    >>> votes = Votes((ann, gpt), 3)
    >>> votes.matrix().tolist(), votes.names
    ([[1, 1], [-1, -1], [0, -1]], ('ann', 'gpt'))
    """

    raters: tuple[RaterVotes, ...]
    n: int

    def __post_init__(self) -> None:
        names = self.names
        if len(frozenset(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise DataError(f"Two raters are called {twice!r}.", "Give each a name of its own.")
        for rater in self.raters:
            if len(rater) and int(rater.items[-1]) >= self.n:
                raise DataError(f"{rater.name!r} votes on item {int(rater.items[-1])} of {counted(self.n, 'item')}.")

    def __len__(self) -> int:
        return len(self.raters)

    def __iter__(self) -> Iterator[RaterVotes]:
        return iter(self.raters)

    def __repr__(self) -> str:
        given = sum(rater.voted for rater in self.raters)
        return f"Votes({counted(len(self), 'rater')}, {counted(self.n, 'item')}, {counted(given, 'vote')})"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the raters, in their order."""
        return tuple(rater.name for rater in self.raters)

    def matrix(self) -> NDArray[np.int32]:
        """Return int32 [N, R]: the class code that each rater gave each item, -1 for none."""
        found = np.full((self.n, len(self)), ABSTAINS, dtype=np.int32)
        for column, rater in enumerate(self.raters):
            found[rater.items, column] = rater.codes
        return found

    def answers(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return items, raters and class codes, int32 [M] each: one entry a vote, without abstentions, by item."""
        if not self.raters:
            empty = np.empty(0, dtype=np.int32)
            return empty, empty, empty
        items = np.concatenate([rater.items for rater in self.raters])
        codes = np.concatenate([rater.codes for rater in self.raters])
        who = np.repeat(np.arange(len(self), dtype=np.int32), [len(rater) for rater in self.raters])
        order = np.argsort(items, kind="stable")
        order = order[codes[order] >= 0]
        return items[order].astype(np.int32), who[order], codes[order].astype(np.int32)

    def rater(self, name: str) -> RaterVotes:
        """Return the votes of one rater; `UnknownName` if there is none of that name."""
        for rater in self.raters:
            if rater.name == name:
                return rater
        raise UnknownName("rater", name, self.names)

    def having(self, rater: RaterVotes) -> Votes:
        """Return the votes with one rater's in place of those that this rater had, or else at the end."""
        if rater.name not in self.names:
            return replace(self, raters=(*self.raters, rater))
        return replace(self, raters=tuple(rater if own.name == rater.name else own for own in self.raters))

    def lacking(self, name: str) -> Votes:
        """Return the votes without one rater's."""
        return replace(self, raters=tuple(rater for rater in self.raters if rater.name != name))

    def moved(self, places: NDArray[np.int32], n: int) -> Votes:
        """Return the votes over n other items: `places` int32 [N] has the new position of each, -1 where it is gone."""
        return Votes(tuple(rater.moved(places) for rater in self.raters), n)

    def recoded(self, codes: NDArray[np.int32]) -> Votes:
        """Return the votes in other class codes: int32 [K + 1] has the new code of each, the last that of -1."""
        return replace(self, raters=tuple(rater.recoded(codes) for rater in self.raters))

    def plurality(self, classes: int) -> tuple[NDArray[np.int32], int]:
        """Return the class that most raters name, int32 [N] (-1 where nobody votes), and how many items tie.

        Of classes that tie the first one is taken.
        """
        items, _, codes = self.answers()
        best = np.full(self.n, ABSTAINS, dtype=np.int32)
        if not len(items):
            return best, 0
        cells, counts = np.unique(items.astype(np.int64) * classes + codes, return_counts=True)
        item, code = cells // classes, (cells % classes).astype(np.int32)
        order = np.lexsort((-code, counts))  # the last write wins: the largest count, then the first class
        best[item[order]] = code[order]
        most = np.zeros(self.n, dtype=np.int64)
        np.maximum.at(most, item, counts)
        tied = np.bincount(item[counts == most[item]], minlength=self.n) > 1
        return best, int(tied.sum())


class OneEach(NamedTuple):
    """One vote an item of one rater.

    Attributes
    ----------
    items, codes
        int32 [m]; items ascend.
    confidence
        float32 [m] or `None`.
    by_time, unsettled
        Items on which the rater had named several classes: of which the newest counts, and of which none does.
    """

    items: NDArray[np.int32]
    codes: NDArray[np.int32]
    confidence: NDArray[np.float32] | None
    by_time: int
    unsettled: int


def one_each(
    items: NDArray[np.int32],
    codes: NDArray[np.int32],
    confidence: NDArray[np.float32] | None = None,
    times: NDArray[np.int64] | None = None,
) -> OneEach:
    """Bring what one rater said in any number of places to one vote an item.

    Of several answers to one item the newest counts where there are times; else, where they name several classes, none
    does (an abstention). Without times an abstention beside a vote says nothing.

    Parameters
    ----------
    items, codes
        int32 [m], in any order; codes of -1 are abstentions.
    confidence
        float32 [m]; of equal answers the first one's is kept.
    times
        int64 [m], growing with time; what has none has the least.

    Examples
    --------
    >>> import numpy as np
    >>> found = one_each(np.int32([4, 4, 2]), np.int32([0, 1, 1]))
    >>> found.items.tolist(), found.codes.tolist(), found.unsettled
    ([2, 4], [1, -1], 1)
    """
    order = np.argsort(items, kind="stable")
    items, codes = items[order], codes[order]
    confidence = None if confidence is None else confidence[order]
    if bool((np.diff(items) > 0).all()):
        return OneEach(items, codes, confidence, 0, 0)
    several = _disagreeing(items, codes)
    if times is not None and len(items):
        own = times[order]
        newest = np.full(int(items[-1]) + 1, np.iinfo(np.int64).min)
        np.maximum.at(newest, items, own)
        kept = own == newest[items]
        items, codes = items[kept], codes[kept]
        confidence = None if confidence is None else confidence[kept]
    open_now = _disagreeing(items, codes)
    # Of one item: first an answer that names a class, if there is one, then in the order given.
    order = np.lexsort((np.arange(len(items)), codes < 0, items))
    items, codes = items[order], codes[order]
    confidence = None if confidence is None else confidence[order]
    first = np.flatnonzero(np.diff(items, prepend=-1) > 0)
    codes = codes[first].copy()
    codes[np.isin(items[first], open_now)] = ABSTAINS
    confidence = None if confidence is None else confidence[first]
    unsettled = len(open_now)
    return OneEach(items[first], codes, confidence, len(several) - unsettled, unsettled)


def _disagreeing(items: NDArray[np.int32], codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the items, each once, that were given several classes; items ascend."""
    named = codes >= 0
    if not named.any():
        return np.empty(0, dtype=np.int32)
    pairs = np.unique(np.column_stack([items[named], codes[named]]), axis=0)
    found, counts = np.unique(pairs[:, 0], return_counts=True)
    return found[counts > 1].astype(np.int32)


def checked_kind(kind: object) -> RaterKind:
    """Return the kind of a rater; `UnknownName` for what is none."""
    if kind not in get_args(RaterKind):
        raise UnknownName("kind of rater", kind, get_args(RaterKind))
    return kind  # type: ignore[return-value]  # one of them
