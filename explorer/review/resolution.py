"""Votes resolved into labels: what they come to by a rule, said before it is written, and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.consensus import consensus
from explorer.dataset.votes import RaterVotes, Votes
from explorer.errors import DataError, UnknownName
from explorer.labels.model.states import Reason
from explorer.pipeline.answers import answers_of
from explorer.review.blind import CONFIDENCE
from explorer.review.decisions import Decisions
from explorer.review.state import ReviewState
from explorer.utils.numbers import whole
from explorer.utils.text import Spoken, counted, joined

Rule = Literal["majority", "unanimous", "consensus"]
"""How votes become a label."""

SENTENCES = {
    "majority": "more than half of an item's votes",
    "unanimous": "all votes of an item alike",
    "consensus": "what raters come to, each counted as it is right",
}
"""What each rule says."""


class Ballot(NamedTuple):
    """Votes, and the labels that they are about, of one moment.

    Attributes
    ----------
    heard
        Votes that count.
    classes, active
        Class names by code, and those that a label may still be.
    given
        int32 [N]: class codes of the given labels; -1 is none.
    decided
        bool [N]: which items have been decided on.
    ids
        Item ids.
    events, base
        Newest event of each item that has one, by position; what stands for none.
    """

    heard: tuple[RaterVotes, ...]
    classes: tuple[str, ...]
    active: frozenset[str]
    given: NDArray[np.int32]
    decided: NDArray[np.bool_]
    ids: NDArray[np.object_]
    events: dict[int, str]
    base: str


@dataclass(frozen=True, eq=False, repr=False)
class Outlook(Spoken):
    """What votes would become.

    Attributes
    ----------
    rule, votes, raters
        The rule, the fewest votes an item, and names of those whose votes count.
    labels
        Position and class of the items whose label the votes settle.
    before
        Class of each of them that is its given label; "" for none.
    several, neither, undecided
        Positions of items of which several classes fit, none fits, and on which the rule found no answer.
    few
        How many items have votes, but fewer than that.
    evidence
        By position: how many voted what; a class that is called "both" or "neither" stands behind "=".
    expected
        By item id: the event that each of those to be decided on had.

    Examples
    --------
    >>> review.raters.outlook("unanimous", votes=2).changed  # doctest: +SKIP
    ('img-7', 'img-9')
    """

    rule: Rule
    votes: int
    raters: tuple[str, ...]
    labels: tuple[tuple[int, str], ...]
    before: tuple[str, ...]
    several: tuple[int, ...]
    neither: tuple[int, ...]
    undecided: tuple[int, ...]
    few: int
    evidence: dict[int, dict[str, int]]
    expected: dict[str, str]
    ids: NDArray[np.object_]

    @property
    def changed(self) -> tuple[str, ...]:
        """Ids of the items that would have another label."""
        return tuple(
            str(self.ids[at]) for (at, name), given in zip(self.labels, self.before, strict=True) if name != given
        )

    @property
    def kept(self) -> tuple[str, ...]:
        """Ids of the items whose given label would be confirmed."""
        pairs = zip(self.labels, self.before, strict=True)
        return tuple(str(self.ids[at]) for (at, name), given in pairs if name == given)

    def changes(self) -> list[tuple[str, str, int]]:
        """Return which given label would become which, and how often; the commonest first, "" is no label."""
        pairs = Counter(
            (given, name) for (_, name), given in zip(self.labels, self.before, strict=True) if name != given
        )
        return [(given, name, n) for (given, name), n in pairs.most_common()]

    def sentence(self) -> str:
        """Say it in plain words."""
        few = (
            f" {counted(self.few, 'item')} with fewer than {counted(self.votes, 'vote')} would stay open."
            if self.few
            else ""
        )
        return f"By {SENTENCES[self.rule]}, {_told(self, 'would change', 'be kept', 'would fit')}{few}"


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
        return f"By {SENTENCES[self.rule]}, {_told(self, 'changed', 'kept', 'fit')}"


def _told(found: Outlook | Resolution, changed: str, kept: str, fit: str) -> str:
    several, neither, undecided = len(found.several), len(found.neither), len(found.undecided)
    return (
        f"{counted(len(found.changed), 'label')} {changed} and {len(found.kept):,} {kept}; "
        f"{several:,} {fit} several classes, {neither:,} none; {undecided:,} undecided."
    )


def ballot(state: ReviewState, votes: Votes, raters: Sequence[str] | None) -> Ballot:
    """Return the votes of some raters, by default of people, with the labels now; `UnknownName` for an unknown one."""
    with state.lock:
        names = [one.name for one in votes if one.kind == "person"] if raters is None else list(dict.fromkeys(raters))
        return Ballot(
            tuple(votes.rater(name) for name in names),
            state.classes,
            frozenset(state.labels.active),
            state.given.copy(),
            state.decided(),
            state.dataset.item_ids,
            state.events,
            state.base_event,
        )


def weighed(seen: Ballot) -> NDArray[np.float32] | None:
    """Return the consensus of those who are heard, and of nobody else, float32 [N, K]; `None` without a vote."""
    answers = answers_of(Votes(seen.heard, len(seen.ids)), max(1, len(seen.classes)))
    return None if answers is None or not len(answers) else consensus(answers).posterior


def outlook(
    seen: Ballot, rule: Rule, fewest: int, asked: NDArray[np.intp], posterior: NDArray[np.float32] | None = None
) -> Outlook:
    """Say what votes come to.

    Parameters
    ----------
    fewest
        Votes that an item needs.
    asked
        Positions.
    posterior
        What `weighed` returns, for the rule "consensus".

    Raises
    ------
    UnknownName
        A rule that there is none of.
    """
    if rule not in get_args(Rule):
        raise UnknownName("rule", rule, get_args(Rule))
    least = whole(fewest, 1, 10**6, f"votes={fewest!r} is no number of votes.", "Give 1 or more")
    classes, ids, given = seen.classes, seen.ids, seen.given
    counts = _counts(seen)
    totals = np.bincount(counts.items, counts.counts, len(ids))[asked]
    rows = asked[totals >= least]
    answers = _answers(rule, counts, rows, seen, posterior)
    both, neither = len(classes), len(classes) + 1
    labelled = (answers >= 0) & (answers < both)
    labels = [(int(row), classes[code]) for row, code in zip(rows[labelled], answers[labelled], strict=True)]
    decided = rows[answers >= 0]
    return Outlook(
        rule=rule,
        votes=least,
        raters=tuple(one.name for one in seen.heard),
        labels=tuple(labels),
        before=tuple(classes[given[row]] if given[row] >= 0 else "" for row, _ in labels),
        several=tuple(rows[answers == both].tolist()),
        neither=tuple(rows[answers == neither].tolist()),
        undecided=tuple(rows[answers < 0].tolist()),
        few=int(((totals > 0) & (totals < least)).sum()),
        evidence=_evidence(counts, decided, classes),
        expected={str(ids[row]): seen.events.get(row, seen.base) for row in decided.tolist()},
        ids=ids,
    )


def resolve(state: ReviewState, decisions: Decisions, found: Outlook) -> Resolution:
    """Write what votes come to into the labels, as one commit: labels, and marks for either reason.

    Raises
    ------
    DataError
        The dataset has become another one since.
    Conflict
        Somebody decided on one of the items since; nothing was written.
    """
    if found.ids is not state.dataset.item_ids:
        raise DataError("The dataset changed since this was looked at.", "Look again.")
    ids, who = found.ids, joined(list(found.raters), 8)
    message = (
        f"Votes of {who}, resolved by the rule {found.rule!r} from at least {counted(found.votes, 'vote')} an item"
    )
    names = [name for _, name in found.labels]
    marked = [*found.several, *found.neither]
    positions = [*(position for position, _ in found.labels), *marked]
    decisions.edit(
        [*("keep" if name == given else "set" for name, given in zip(names, found.before, strict=True))]
        + ["flag"] * len(marked),
        [str(ids[position]) for position in positions],
        label=names + [""] * len(marked),
        reason=[""] * len(names)
        + [Reason.SEVERAL_FIT.value] * len(found.several)
        + [Reason.NONE_FITS.value] * len(found.neither),
        why=message,
        message=message,
        expected=found.expected,
        evidence=[{"rule": found.rule, "votes": found.evidence[position], "raters": who} for position in positions],
    )
    several, neither, undecided = (
        tuple(str(ids[p]) for p in part) for part in (found.several, found.neither, found.undecided)
    )
    return Resolution(found.rule, found.changed, found.kept, several, neither, undecided)


class _Counts(NamedTuple):
    """How often each answer was given to each item, int64 [C] each: by item, then the commonest first.

    Answers are class codes; K is "both" and K + 1 "neither".
    """

    items: NDArray[np.int64]
    answers: NDArray[np.int64]
    counts: NDArray[np.int64]


def _counts(seen: Ballot) -> _Counts:
    kinds = len(seen.classes) + 2
    cells = [np.empty(0, dtype=np.int64)]
    for one in seen.heard:
        answers = one.codes.astype(np.int64)
        if one.confidence is not None:
            answers[(one.codes < 0) & (one.confidence == CONFIDENCE["both"])] = kinds - 2
            answers[(one.codes < 0) & (one.confidence == CONFIDENCE["neither"])] = kinds - 1
        cells.append((one.items.astype(np.int64) * kinds + answers)[answers >= 0])
    found, counts = np.unique(np.concatenate(cells), return_counts=True)
    order = np.lexsort((-counts, found // kinds))
    return _Counts(found[order] // kinds, found[order] % kinds, counts[order])


def _answers(
    rule: Rule, counts: _Counts, rows: NDArray[np.intp], seen: Ballot, posterior: NDArray[np.float32] | None
) -> NDArray[np.int64]:
    """Return the answer to each of some items that have votes, int64 [rows]; -1 where the rule finds none."""
    first = np.searchsorted(counts.items, rows)
    totals = np.bincount(counts.items, counts.counts, len(seen.ids))[rows]
    best, most = counts.answers[first], counts.counts[first]
    found = np.where(most == totals if rule == "unanimous" else 2 * most > totals, best, -1)
    k = len(seen.classes)
    if rule == "consensus":
        none = counts.answers >= k
        unnamed = np.bincount(counts.items[none], counts.counts[none], len(seen.ids))[rows]
        likely = np.full(len(rows), -1)
        if posterior is not None:
            likely = np.where(posterior[rows].max(axis=1) >= 0.5, posterior[rows].argmax(axis=1), -1)
        found = np.where(2 * unnamed > totals, np.where(found >= k, found, -1), likely)
    allowed = np.array([*(name in seen.active for name in seen.classes), True, True])
    return np.where(allowed[found], found, -1)


def _evidence(counts: _Counts, rows: NDArray[np.intp], classes: Sequence[str]) -> dict[int, dict[str, int]]:
    """Return what was answered on some items, by the names that people know."""
    names = [*(f"={name}" if name in CONFIDENCE else name for name in classes), *CONFIDENCE]
    first, last = np.searchsorted(counts.items, rows), np.searchsorted(counts.items, rows, side="right")
    answers, n = counts.answers.tolist(), counts.counts.tolist()
    return {
        row: {names[answers[at]]: n[at] for at in range(start, end)}
        for row, start, end in zip(rows.tolist(), first.tolist(), last.tolist(), strict=True)
    }
