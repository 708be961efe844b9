"""Votes resolved into labels: what they come to by a rule, said before it is written, and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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

Rule = Literal["majority", "unanimous", "consensus"]
"""How votes become a label."""

SENTENCES = {
    "majority": "more than half of an item's votes",
    "unanimous": "all votes of an item alike",
    "consensus": "what raters come to, each counted as it is right",
}
"""What each rule says."""


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
        By position: how many voted what.

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
        return f"By the rule {self.rule!r} {_told(self, 'would change', 'be kept', 'would fit')}{few}"


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
        return f"By the rule {self.rule!r} {_told(self, 'changed', 'kept', 'fit')}"


def _told(found: Outlook | Resolution, changed: str, kept: str, fit: str) -> str:
    several, neither, undecided = len(found.several), len(found.neither), len(found.undecided)
    return (
        f"{counted(len(found.changed), 'label')} {changed} and {len(found.kept):,} {kept}; "
        f"{several:,} {fit} several classes, {neither:,} none; {undecided:,} undecided."
    )


def outlook(
    state: ReviewState,
    heard: Sequence[RaterVotes],
    rule: Rule,
    fewest: int,
    asked: Sequence[int],
    posterior: NDArray[np.float32] | None = None,
) -> Outlook:
    """Say what votes come to.

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
    few = 0
    for position in asked:
        counts = said.get(position, Counter())
        if counts.total() < least:
            few += bool(counts)
            continue
        answer = _answer(rule, counts, None if posterior is None else posterior[position], classes)
        found[answer if answer in found else "label"].append((position, answer.removeprefix("=")))
    places = {name: tuple(position for position, _ in rows) for name, rows in found.items()}
    decided = [position for name in ("label", "both", "neither") for position in places[name]]
    return Outlook(
        rule=rule,
        votes=least,
        raters=tuple(one.name for one in heard),
        labels=tuple(found["label"]),
        before=tuple(classes[given[position]] if given[position] >= 0 else "" for position in places["label"]),
        several=places["both"],
        neither=places["neither"],
        undecided=places[""],
        few=few,
        evidence={position: _plain(said[position]) for position in decided},
        ids=ids,
    )


def resolve(state: ReviewState, decisions: Decisions, found: Outlook) -> Resolution:
    """Write what votes come to into the labels: a commit of labels, and one of marks for either reason.

    Raises
    ------
    DataError
        The dataset has become another one since.
    """
    if found.ids is not state.dataset.item_ids:
        raise DataError("The dataset changed since this was looked at.", "Look again.")
    ids, who = found.ids, joined(list(found.raters), 8)
    message = (
        f"Votes of {who}, resolved by the rule {found.rule!r} from at least {counted(found.votes, 'vote')} an item"
    )

    def write(op: str | list[str], positions: Sequence[int], **how: str | list[str]) -> None:
        evidence = [{"rule": found.rule, "votes": found.evidence[position], "raters": who} for position in positions]
        names = [str(ids[position]) for position in positions]
        label, reason = how.get("label"), str(how.get("reason", ""))
        decisions.edit(op, names, label=label, reason=reason, why=message, message=message, evidence=evidence)

    if found.labels:
        same = [name == given for (_, name), given in zip(found.labels, found.before, strict=True)]
        ops = ["keep" if one else "set" for one in same]
        write(ops, [position for position, _ in found.labels], label=[name for _, name in found.labels])
    if found.several:
        write("flag", found.several, reason=Reason.SEVERAL_FIT.value)
    if found.neither:
        write("flag", found.neither, reason=Reason.NONE_FITS.value)
    several, neither, undecided = (
        tuple(str(ids[p]) for p in part) for part in (found.several, found.neither, found.undecided)
    )
    return Resolution(found.rule, found.changed, found.kept, several, neither, undecided)


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
