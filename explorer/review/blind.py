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
from explorer.review.label_columns import is_decided
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
        Class names: all that a label may be, or the two of a choice, in an order that does not tell which is given.
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
        Positions, also of items that are decided on; `None` for the suspects that nobody has decided on.

    Raises
    ------
    UnknownName, DataError
        A mode that there is none of; no rater's name, or that of one who is no person; fewer than one vote.

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
        self.rater, self.mode, self.hide_suggestion = rater.strip(), mode, hide_suggestion
        self.votes = whole(votes, 1, 10**6, f"votes={votes!r} is no number of votes.", "Give 1 or more")
        self._state, self._stored, self._finish = state, stored, finish
        self._suspects = asked is None
        with state.lock:
            _check_person(state, self.rater)
            known = self._begin() if asked is None else np.asarray(asked, dtype=np.intp)
            ids = [str(state.dataset.item_ids[position]) for position in known.tolist()]
            self._pairs = self._pairs_of(known) if mode == "choice" else {}
            self._ids = [item for item in ids if mode == "label" or item in self._pairs]
            self._answered = 0
            self._put()
            self._follow()

    def __len__(self) -> int:
        """How many items the rater is still to be asked about."""
        return len(self._todo())

    def __repr__(self) -> str:
        return f"BlindQueue({self.rater!r}, {counted(len(self), 'item')} to answer, {self.votes} votes wanted an item)"

    @property
    def items(self) -> list[str]:
        """Ids of the items that the rater is still to be asked about, in order."""
        with self._state.lock:
            ids = self._state.dataset.item_ids
            return [str(ids[self._asked[at]]) for at in self._todo().tolist()]

    def next(self) -> Question | None:
        """Return the next question; `None` where all is answered."""
        with self._state.lock:
            todo = self._todo()
            return self.question(int(self._asked[todo[0]])) if len(todo) else None

    def question(self, position: int) -> Question:
        """Return what is asked about an item of the queue; `DataError` for any other."""
        state = self._state
        with state.lock:
            self._follow()
            if position not in self._place:
                raise DataError(f"The queue of {self.rater!r} does not ask about item {position}.", "See queue.items.")
            item, classes, active = str(state.dataset.item_ids[position]), state.classes, self._active()
            if self.mode == "choice":
                return Question(item, position, tuple(classes[c] for c in self._shuffled(item)))
            combined, options = state.results.combined, tuple(active)
            code = -1 if self.hide_suggestion or combined is None else int(combined.suggested[position])
            suggestion = classes[code] if code >= 0 and classes[code] in active else None
            return Question(item, position, options, suggestion)

    def answer(self, item: str, answer: str | None) -> None:
        """Keep the rater's answer on an item; a later one takes its place.

        Parameters
        ----------
        item
            An id, as `next().item` is.
        answer
            A class name, or in a choice "first", "second", "both" or "neither" as well, which are never read as the
            name of a class; `None` is no answer: the item is not asked about again, and has no vote.

        Raises
        ------
        UnknownName, DataError
            An answer that is none; an item that the queue does not ask about.
        """
        with self._state.lock:
            position = self._state.dataset.position(item)
            self._keep(self.question(position), answer)

    def close(self) -> None:
        """Have the scores computed anew with what was answered."""
        if self._answered:
            self._answered = 0
            self._finish()

    def _keep(self, asked: Question, answer: str | None) -> None:
        """Store an answer, and note that others are to be asked the same."""
        item, position = asked.item, asked.position
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
        self._answered += 1
        combined = self._state.results.combined
        if self._suspects or (combined is not None and combined.is_issue[position]):
            one = None
            if self.mode == "choice":
                given, suggested = self._pairs[item]
                one = (self._state.classes[given], self._state.classes[suggested])
            self._stored.begun[item] = one or self._stored.begun.get(item)

    def _begin(self) -> NDArray[np.intp]:
        """Return the suspects, and behind them the open items that others were asked about while they were suspects."""
        found, open_ = suspects(self._state), ~self._state.decided()
        places = [self._state.dataset.place(item) for item in self._stored.begun]
        begun = np.array([each for each in places if each is not None and open_[each]], dtype=np.intp)
        return np.concatenate([found, begun[~np.isin(begun, found)]])

    def _pairs_of(self, rows: NDArray[np.intp]) -> dict[str, tuple[int, int]]:
        """Return the two classes to choose from, by item: what others were asked, else the given and the suggested."""
        ids, code = self._state.dataset.item_ids, self._active()
        found = {str(ids[at]): pair for at, pair in pairs(self._state, rows).items()}
        found |= {
            item: (code[one[0]], code[one[1]])
            for item, one in self._stored.begun.items()
            if one is not None and one[0] in code and one[1] in code
        }
        allowed = frozenset(code.values())
        return {item: pair for item, pair in found.items() if allowed.issuperset(pair)}

    def _active(self) -> dict[str, int]:
        """Return the codes of the classes that a label may be."""
        active = frozenset(self._state.labels.active)
        return {name: code for code, name in enumerate(self._state.classes) if name in active}

    def _shuffled(self, item: str) -> tuple[int, int]:
        """Return the two classes of a choice in an order that is the same whenever this rater is asked."""
        given, suggested = self._pairs[item]
        rng = np.random.default_rng([zlib.crc32(self.rater.encode()), zlib.crc32(item.encode())])
        return (given, suggested) if rng.random() < 0.5 else (suggested, given)

    def _put(self) -> None:
        """Find the items in the dataset as it is now."""
        places = [self._state.dataset.place(item) for item in self._ids]
        self._asked = np.array([place for place in places if place is not None], dtype=np.intp)
        self._place = {position: at for at, position in enumerate(self._asked.tolist())}
        self._epoch, self._reading, self._heard = self._state.epoch, -1, 0

    def _todo(self) -> NDArray[np.intp]:
        """Return which of the asked items are open still, in order."""
        with self._state.lock:
            self._follow()
            open_ = ~self._mine & (self._counts < self.votes)
            if self._suspects:
                open_ &= ~is_decided(self._state.states[self._asked])
            return np.flatnonzero(open_)

    def _follow(self) -> None:
        """Take up what was answered since, by whomever."""
        with self._state.lock:
            self._stored.follow()
            if self._epoch != self._state.epoch:
                self._put()
            if self._reading != self._stored.readings:
                self._count()
            for one in self._stored.answers[self._heard :]:
                self._hear(one)
            self._heard = len(self._stored.answers)

    def _count(self) -> None:
        """Count all votes. What came one by one is counted with them."""
        n, asked = len(self._state.dataset), self._asked
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


def _check_person(state: ReviewState, rater: str) -> None:
    """Refuse to write into the votes of a rater who is no person."""
    votes = state.votes
    kind = "person" if votes is None or rater not in votes.names else votes.rater(rater).kind
    if kind != "person":
        raise DataError(f"The rater {rater!r} is of the kind {kind!r}, and no person.", "Choose another name.")


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
