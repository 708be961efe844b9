"""All that may be said: the calls that the browser makes, and what the kernel says by itself."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import UNSET, UnsetType

from explorer.panels.schema import export, facts, history, items, labels, raters, scopes, scores, slices, verdicts
from explorer.panels.schema.base import Answer, Args, Float32Array, Int32Array, Uint8Array


class Call(NamedTuple):
    """A call: the type of its arguments (`None` = it takes none), and that of its answer."""

    args: type[Args] | None
    answer: Any


CALLS: dict[str, Call] = {
    "hello": Call(None, labels.Hello),
    "labels": Call(None, labels.Labels),
    "edit": Call(labels.Edit, labels.EditReply),
    "outlook": Call(labels.OutlookArgs, labels.Outlook),
    "undo": Call(labels.UndoArgs, labels.EditReply),
    "select": Call(labels.SelectArgs, None),
    "rater": Call(labels.NameArgs, None),
    "layout": Call(None, items.Layout),
    "scores": Call(None, scores.Scores),
    "audit": Call(scores.AuditArgs, scores.AuditReply),
    "new_sample": Call(None, scores.NewSampleReply),
    "left": Call(scores.LeftArgs, scores.LeftReply),
    "find": Call(items.FindArgs, items.FindReply),
    "scopes": Call(None, list[scopes.ScopeInfo]),
    "scope": Call(scopes.ScopeArgs, scopes.ScopeItems),
    "damage": Call(None, scopes.Damage),
    "highlight": Call(scopes.HighlightArgs, None),
    "card": Call(verdicts.CardArgs, items.Card),
    "scope_why": Call(verdicts.ScopeWhyArgs, verdicts.ScopeWhy),
    "grow": Call(verdicts.GrowArgs, verdicts.GrowReply),
    "relations": Call(items.ItemArgs, items.Relations),
    "previews": Call(items.PreviewsArgs, list[items.Preview]),
    "history": Call(history.HistoryArgs, history.EntriesReply),
    "timeline": Call(history.TimelineArgs, history.Timeline),
    "entries": Call(history.EntriesArgs, history.EntriesReply),
    "diff": Call(history.DiffArgs, history.Diff),
    "revert": Call(history.RevertArgs, labels.EditReply),
    "versions": Call(None, history.Versions),
    "tag": Call(history.TagArgs, history.Versions),
    "untag": Call(labels.NameArgs, history.Versions),
    "branch": Call(history.BranchArgs, history.Versions),
    "switch": Call(labels.NameArgs, history.Versions),
    "merge": Call(history.MergeArgs, history.MergeView),
    "nearest": Call(history.NearestArgs, list[list[int]]),
    "resolve": Call(history.ResolveArgs, history.MergeView),
    "unresolve": Call(history.UnresolveArgs, history.MergeView),
    "mergeCommit": Call(history.MergeCommitArgs, history.MergeReply),
    "mergeAbort": Call(history.MergeArgs, None),
    "plotly": Call(None, scores.PlotlyReply),
    "figure": Call(scores.FigureArgs, scores.Figure),
    "cancel": Call(None, None),
    "rerun": Call(scores.RerunArgs, None),
    "embedders": Call(None, list[scores.Embedder]),
    "helped": Call(None, scores.HelpedState),
    "helped_start": Call(None, scores.HelpedState),
    "helped_cancel": Call(None, scores.HelpedState),
    "method": Call(labels.NameArgs, scores.MethodPage),
    "methods": Call(None, list[scores.Method]),
    "failures": Call(None, scores.Failures),
    "facts": Call(None, list[facts.Fact]),
    "fact_items": Call(facts.FactItemsArgs, facts.FactItems),
    "slices": Call(slices.SlicesArgs, slices.SlicesReply),
    "slice_items": Call(slices.SliceItemsArgs, slices.SliceItems),
    "raters": Call(None, raters.RatersReply),
    "rater_confusion": Call(raters.RaterNameArgs, raters.Confusion),
    "blind": Call(raters.BlindArgs, raters.BlindReply),
    "blind_answer": Call(raters.BlindAnswerArgs, None),
    "blind_end": Call(raters.RaterNameArgs, None),
    "resolution_outlook": Call(raters.ResolutionArgs, raters.ResolutionOutlook),
    "resolution": Call(raters.ResolutionWriteArgs, raters.ResolutionReply),
    "ask_next": Call(raters.AskNextArgs, raters.AskNextReply),
    "store": Call(None, facts.StoreReply),
    "export_outlook": Call(export.ExportArgs, export.ExportOutlook),
    "export": Call(export.ExportArgs, export.ExportReply),
}
"""Every call by its name."""


class CellsPush(labels.EditReply, tag_field="event", tag="cells"):
    """Labels of some items have changed: what the answer to an edit holds, for all other widgets."""


class ScoresRowsPush(Answer, tag_field="event", tag="scores_rows"):
    """Scores of some items have changed; every array has an entry a row."""

    version: int
    """One more than that of the last such push, or of the answer to `scores`."""
    rows: Int32Array
    p_error: Float32Array
    suggested: Int32Array
    suspect: Uint8Array
    """The rows' `is_label_issue`."""
    counts: labels.Counts
    levelless: Float32Array | UnsetType = UNSET
    """p_error before it is levelled, where that is another."""
    fits: Int32Array | UnsetType = UNSET
    """With two classes, the one that fits best; the other than the label is suggested for all above the cut."""
    flags: dict[str, scores.ChangedFlags] | UnsetType = UNSET
    """By name (`is_outlier_issue`, `is_near_duplicate_issue`), where some row's has changed."""
    draws: Int32Array | UnsetType = UNSET
    """The random sample, where it has changed."""
    asked: Int32Array | UnsetType = UNSET


