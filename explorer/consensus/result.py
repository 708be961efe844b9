"""What a consensus comes to: labels, how sure, how good each rater is, and in words what to bear in mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.consensus import quality as of_raters
from explorer.consensus.answers import Answers
from explorer.consensus.dawid_skene import Fit
from explorer.consensus.dependence import Dependence
from explorer.consensus.majority import Certificate, against
from explorer.consensus.rater_models import shrunk
from explorer.utils.text import Spoken, are, counted, paragraph

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 20
"""Rows of the table of raters that a notebook shows."""

TITLES = {
    "majority": "majority vote",
    "dawid_skene": "Dawid and Skene's model",
    "pooled": "Dawid and Skene's model joined with the classifier",
    "glad": "GLAD",
    "mace": "MACE",
    "crowdlab": "CROWDLAB",
}


@dataclass(frozen=True, eq=False, repr=False)
class Consensus(Spoken):
    """What the raters hold of each item, together.

    Attributes
    ----------
    labels
        int32 [N]: the likeliest class; -1 where nobody answered.
    posterior
        float32 [N, K]: how likely each class is; where nobody answered what the model or the classes' shares say.
    quality
        A row a rater, as `consensus.quality` has it; `counts_as` is what a rater's answers count on the mean, below 1
        for one that depends on others.
    method
        The rule that was used, also where "best" was asked for.
    notes
        What to bear in mind, in sentences.
    certificate
        Whether the majority is provably optimal here; `None` where the rule has nothing to say (more than two classes).
    answers
        What it was made of.
    dependence
        Raters that err together.
    fit
        The fitted model of the raters, where the rule has one; raters that count as one are one there.
    """

    labels: NDArray[np.int32]
    posterior: NDArray[np.float32]
    quality: pd.DataFrame
    method: str
    notes: tuple[str, ...]
    certificate: Certificate | None
    answers: Answers
    dependence: Dependence | None = None
    fit: Fit | None = None
    classes: tuple[str, ...] = field(default=())

    def confusion(self, rater: int) -> NDArray[np.float64]:
        """Return one rater's P(answer | class), float64 [K, K], a row a class, smoothed as Dawid and Skene's model."""
        alone = self.dependence is None or (self.dependence.groups == self.dependence.groups[rater]).sum() == 1
        if self.fit is not None and alone:
            return self.fit.confusion(rater)
        counts = of_raters.confusion(self.answers, self.posterior, rater).T[None]
        found: NDArray[np.float64] = shrunk(counts, np.trace(counts, axis1=1, axis2=2), counts.sum(axis=(1, 2)))[0].T
        return found

    def unsure(self) -> NDArray[np.float64]:
        """Return 1 − the largest probability, float64 [N]: high = look first."""
        return against(self.posterior, self.posterior.argmax(axis=1))

    def against(self, labels: ArrayLike) -> NDArray[np.float64]:
        """Return how likely other labels are wrong, float64 [N], by the consensus; 0 where the label is -1."""
        codes = np.asarray(labels)
        return np.where(codes >= 0, against(self.posterior, np.maximum(codes, 0)), 0.0)

    def sentence(self) -> str:
        """Say it in plain words."""
        a = self.answers
        answered = int(a.answered.sum())
        if not answered:
            return " ".join(("Nobody has answered.", *self.notes))
        doubtful = int((self.unsure()[a.answered] > 0.5).sum())
        said = [
            f"Consensus of {counted(a.n_raters, 'rater')} on {counted(answered, 'item')} "
            f"({counted(len(a), 'answer')}) by {TITLES[self.method]}.",
            f"{counted(doubtful, 'item')} {are(doubtful)} more likely something else than any one class."
            if doubtful
            else "",
            *self.notes,
            self.certificate.sentence() if self.certificate is not None else "",
        ]
        return " ".join(filter(None, said))

    def _repr_html_(self) -> str:
        return paragraph(self.sentence()) + self.quality.round(3).to_html(index=False, max_rows=SHOWN, escape=True)


def overlap_notes(answers: Answers, names: Sequence[str]) -> list[str]:
    """Say what the answers cannot tell: raters who never overlap, one alone, one who always says the same."""
    notes = []
    active = np.flatnonzero(answers.per_rater)
    if len(active) == 1:
        notes.append("There is one rater only, whose answers nothing confirms.")
    elif len(active) > 1 and answers.per_item.max(initial=0) < 2:
        notes.append("No two raters have answered the same item, so nothing tells who is right.")
    said = np.zeros((answers.n_raters, answers.n_classes))
    np.add.at(said, (answers.raters, answers.codes), 1)
    same = np.flatnonzero((answers.per_rater >= of_raters.ENOUGH) & (said.max(axis=1, initial=0) == answers.per_rater))
    if len(same) and answers.n_classes > 1:
        called = ", ".join(names[r] if len(names) else f"rater {r}" for r in same[:3].tolist())
        more = f" and {len(same) - 3:,} more" if len(same) > 3 else ""
        notes.append(f"{called}{more} always {'says' if len(same) == 1 else 'say'} the same.")
    missing = answers.n_classes - len(np.unique(answers.codes))
    if missing and len(answers):
        notes.append(f"Nobody voted for {missing:,} of {answers.n_classes:,} classes.")
    return notes
