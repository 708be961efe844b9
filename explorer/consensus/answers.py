"""Who answered what: triplets of item, rater and class, which hold a million items of a thousand raters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, eq=False)
class Answers:
    """One answer each: which rater called which item what. Abstentions are no answers, and are left out.

    Attributes
    ----------
    items, raters, codes
        int32 [M] each: position of the item, of the rater, and the class code. Any order is taken; they are kept by
        item, then by rater.
    n_items, n_raters, n_classes
        N, R and K.
    families
        [R] of str: raters of one family are not independent (two versions of one language model); "" for none.
        `None` where nothing is known of families.
    names
        [R] of str: what the raters are called; empty where they are numbers.

    Raises
    ------
    DataError
        Lengths that differ; positions or codes out of range; two answers of one rater on one item; no classes; not one
        family a rater.

    Examples
    --------
    >>> answers = Answers.of([[0, 0, 1], [1, -1, 1]], n_classes=2)
    >>> len(answers), answers.counts().tolist()
    (5, [[2.0, 1.0], [0.0, 2.0]])
    """

    items: NDArray[np.int32]
    raters: NDArray[np.int32]
    codes: NDArray[np.int32]
    n_items: int
    n_raters: int
    n_classes: int
    families: tuple[str, ...] | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.n_classes < 1:
            raise DataError("There are no classes to answer with.", "Give at least one class.")
        columns = {"items": self.items, "raters": self.raters, "codes": self.codes}
        for name, limit in (("items", self.n_items), ("raters", self.n_raters), ("codes", self.n_classes)):
            columns[name] = _checked(columns[name], name, limit)
        if len({len(column) for column in columns.values()}) > 1:
            lengths = ", ".join(f"{len(column):,} {name}" for name, column in columns.items())
            raise DataError(f"An answer is an item, a rater and a class, but there are {lengths}.")
        if self.families is not None and len(self.families) != self.n_raters:
            raise DataError(
                f"There are {self.n_raters:,} raters and {len(self.families):,} families.", "Give one each."
            )
        key = columns["items"].astype(np.int64) * max(1, self.n_raters) + columns["raters"]
        if len(key) and not (np.diff(key) > 0).all():
            order = np.argsort(key, kind="stable")
            key = key[order]
            columns = {name: column[order] for name, column in columns.items()}
            twice = np.flatnonzero(np.diff(key) == 0)
            if len(twice):
                one = int(twice[0])
                codes = columns["codes"][one : one + 2].tolist()
                said = f"Rater {columns['raters'][one]} answered item {columns['items'][one]} twice"
                raise DataError(f"{said}, with the classes {codes[0]} and {codes[1]}.", "Keep one answer of the two.")
        for name, column in columns.items():
            object.__setattr__(self, name, column)

    @classmethod
    def of(cls, matrix: ArrayLike, n_classes: int, families: Sequence[str] | None = None) -> Answers:
        """Make answers of a wide table, int [N, R] with -1 where there is none.

        Parameters
        ----------
        matrix
            int [N, R]: class codes, a row an item and a column a rater.
        n_classes
            How many classes there are.
        families
            [R]: see `families`.

        Raises
        ------
        DataError
            Another shape; codes that are no classes.

        Examples
        --------
        >>> Answers.of([[0, -1], [1, 1]], n_classes=2).per_rater.tolist()
        [2, 1]
        """
        wide = np.asarray(matrix)
        if wide.ndim != 2 or wide.dtype.kind not in "iu":
            raise DataError(
                f"The answers are an array of the shape {wide.shape} and the type {wide.dtype}.",
                "Give class codes, a row an item and a column a rater, -1 where there is none.",
            )
        if wide.size and wide.min() < -1:
            raise DataError(f"The answers hold the code {wide.min()}.", "Give -1 where there is none.")
        items, raters = np.nonzero(wide >= 0)
        codes = wide[items, raters]
        named = None if families is None else tuple(families)
        return cls(items, raters, codes, wide.shape[0], wide.shape[1], n_classes, named)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """Where each item's answers begin, [N + 1]: those of item i are `starts[i]:starts[i + 1]`."""
        starts = np.zeros(self.n_items + 1, np.intp)
        np.cumsum(self.per_item, out=starts[1:])
        return starts

    @cached_property
    def per_item(self) -> NDArray[np.intp]:
        """How many answers each item has, [N]."""
        return np.bincount(self.items, minlength=self.n_items)

    @cached_property
    def per_rater(self) -> NDArray[np.intp]:
        """How many answers each rater gave, [R]."""
        return np.bincount(self.raters, minlength=self.n_raters)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which items have an answer, bool [N]."""
        return self.per_item > 0

    @cached_property
    def split(self) -> NDArray[np.bool_]:
        """Return on which items two raters name different classes, bool [N]."""
        low = np.full(self.n_items, self.n_classes, np.int32)
        high = np.full(self.n_items, -1, np.int32)
        np.minimum.at(low, self.items, self.codes)
        np.maximum.at(high, self.items, self.codes)
        found: NDArray[np.bool_] = high > low
        return found

    def counts(self, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return how many raters gave each item each class, float64 [N, K].

        Parameters
        ----------
        weights
            float64 [M]: what each answer counts; 1 by default.
        """
        flat = self.items.astype(np.int64) * self.n_classes + self.codes
        found = np.bincount(flat, weights, minlength=self.n_items * self.n_classes)
        return found.astype(np.float64).reshape(self.n_items, self.n_classes)

    def table(self, weights: NDArray[np.float64] | None = None) -> csr_matrix:
        """Return a sparse matrix [N, R·K] with what the answer of rater r with class a counts at column r·K + a."""
        from scipy.sparse import csr_matrix

        column = self.raters.astype(np.int64) * self.n_classes + self.codes
        values = np.ones(len(self)) if weights is None else weights
        shape = (self.n_items, self.n_raters * self.n_classes)
        return csr_matrix((values, column, self.starts), shape=shape)

    def only(self, kept: NDArray[np.bool_]) -> Answers:
        """Return some of the answers, bool [M]; items, raters and classes keep their numbers."""
        triple = (self.items[kept], self.raters[kept], self.codes[kept])
        return Answers(*triple, self.n_items, self.n_raters, self.n_classes, self.families, self.names)

    def without(self, raters: Sequence[int]) -> Answers:
        """Return the answers of all raters but some."""
        return self.only(~np.isin(self.raters, np.asarray(raters, np.int32)))

    def plus(self, items: ArrayLike, raters: ArrayLike, codes: ArrayLike) -> Answers:
        """Return these answers and some more.

        Parameters
        ----------
        items, raters, codes
            int [m] each, as of the class.

        Raises
        ------
        DataError
            A second answer of a rater on an item, or what is out of range.
        """
        more = (self.items, items), (self.raters, raters), (self.codes, codes)
        triple = [np.concatenate([old, np.asarray(new, np.int32)]) for old, new in more]
        return Answers(
            triple[0], triple[1], triple[2], self.n_items, self.n_raters, self.n_classes, self.families, self.names
        )

    def family_of(self) -> NDArray[np.int32]:
        """Return a number a family, int32 [R]; whoever has none is a family of its own."""
        if self.families is None:
            return np.arange(self.n_raters, dtype=np.int32)
        names = [name or f"\0{rater}" for rater, name in enumerate(self.families)]
        return np.unique(names, return_inverse=True)[1].astype(np.int32).ravel()


def _checked(column: Any, name: str, limit: int) -> NDArray[np.int32]:
    """Return one column of the triplets as int32 [M]; refuse what is no position or code."""
    found = np.asarray(column)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise DataError(
            f"The {name} of the answers are an array of the shape {found.shape} and the type {found.dtype}.",
            "Give whole numbers, one an answer.",
        )
    bad = np.flatnonzero((found < 0) | (found >= limit))
    if len(bad):
        raise DataError(
            f"Answer {bad[0]:,} names {found[bad[0]]} among its {name}, of which there are {limit:,}.",
            "Leave out abstentions, and answers on items or classes that are gone.",
        )
    return np.ascontiguousarray(found, np.int32)
