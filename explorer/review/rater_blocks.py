"""Votes on their way into the label store and out of it: what people pass, drafts of blocks, and blocks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.dataset.labelling_function import LabellingFunction
from explorer.dataset.votes import RaterVotes, Votes, checked_kind
from explorer.errors import DataError
from explorer.labels import VoteDraft
from explorer.labels.history import vote_blocks
from explorer.pipeline.progress_bar import drawn
from explorer.readers.raters import RaterColumn, RaterSpec
from explorer.readers.vote_sources import of_spec, of_table
from explorer.review.label_columns import names_of
from explorer.review.state import ReviewState
from explorer.utils.text import counted

log = logging.getLogger("explorer")


def view_of(state: ReviewState) -> Dataset:
    """Return the items with the classes that the review has now, without votes. Whoever calls holds the lock."""
    dataset, classes = state.dataset, state.classes
    values = (*dataset.class_values, *classes[len(dataset.class_values) :])
    return replace(dataset, classes=classes, class_values=values, votes=None)


def columns_of(
    view: Dataset, rater: Any, labels: Any, kind: Any, family: str, confidence: Any
) -> tuple[Sequence[RaterColumn], list[str]]:
    """Return the columns of votes that are passed to `Raters.add`, and what is to be said of them."""
    if isinstance(rater, pd.DataFrame):
        if labels is not None:
            raise DataError("A table of votes has its labels.", "Leave labels= out.")
        return of_table(view, rater), []
    if isinstance(rater, LabellingFunction):
        if labels is not None:
            raise DataError(f"The labelling function {rater.name!r} gives its labels.", "Leave labels= out.")
        spec = RaterSpec(rater.name, "function", family or rater.family, function=rater)
    elif not isinstance(rater, str):
        raise DataError(f"The rater is a {type(rater).__name__}.", "Give its name, as text, and its labels.")
    elif labels is None:
        raise DataError(f"There are no labels of {rater!r}.", "Give one label per row, or a Series by item.")
    elif callable(labels):
        function = labels if isinstance(labels, LabellingFunction) else LabellingFunction(rater, labels)
        spec = RaterSpec(rater, "function", family or function.family, function=function)
    else:
        spec = RaterSpec(rater, kind, family, labels=labels, confidence=confidence)
    if spec.function is None:
        column, note = of_spec(view, spec)
    else:
        with drawn("votes") as progress:
            column, note = of_spec(view, spec, progress)
    return [column], [note] if note else []


def not_taken_away(drafts: Sequence[VoteDraft], written: pd.DataFrame) -> list[VoteDraft]:
    """Return the drafts of raters whom nobody has taken away: whose newest block in the store is not empty."""
    taken = {
        name
        for name, newest in written.groupby("rater").last().iterrows()
        if not newest["votes"] and not newest["abstentions"]
    }
    kept = [draft for draft in drafts if draft.rater not in taken]
    if taken and len(kept) < len(drafts):
        log.info("%s taken away in the label store, and stay so.", counted(len(drafts) - len(kept), "rater"))
    return kept


def table_of(votes: Votes | None, codes: NDArray[np.int32]) -> pd.DataFrame:
    """Describe raters beside the labels as they are, int32 [N]; see `Raters.table`."""
    rows = []
    for one in votes or ():
        here = (one.codes >= 0) & (codes[one.items] >= 0)
        same, of = int((one.codes[here] == codes[one.items[here]]).sum()), int(here.sum())
        rows.append((one.name, one.kind, one.family, one.voted, one.abstentions, same, same / of if of else np.nan))
    names = ["rater", "kind", "family", "votes", "abstentions", "items_agree", "agreement"]
    return pd.DataFrame(rows, columns=names).set_index("rater")


def read_block(state: ReviewState, one: vote_blocks.Standing, index: pd.Index[Any]) -> RaterVotes:
    """Return the votes of a block over the review's items, of which `index` has the ids. The lock is held."""
    code = {name: number for number, name in enumerate(state.classes)}
    if any(name not in code for name in one.classes):
        state.labels.load_classes()
        code = {name: number for number, name in enumerate(state.classes)}
    own = np.array([*(code[name] for name in one.classes), -1], dtype=np.int32)
    places = index.get_indexer(pd.Index(one.items, dtype=object)).astype(np.int32)
    return _in_order(one, places, own[one.codes])


def _in_order(one: vote_blocks.Standing, places: NDArray[np.int32], codes: NDArray[np.int32]) -> RaterVotes:
    order = np.argsort(places, kind="stable")
    order = order[places[order] >= 0]
    block, confidence = one.block, None if one.confidence is None else one.confidence[order]
    return RaterVotes(block.rater, checked_kind(block.kind), block.family, places[order], codes[order], confidence)


def draft_of(one: RaterVotes, ids: NDArray[np.object_], classes: Sequence[str]) -> VoteDraft:
    """Return votes as the store takes them."""
    labels = names_of(one.codes, classes).tolist()
    return VoteDraft(one.name, ids[one.items].tolist(), labels, one.kind, one.family, one.confidence)
