"""Labelling functions: a rule that somebody writes down gives votes as any other rater does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from explorer.errors import DataError, UnreadableItem
from explorer.progress import Progress
from explorer.utils.text import counted, printable

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset


TOLD = 100
"""Items after which progress is told, and a wish to stop is heard."""


class Applied(NamedTuple):
    """What a labelling function said.

    Attributes
    ----------
    values
        A class, or `None` for an abstention, for each item in order.
    failed
        How many items it raised on.
    first
        The first of these errors with its item, in words; "" for none.
    """

    values: list[Any]
    failed: int
    first: str

    def note(self, name: str) -> str:
        """Say on how many items the function failed; "" for none."""
        if not self.failed:
            return ""
        return f"{name!r} raised on {counted(self.failed, 'item')}, where it abstains; the first: {self.first}"


class LabellingFunction:
    """A function that votes: item → class or `None`, or with `votes_for` item → whether that class fits.

    It can be called like the function that it was made of. `explorer.labelling_function` makes one.

    Parameters
    ----------
    name
        Of the rater.
    function
        Takes what `Dataset.load` returns: a text, a picture, a dict of cells or a vector.
    votes_for
        The class that the function votes for wherever it returns something true; `None` where it names the class.
    family
        What it has in common with other raters whose errors are alike.

    Raises
    ------
    DataError
        The function is none, or the name is empty.
    """

    def __init__(self, name: str, function: Callable[[Any], Any], votes_for: Any = None, family: str = "") -> None:
        if not callable(function):
            raise DataError(f"{function!r} is no function.", "Give a function that takes an item.")
        if not isinstance(name, str) or not name.strip():
            raise DataError(f"The name of the labelling function is {name!r}.", "Give it a name, as text.")
        self.name, self.function, self.votes_for, self.family = printable(name), function, votes_for, family
        self.__doc__ = getattr(function, "__doc__", None)

    def __call__(self, item: Any) -> Any:
        """Return what the function says of an item, as it says it."""
        return self.function(item)

    def __repr__(self) -> str:
        votes = "" if self.votes_for is None else f", votes for {str(self.votes_for)!r}"
        return f"LabellingFunction({self.name!r}{votes})"

    def vote(self, item: Any) -> Any:
        """Return the class that the function gives an item, `None` where it abstains.

        Parameters
        ----------
        item
            As `Dataset.load` gives it.

        Raises
        ------
        DataError
            It votes for one class alone, and returned a text.

        Examples
        --------
        >>> rule = LabellingFunction("says_great", lambda text: "great" in text, votes_for="good")
        >>> rule.vote("a great film"), rule.vote("a film")
        ('good', None)
        """
        found = self.function(item)
        if self.votes_for is None:
            return None if found is False else found
        if isinstance(found, str):
            raise DataError(
                f"It returned {found!r}, and votes for {str(self.votes_for)!r} alone.",
                "Return True or False, or leave votes_for out and return the class.",
            )
        return self.votes_for if found is not None and bool(found) else None

    def apply(self, dataset: Dataset, progress: Progress | None = None) -> Applied:
        """Ask the function about every item, in order. One that it raises on is an abstention.

        Parameters
        ----------
        dataset
            The items.

        Returns
        -------
        Applied
            A class or `None` an item, and on how many it raised.

        Raises
        ------
        Cancelled
            When `progress` says so, between two items.
        DataError
            It raises on every item; names the first one and its error.
        """
        progress = progress or Progress()
        progress.begin(len(dataset), note=self.name)
        values: list[Any] = []
        failed, first, cause = 0, "", None
        for item in range(len(dataset)):
            try:
                value = self.vote(dataset.load(item))
            except UnreadableItem:
                value = None  # what cannot be read is set aside by whoever needs it
            except Exception as error:  # noqa: BLE001  # whatever a person's rule ends in, it says nothing of that item
                failed += 1
                if not first:
                    said = " ".join(str(error).split())[:200]
                    first, cause = f"{dataset.name(item)}: {type(error).__name__}: {said}", error
                value = None
            values.append(value.item() if isinstance(value, np.generic) else value)
            if len(values) % TOLD == 0:
                progress.advance(TOLD)
        progress.advance(len(values) % TOLD)
        if failed and failed == len(dataset):
            raise DataError(
                f"The labelling function {self.name!r} raised on all of the {counted(failed, 'item')}. {first}",
                "Try it on one: function(dataset.load(0)).",
            ) from cause
        return Applied(values, failed, first)


def labelling_function(
    name: str | Callable[[Any], Any] | None = None, *, votes_for: Any = None, family: str = ""
) -> Any:
    """Make a function a rater: `review.add_rater(function)`, or `explorer.read(…, raters=[function])`.

    Parameters
    ----------
    name
        Of the rater; by default the function's own.
    votes_for
        A class: the function returns whether it fits (anything true is a vote for it, anything else an abstention).
        Without it, the function returns a class, or `None` to abstain.
    family
        What it has in common with other raters whose errors are alike.

    Returns
    -------
    callable
        A decorator that makes a `LabellingFunction`, which is called as the function was.

    Examples
    --------
    >>> @labelling_function("mentions_goal", votes_for="Sports")
    ... def mentions_goal(text):
    ...     return "goal" in text
    >>> mentions_goal, mentions_goal.vote("a late goal"), mentions_goal.vote("a late bus")
    (LabellingFunction('mentions_goal', votes for 'Sports'), 'Sports', None)
    """
    if callable(name) and not isinstance(name, str):
        return LabellingFunction(_name_of(name), name, votes_for, family)

    def made(function: Callable[[Any], Any]) -> LabellingFunction:
        return LabellingFunction(_name_of(function) if name is None else name, function, votes_for, family)

    return made


def _name_of(function: Callable[[Any], Any]) -> str:
    own = getattr(function, "__name__", type(function).__name__)
    return "function" if re.fullmatch(r"<.*>", own) else own
