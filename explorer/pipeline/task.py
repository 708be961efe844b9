"""What the stages work on, and what one of them yields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.dataset.training import Training
from explorer.dataset.votes import Votes
from explorer.pipeline.results import Options

if TYPE_CHECKING:
    from explorer.graph import NeighbourGraph

What = Literal["dataset", "layout", "graph", "probe", "scores"]


@dataclass(frozen=True, eq=False)
class Task:
    """What the stages work on.

    Attributes
    ----------
    labels
        int32 [N]: class code of each item's label now; -1 = unlabelled.
    classes
        Class names by code.
    options
        What the run is made with.
    dataset
        The items; `None` where there are plain arrays only.
    given
        int32 [N]: class codes as they were given, where some are settled; by default `labels`.
    trusted
        bool [N]: items whose label a person has settled; `None` for none.
    marked_wrong
        bool [N]: items whose label a person has called wrong, without another; `None` for none.
    only
        Names of the methods to run; `None` for all.
    training
        Whether the probe keeps moments of its training and plants suites into it, for methods that only a review runs,
        and is asked how far to trust it.
    votes
        What raters say of the items, in the codes of `classes`; `None` for no raters.
    record
        What the user's own training has left, for plain arrays; a dataset brings its own.
    """

    labels: NDArray[np.int32]
    classes: tuple[str, ...]
    options: Options = field(default_factory=Options)
    dataset: Dataset | None = None
    given: NDArray[np.int32] | None = None
    trusted: NDArray[np.bool_] | None = None
    marked_wrong: NDArray[np.bool_] | None = None
    only: Sequence[str] | None = None
    training: bool = True
    votes: Votes | None = None
    record: Training | None = None

    @property
    def own(self) -> Training | None:
        """What the user's own training has left, which takes the place of the probe's."""
        return self.record if self.dataset is None else self.dataset.training

    @property
    def links(self) -> NeighbourGraph | None:
        """The graph that the user brought with the items."""
        return None if self.dataset is None else self.dataset.graph

    @property
    def ids(self) -> NDArray[Any] | None:
        """Item ids, [N]; `None` for plain arrays."""
        return None if self.dataset is None else self.dataset.item_ids

    @property
    def n_classes(self) -> int:
        """Classes to judge by: with nothing labelled there is nothing to rank, and no error."""
        return max(1, len(self.classes))

    def without(self, failed: dict[int, str]) -> Task:
        """Return the task without some items, by position with the reason of each."""
        keep = np.ones(len(self.labels), dtype=bool)
        keep[list(failed)] = False
        places = np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int32)
        return replace(
            self,
            dataset=None if self.dataset is None else self.dataset.without(failed),
            labels=self.labels[keep],
            given=None if self.given is None else self.given[keep],
            trusted=None if self.trusted is None else self.trusted[keep],
            marked_wrong=None if self.marked_wrong is None else self.marked_wrong[keep],
            votes=None if self.votes is None else self.votes.moved(places, int(keep.sum())),
            record=None if self.record is None else self.record.part(np.flatnonzero(keep)),
        )


@dataclass(frozen=True, eq=False)
class Step:
    """One thing that a stage has found.

    Attributes
    ----------
    what
        What is new, for whoever listens; `None` where it is only a note.
    changes
        Fields of `Results` and their new values.
    note
        What stays beside the stage.
    task
        The task from here on, where items had to be left out.
    """

    what: What | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    task: Task | None = None