class LevelPush(Answer, tag_field="event", tag="level"):
    """The level of p_error is another: the page brings all that is open to it."""

    version: int
    """As of `scores_rows`."""
    level: scores.Level
    counts: labels.Counts


class ScoresPush(Answer, tag_field="event", tag="scores"):
    """Every score may be another: ask for `scores`. `trust` warns of scores that are not to be trusted."""

    trust: str | None


class SamplePush(Answer, tag_field="event", tag="sample"):
    """The random sample has asked about more items, or is another one."""

    draws: Int32Array
    asked: Int32Array


class StagesPush(Answer, tag_field="event", tag="stages"):
    """The pipeline has got further."""

    stages: list[labels.Stage]


class LayoutPush(Answer, tag_field="event", tag="layout"):
    """The map is another: ask for `layout`."""


class HelloPush(Answer, tag_field="event", tag="hello"):
    """Everything may be another: greet anew."""


class SelectPush(Answer, tag_field="event", tag="select"):
    """Show an item, or choose several."""

    item: int | None
    items: list[int]


class ScopePush(scopes.Opened, tag_field="event", tag="scope"):
    """Show a scope."""


class ScopesPush(Answer, tag_field="event", tag="scopes"):
    """Scopes may hold other items, and facts may say something else, though no score has changed: ask anew."""


class HighlightPush(Answer, tag_field="event", tag="highlight"):
    """Items that stand out on the map; empty where all are shown alike."""

    items: Int32Array


class VersionsPush(history.Versions, tag_field="event", tag="versions"):
    """Branches or tags have moved."""


class HelpedPush(scores.HelpedState, tag_field="event", tag="helped"):
    """The answer to "Did it help?" has got further."""


Push = (
    CellsPush
    | ScoresRowsPush
    | LevelPush
    | ScoresPush
    | SamplePush
    | StagesPush
    | LayoutPush
    | HelloPush
    | SelectPush
    | ScopePush
    | ScopesPush
    | HighlightPush
    | VersionsPush
    | HelpedPush
)
"""What the kernel says by itself, told apart by `event`."""
