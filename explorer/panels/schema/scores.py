"""Scores, the random sample and what is left; methods, charts and the pipeline."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from explorer.panels.schema.base import Answer, Args, Blob, Float32Array, Int32Array, Natural, Uint8Array
from explorer.panels.schema.labels import Stage

MethodState = Literal["ran", "stale", "skipped", "failed", "waiting"]


class Level(Answer):
    """What p_error is brought to by the answers to the random checks: log-odds z become shift + slope·z."""

    slope: float
    shift: float
    cut: float
    """Above it a label for which another class is suggested is an issue."""


class Scores(Answer):
    """Score columns over all items. The order of review is by p_error, descending; NaN last, ties by position."""

    calibrated: bool
    """Whether p_error may be read as a probability."""
    version: int
    """Grows by one with each push `scores_rows`; one that is missed is made good by asking for all of this again."""
    suggested: Int32Array
    p_error: Float32Array
    """NaN where the item is unlabelled. What was decided on keeps the value that was seen."""
    draws: Int32Array
    """Items that the audit drew, each once, to be mixed into the queue in this order."""
    asked: Int32Array
    """Items that an audit by itself has asked about, decided on or not."""
    audit_rate: float
    """Share of the queue that is drawn, as the review says."""
    is_label_issue: Uint8Array
    is_outlier_issue: Uint8Array
    is_near_duplicate_issue: Uint8Array
    levelless: Float32Array | UnsetType = UNSET
    """p_error before it is levelled; left out where the level changes nothing."""
    fits: Int32Array | UnsetType = UNSET
    """With two classes, the one that fits best; the other than the label is suggested for all above the cut."""


class AuditArgs(Args):
    """How many random items to ask about."""

    count: Natural = 20


class AuditReply(Answer):
    """Items to look at, in that order, and those left for the queue to mix in."""

    items: list[int]
    draws: Int32Array


class NewSampleReply(Answer):
    """The draws of a new random sample."""

    draws: Int32Array


class LeftArgs(Args):
    """Items of the ranking above the line of the dial; null = none."""

    cut: Natural | None = None


class Stops(Answer):
    """What is left below a line, in words; "" where nobody has said yet."""

    suspects: str
    cut: str


class ClassLeft(Answer):
    """Labels of one class that are wrong among those nobody has looked at, with their interval or range."""

    name: str
    labels: int
    unreviewed: int
    found: int
    left: float | None
    low: float | None
    high: float | None


class LeftReply(Answer):
    """How many errors are left, in words and numbers."""

    sentence: str
    ask: str
    """What to do first, in words, where the range is wide: answer some random checks; else ""."""
    between: str
    """Between which shares of the labels it lies, in a sentence; "" where there are none."""
    missing: int
    """So many random checks more, and the level is known well enough."""
    enough: int
    """So many are enough for that."""
    known: str
    """What they have told, in words, once they are; else ""."""
    left: float | None
    low: float | None
    high: float | None
    unreviewed: int
    found: int
    basis: Literal["audit", "model"]
    draws: int
    since: str
    """When the sample began, ISO 8601; "" where there is none."""
    fewest: int
    """So many answers to the audit, and the estimate rests on them."""
    more: str
    """How many more random items make it surer, in words."""
    stop: Stops
    classes: list[ClassLeft]
    drift: str


class Method(Answer):
    """A method, and how its last run went."""

    name: str
    title: str
    about: str
    """What a high score means, in a sentence."""
    issue: str
    columns: list[str]
    state: MethodState
    note: str
    """Why it is in that state; "" where nothing is to be said."""
    since: str | None = None
    """Of a stale one: since when labels have moved on from what it read, ISO 8601."""
    changes: int = 0
    """Of a stale one: on how many items."""


class Section(Answer):
    """A part of a method's page; the first has no heading."""

    heading: str
    text: str


class MethodPage(Method, kw_only=True):
    """A method with its page."""

    sections: list[Section]


class FailedMethod(Answer):
    """A method that failed."""

    name: str
    title: str
    error: str


class Failures(Answer):
    """Methods that failed; the others have gone on."""

    methods: list[FailedMethod]
    following: str
    """Why the scores do not follow the labels, else ""."""


class HelpedClass(Answer):
    """The comparison for one class."""

    name: str
    judged: int
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    gained: int = 0
    lost: int = 0


class Helped(Answer):
    """Accuracy of a probe taught on the given labels, and of one taught on the labels now; null: nothing judged."""

    verdict: str
    """In a few words."""
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    """95 % interval of the difference."""
    high: float | None
    judged: int
    changed: int
    reviewed: bool
    """Whether it was judged on reviewed items; if not, on all."""
    few: bool
    note: str
    gained: int
    """Judged items that are right only after the corrections."""
    lost: int
    """Those that are right only before them: negative flips."""
    lost_items: list[int]
    """The first of these."""
    classes: list[HelpedClass]
    omitted: int
    """Classes that are left out, since there are so many."""
    time: str


class HelpedError(Answer):
    """Why it could not be computed."""

    message: str
    remedy: str


class HelpedState(Answer):
    """Where "Did it help?" stands."""

    state: Literal["none", "running", "done", "failed", "cancelled"]
    stage: Stage | None
    """While it runs."""
    result: Helped | None
    """Of the last time that it came to an end."""
    error: HelpedError | None
    since: int
    """Items whose label has changed since the result's, or on which somebody has decided since."""


class PlotlyReply(Answer):
    """The plotting library's own script."""

    script: Blob


class FigureArgs(Args):
    """Which figure, and whether on a dark ground."""

    name: str
    dark: bool = False


class Figure(Answer):
    """A figure as plotly reads it."""

    data: list[Any]
    layout: dict[str, Any]


class RerunArgs(Args):
    """Run again with an embedder; "" = the one of before."""

    embedder: str


class Embedder(Answer):
    """Something that can embed this dataset's items."""

    name: str
    about: str
    installed: bool


class ChangedFlags(Answer):
    """A flag of some items."""

    rows: Int32Array
    values: Uint8Array
