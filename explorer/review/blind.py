"""Second opinions: a queue that shows a rater neither the label nor what others say."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.votes import RaterVotes
from explorer.errors import DataError, UnknownName
from explorer.review.state import ReviewState
from explorer.review.stored_votes import Answer, StoredVotes
from explorer.utils.numbers import whole
from explorer.utils.text import counted

Mode = Literal["label", "choice"]
"""What is asked: which class it is, or which of the given and the suggested label."""

CHOICES = ("first", "second", "both", "neither")
"""Answers to a choice, in the order of the keys 1 to 4."""

CONFIDENCE = {"both": 1.0, "neither": 0.0}
"""How "both" and "neither" are kept: as abstentions with this confidence. Any other abstention is no answer."""


@dataclass(frozen=True)
class Question:
    """What a rater is asked about an item. It holds nothing of its label, nor of what anybody said.

    Attributes
    ----------
    item, position
        Which.
    options
        Class names: all, or the two of a choice, in an order that does not tell which is the given one.
    suggestion
        The suggested label; `None` where it is hidden, as it always is in a choice.
    """

    item: str
    position: int
    options: tuple[str, ...]
    suggestion: str | None = None


class BlindQueue:
    """Asks one rater about items, one by one, and keeps each answer as that rater's vote. Touches no label.

    Made by `Raters.blind`. What the rater has answered before is not asked again, so the same queue later goes on.

    Parameters
    ----------
    stored
        Keeps the answers, and tells what others answer meanwhile.
    finish
        Tells the review that votes have changed.
    asked
        Positions; `None` for the suspects that nobody has decided on.

    Raises
    ------
    UnknownName, DataError
        A mode that there is none of; no rater's name; fewer than one vote.

    Examples
    --------
    >>> queue = review.raters.blind("bob", votes=3)
    >>> queue.next() is None or queue.next().suggestion is None
    True
    """

    def __init__(
        self,
        state: ReviewState,
        stored: StoredVotes,
        finish: Callable[[], None],
        rater: str,
        votes: int = 3,
        hide_suggestion: bool = True,
        asked: Sequence[int] | None = None,
        mode: Mode = "label",
    ) -> None:
        if mode not in get_args(Mode):
            raise UnknownName("mode", mode, get_args(Mode))
        if not isinstance(rater, str) or not rater.strip():
            raise DataError(f"The rater is {rater!r}.", "Give its name, as text.")
        self.rater, self.mode, self.hide_suggestion = rater, mode, hide_suggestion
        self.votes = whole(votes, 1, 10**6, f"votes={votes!r} is no number of votes.", "Give 1 or more")
        self._state, self._stored, self._finish = state, stored, finish
        with state.lock:
            known = self._begin() if asked is None else np.asarray(asked, dtype=np.intp)
            self._pairs = pairs(state, known) | self._begun_pairs() if mode == "choice" else {}
            self._asked = [i for i in known.tolist() if mode == "label" or i in self._pairs]
        self._place = {position: at for at, position in enumerate(self._asked)}
        self._answered = 0
        self._reading = self._heard = -1
        self._follow()

    def __len__(self) -> int:
        """How many items the rater is still to be asked about."""
        self._follow()
        return self._left

    def __repr__(self) -> str:
        return f"BlindQueue({self.rater!r}, {counted(len(self), 'item')} to answer, {self.votes} votes wanted an item)"

    @property
    def items(self) -> list[str]:
        """Ids of the items that the rater is still to be asked about, in order."""
        ids = self._state.dataset.item_ids
        self._follow()
        return [str(ids[self._asked[at]]) for at in np.flatnonzero(self._open).tolist()]

    def next(self) -> Question | None:
        """Return the next question; `None` where all is answered."""
        self._follow()
        while self._at < len(self._asked) and not self._open[self._at]:
            self._at += 1
        return self.question(self._asked[self._at]) if self._at < len(self._asked) else None

    def question(self, position: int) -> Question:
        """Return what is asked about an item of the queue; `DataError` for any other."""
        if position not in self._place:
            raise DataError(f"The queue of {self.rater!r} does not ask about item {position}.", "See queue.items.")
        state = self._state
        with state.lock:
            item, classes = str(state.dataset.item_ids[position]), state.classes
            if self.mode == "choice":
                return Question(item, position, tuple(classes[c] for c in self._shuffled(position)))
            combined = state.results.combined
            code = -1 if self.hide_suggestion or combined is None else int(combined.suggested[position])
            return Question(item, position, classes, classes[code] if code >= 0 else None)

    def answer(self, item: str, answer: str | None) -> None:
        """Keep the rater's answer on an item; a later one takes its place.

        Parameters
        ----------
        item
            An id, as `next().item` is.
        answer
            A class name, or in a choice "first", "second", "both" or "neither" as well; `None` is no answer: the item
            is not asked about again, and has no vote.

        Raises
        ------
        UnknownName, DataError
            An answer that is none; an item that the queue does not ask about.
        """
        position = self._state.dataset.position(item)
        asked = self.question(position)
        code, confidence = -1, float("nan")
        if answer is not None:
            options = asked.options if self.mode == "label" else (*CHOICES, *asked.options)
            if answer not in options:
                raise UnknownName("answer", answer, options)
            name = asked.options[CHOICES.index(answer)] if self.mode == "choice" and answer in CHOICES[:2] else answer
            if self.mode == "choice" and answer in CONFIDENCE:
                confidence = CONFIDENCE[answer]
            else:
                code = self._state.classes.index(name)
        self._stored.record(self.rater, position, code, confidence)
        one = None
        if self.mode == "choice":
            given, suggested = self._pairs[position]
            one = (self._state.classes[given], self._state.classes[suggested])
        self._stored.begun[item] = one or self._stored.begun.get(item)
        self._answered += 1

    def close(self) -> None:
        """Have the scores computed anew with what was answered."""
        if self._answered:
            self._answered = 0
            self._finish()

    def _begin(self) -> NDArray[np.intp]:
        """Return the suspects, and behind them the open items that others were asked about while they were suspects."""
        found, open_ = suspects(self._state), ~self._state.decided()
        places = [self._state.dataset.place(item) for item in self._stored.begun]
        begun = np.array([each for each in places if each is not None and open_[each]], dtype=np.intp)
        return np.concatenate([found, begun[~np.isin(begun, found)]])

    def _begun_pairs(self) -> dict[int, tuple[int, int]]:
        """Return the two classes that others were asked about, of items that are there."""
        place, code = self._state.dataset.place, {name: at for at, name in enumerate(self._state.classes)}
        return {
            at: (code[one[0]], code[one[1]])
            for item, one in self._stored.begun.items()
            if one is not None and (at := place(item)) is not None and one[0] in code and one[1] in code
        }

    def _shuffled(self, position: int) -> tuple[int, int]:
        """Return the two classes of a choice in an order that is the same whenever this rater is asked."""
        given, suggested = self._pairs[position]
        item = str(self._state.dataset.item_ids[position])
        rng = np.random.default_rng([zlib.crc32(self.rater.encode()), zlib.crc32(item.encode())])
        return (given, suggested) if rng.random() < 0.5 else (suggested, given)

    def _follow(self) -> None:
        """Take up what was answered since, by whomever."""
        with self._state.lock:
            self._stored.follow()
            if self._reading != self._stored.readings:
                self._count()
            for one in self._stored.answers[self._heard :]:
                self._hear(one)
            self._heard = len(self._stored.answers)

    def _count(self) -> None:
        """Count all votes. What came one by one is counted with them."""
        n, asked = len(self._state.dataset), np.array(self._asked, dtype=np.intp)
        counts, mine = np.zeros(n, dtype=np.intp), np.zeros(n, dtype=bool)
        self._people: dict[str, NDArray[np.int32]] = {}
        for one in self._state.votes or ():
            if one.name == self.rater:
                mine[one.items] = True
            elif one.kind == "person":
                self._people[one.name] = one.items[answered(one)]
                counts[self._people[one.name]] += 1
        self._counts, self._mine = counts[asked], mine[asked]
        self._later: dict[tuple[str, int], bool] = {}
        self._open = ~self._mine & (self._counts < self.votes)
        self._at, self._left = 0, int(self._open.sum())
        self._reading, self._heard = self._stored.readings, len(self._stored.answers)

    def _hear(self, one: Answer) -> None:
        """Take up one answer. Costs the same however many votes there are."""
        at = self._place.get(one.position)
        if at is None:
            return
        if one.rater == self.rater:
            self._mine[at] = True
        elif one.kind == "person":
            known = self._people.get(one.rater)
            before = self._later.get((one.rater, at))
            if before is None:
                i = 0 if known is None else int(np.searchsorted(known, one.position))
                before = known is not None and i < len(known) and int(known[i]) == one.position
            now = one.code >= 0 or math.isfinite(one.confidence)
            self._later[one.rater, at] = now
            self._counts[at] += int(now) - int(before)
        is_open = bool(not self._mine[at] and self._counts[at] < self.votes)
        self._left += int(is_open) - int(self._open[at])
        self._open[at] = is_open
        if is_open:
            self._at = min(self._at, at)


def answered(votes: RaterVotes) -> NDArray[np.bool_]:
    """Say which of a rater's votes are answers, bool [m]: a class, or "both" or "neither"."""
    named: NDArray[np.bool_] = votes.codes >= 0
    return named if votes.confidence is None else named | np.isfinite(votes.confidence)


def suspects(state: ReviewState) -> NDArray[np.intp]:
    """Return the suspects that nobody has decided on, the worst first; all open items where there are no scores."""
    combined, open_ = state.results.combined, ~state.decided()
    if combined is None:
        return np.flatnonzero(open_)
    rows = np.flatnonzero(open_ & combined.is_issue)
    return rows[np.argsort(-combined.p_error[rows], kind="stable")]


def pairs(state: ReviewState, rows: NDArray[np.intp]) -> dict[int, tuple[int, int]]:
    """Return the given and the suggested class of items that have both, and where they differ."""
    combined = state.results.combined
    if combined is None:
        raise DataError("There are no suggested labels yet.", "Wait for the scores: review.wait('score').")
    given, suggested = state.given[rows].tolist(), combined.suggested[rows].tolist()
    both = zip(rows.tolist(), given, suggested, strict=True)
    return {int(row): (a, b) for row, a, b in both if a >= 0 and b >= 0 and a != b}
