"""Second opinions: a queue that shows a rater neither the label nor what others say, and votes resolved into labels."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.votes import RaterVotes, Votes
from explorer.errors import DataError, UnknownName
from explorer.labels.model.states import Reason
from explorer.review.decisions import Decisions
from explorer.review.state import ReviewState
from explorer.utils.numbers import whole
from explorer.utils.text import Spoken, counted, joined

Mode = Literal["label", "choice"]
"""What is asked: which class it is, or which of the given and the suggested label."""

Rule = Literal["majority", "unanimous", "consensus"]
"""How votes become a label."""

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
    record
        Stores a vote: rater, position, class code (-1 for none), confidence.
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
        record: Callable[[str, int, int, float], None],
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
        self._state, self._record, self._finish = state, record, finish
        with state.lock:
            known = suspects(state) if asked is None else np.asarray(asked, dtype=np.intp)
            self._pairs = pairs(state, known) if mode == "choice" else {}
            self._asked = [i for i in known.tolist() if mode == "label" or i in self._pairs]
        self._answered = 0

    def __len__(self) -> int:
        """How many items the rater is still to be asked about."""
        return len(self._open())

    def __repr__(self) -> str:
        return f"BlindQueue({self.rater!r}, {counted(len(self), 'item')} to answer, {self.votes} votes wanted an item)"

    @property
    def items(self) -> list[str]:
        """Ids of the items that the rater is still to be asked about, in order."""
        ids = self._state.dataset.item_ids
        return [str(ids[i]) for i in self._open()]

    def next(self) -> Question | None:
        """Return the next question; `None` where all is answered."""
        left = self._open()
        return self.question(left[0]) if left else None

    def question(self, position: int) -> Question:
        """Return what is asked about an item of the queue; `DataError` for any other."""
        if position not in self._asked:
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
        self._record(self.rater, position, code, confidence)
        self._answered += 1

    def close(self) -> None:
        """Have the scores computed anew with what was answered."""
        if self._answered:
            self._answered = 0
            self._finish()

    def _shuffled(self, position: int) -> tuple[int, int]:
        """Return the two classes of a choice in an order that is the same whenever this rater is asked."""
        given, suggested = self._pairs[position]
        item = str(self._state.dataset.item_ids[position])
        rng = np.random.default_rng([zlib.crc32(self.rater.encode()), zlib.crc32(item.encode())])
        return (given, suggested) if rng.random() < 0.5 else (suggested, given)

    def _open(self) -> list[int]:
        with self._state.lock:
            votes, n = self._state.votes, len(self._state.dataset)
            counts, mine = np.zeros(n, dtype=np.intp), np.zeros(n, dtype=bool)
            for one in votes or ():
                if one.name == self.rater:
                    mine[one.items] = True
                elif one.kind == "person":
                    counts[one.items[answered(one)]] += 1
        return [i for i in self._asked if not mine[i] and counts[i] < self.votes]


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


@dataclass(frozen=True, eq=False, repr=False)
class Resolution(Spoken):
    """What votes became.

    Attributes
    ----------
    rule
        By which they were resolved.
    changed, kept, several, neither, undecided
        Ids of items with another label now, with the given one confirmed, marked with "several fit" and "none fits",
        and of those on which the rule found no answer, which stay open.
    """

    rule: str
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    several: tuple[str, ...]
    neither: tuple[str, ...]
    undecided: tuple[str, ...]

    def sentence(self) -> str:
        """Say it in plain words."""
        return (
            f"By the rule {self.rule!r} {counted(len(self.changed), 'label')} changed and {len(self.kept):,} kept; "
            f"{len(self.several):,} fit several classes, {len(self.neither):,} none; {len(self.undecided):,} undecided."
        )


def resolve(
    state: ReviewState,
    decisions: Decisions,
    heard: Sequence[RaterVotes],
    rule: Rule,
    fewest: int,
    asked: Sequence[int],
    posterior: NDArray[np.float32] | None = None,
) -> Resolution:
    """Write what votes come to into the labels: a commit of labels, and one of marks for either reason.

    Parameters
    ----------
    heard
        Votes that count.
    fewest
        Votes that an item needs.
    asked
        Positions.
    posterior
        float32 [N, K]: the consensus, for the rule of that name.

    Raises
    ------
    UnknownName
        A rule that there is none of.
    """
    if rule not in get_args(Rule):
        raise UnknownName("rule", rule, get_args(Rule))
    least = whole(fewest, 1, 10**6, f"votes={fewest!r} is no number of votes.", "Give 1 or more")
    with state.lock:
        classes, given, ids = state.classes, state.given.copy(), state.dataset.item_ids
        said = _said(Votes(tuple(heard), len(ids)), classes, asked)
    found: dict[str, list[tuple[int, str]]] = {"label": [], "both": [], "neither": [], "": []}
    for position in asked:
        counts = said.get(position, Counter())
        if counts.total() < least:
            continue
        answer = _answer(rule, counts, None if posterior is None else posterior[position], classes)
        found[answer if answer in found else "label"].append((position, answer.removeprefix("=")))
    who = joined([one.name for one in heard], 8)
    message = f"Votes of {who}, resolved by the rule {rule!r} from at least {counted(least, 'vote')} an item"

    def write(op: str | list[str], rows: list[tuple[int, str]], **how: str | list[str]) -> None:
        evidence = [{"rule": rule, "votes": _plain(said[position]), "raters": who} for position, _ in rows]
        names = [str(ids[position]) for position, _ in rows]
        label, reason = how.get("label"), str(how.get("reason", ""))
        decisions.edit(op, names, label=label, reason=reason, why=message, message=message, evidence=evidence)

    labels = found["label"]
    same = [given[position] >= 0 and classes[given[position]] == name for position, name in labels]
    if labels:
        write(["keep" if one else "set" for one in same], labels, label=[name for _, name in labels])
    if found["both"]:
        write("flag", found["both"], reason=Reason.SEVERAL_FIT.value)
    if found["neither"]:
        write("flag", found["neither"], reason=Reason.NONE_FITS.value)
    return Resolution(
        rule,
        tuple(str(ids[p]) for (p, _), one in zip(labels, same, strict=True) if not one),
        tuple(str(ids[p]) for (p, _), one in zip(labels, same, strict=True) if one),
        *(tuple(str(ids[p]) for p, _ in found[name]) for name in ("both", "neither", "")),
    )


def _said(votes: Votes, classes: Sequence[str], asked: Sequence[int]) -> dict[int, Counter[str]]:
    """Count the answers on each item: class names behind "=", so that a class called "both" is none of the others."""
    wanted, found = frozenset(asked), dict[int, Counter[str]]()
    for one in votes:
        sure = np.full(len(one), np.nan) if one.confidence is None else one.confidence
        for position, code, confidence in zip(one.items.tolist(), one.codes.tolist(), sure.tolist(), strict=True):
            if position not in wanted or (code < 0 and confidence not in (0.0, 1.0)):
                continue
            answer = f"={classes[code]}" if code >= 0 else "both" if confidence else "neither"
            found.setdefault(position, Counter())[answer] += 1
    return found


def _plain(counts: Counter[str]) -> dict[str, int]:
    """Return what was counted by the names that people know."""
    return {name.removeprefix("="): n for name, n in counts.most_common()}


def _answer(rule: Rule, counts: Counter[str], posterior: NDArray[np.float32] | None, classes: Sequence[str]) -> str:
    """Return "=" and a class name, "both" or "neither"; "" where the rule finds none."""
    if rule == "consensus":
        assert posterior is not None
        best = int(posterior.argmax())
        return f"={classes[best]}" if posterior[best] >= 0.5 else ""
    answer, n = counts.most_common(1)[0]
    enough = n == counts.total() if rule == "unanimous" else 2 * n > counts.total()
    return answer if enough else ""
