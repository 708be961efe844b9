"""Raters: what each says of an item, how good each is, and what to ask next."""

from __future__ import annotations

from typing import Literal

from explorer.panels.schema.base import Answer, Args, Blob, Int32Array, Natural

BlindMode = Literal["label", "choice"]
VoteRule = Literal["majority", "unanimous", "consensus"]
"""How votes become a label."""


class Saying(Answer):
    """What one rater says of an item; the model and the neighbours are shown alike."""

    name: str
    kind: str
    """person, model, function or import; neighbours for these."""
    family: str
    label: int
    """-1: it abstains."""
    right: float | None
    """How often it is right where it names that class, by the raters' consensus."""
    confidence: float | None
    """As it says itself."""


class Said(Answer):
    """What all say of an item."""

    text: str
    """"2 of 3 raters say dog, both of the same family"."""
    rows: list[Saying]
    posterior: list[tuple[int, float]]
    """Classes and how likely each is by the raters together, the likeliest first."""


class RaterRow(Answer):
    """What is known of a rater; shares are null where nothing is known."""

    name: str
    kind: str
    family: str
    answers: int
    abstentions: int
    accuracy: float | None
    """Expected share of right answers, by the consensus."""
    low: float | None
    high: float | None
    counts_as: float
    """What its answers count on the mean; below 1 where it depends on another."""
    alike: str
    """Whom it agrees with more than their accuracies allow."""
    gold: float | None
    """Share right where people have settled the label."""
    gold_answers: int
    confused: str
    """Its commonest error: "cat → dog"."""
    bias: str
    note: str


class RatersReply(Answer):
    """What is known of the raters."""

    sentence: str
    """The consensus in words, and whether the majority is certified."""
    method: str
    """Which rule it is by, and why that one."""
    agreement: str
    """Krippendorff's alpha, in words."""
    rows: list[RaterRow]
    more: int
    """Raters that are not listed."""


class RaterNameArgs(Args):
    """Which rater."""

    name: str


class Confusion(Answer):
    """How a rater answers, class by class: P(answer | class), a row a class."""

    classes: list[str]
    matrix: list[list[float]]
    more: int
    """Classes that are not shown."""


class AskNextArgs(Args):
    """How many items."""

    n: Natural = 20


class AskNextReply(Answer):
    """What to ask next."""

    items: Int32Array
    """Positions, the most urgent first."""
    text: str
    """Whom to ask, in words; why there are none where there are none."""


class BlindArgs(Args):
    """Whose queue of second opinions, and what is asked in it."""

    rater: str
    mode: BlindMode = "label"
    votes: Natural = 3
    """Votes of people that are wanted an item."""
    hide_suggestion: bool = True
    again: int | None = None
    """An item that was answered and is to be asked about once more; by default what comes next."""


class BlindQuestion(Answer):
    """What a rater is asked about an item; it holds nothing of its label, nor of what anybody said."""

    item: int
    options: list[str]
    """All classes, or the two of a choice, in an order that does not tell which is the given one."""
    suggestion: str | None
    text: str
    """The item in words; "" of a picture."""
    picture: Blob | None


class BlindReply(Answer):
    """What comes next."""

    question: BlindQuestion | None
    """null where all is answered."""
    left: int
    """Items still to be answered."""


class BlindAnswerArgs(Args, kw_only=True):
    """A rater's answer on an item."""

    rater: str
    mode: BlindMode = "label"
    votes: Natural = 3
    hide_suggestion: bool = True
    item: Natural
    answer: str | None
    """A class name; in a choice first, second, both or neither; null for none."""


class ResolutionArgs(Args):
    """How votes are to become labels."""

    rule: VoteRule = "majority"
    votes: Natural = 3
    """Fewest votes of people that an item needs."""


class ResolutionOutlook(Answer):
    """What votes would become."""

    sentence: str
    decides: int
    """Items that would be decided on: changed, kept or marked."""
    changed: int
    kept: int
    several: int
    """Marked, since several classes fit."""
    neither: int
    """Marked, since none fits."""
    undecided: int
    """Enough votes, and no answer by the rule."""
    few: int
    """Votes, but fewer than that."""
    changes: list[tuple[str, str, int]]
    """Given label, label then, how many; the commonest first. "" is no label."""
    more: int
    """Changes that are not listed."""
    stamp: str
    """Stands for exactly this."""


class ResolutionWriteArgs(Args, kw_only=True):
    """To write what was seen."""

    rule: VoteRule = "majority"
    votes: Natural = 3
    stamp: str


class ResolutionReply(Answer):
    """What votes became."""

    sentence: str
