"""Raters: what other people, models or rules call an item, weighed by how well each of them knows the classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.consensus import Answers, consensus, precision
from explorer.consensus.majority import against
from explorer.detectors.incremental import Change
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

SOURCE = 0.998
"""Share of its answers that are the given label from which a rater is taken for the label's source; so too of the
raters' majority. Labels that were settled since take no part, so that a source's answers are nearly all the label; two
who judge apart agree so only where next to nothing is wrong."""

FEWEST = 20
"""Fewest answers to tell that from."""

LIKE = 4
"""From so many votes on, items are alike for how sure their majority is; of fewer each number is told apart."""

EACH = 10
"""Fewest items a class to tell a number of votes apart."""


@dataclass(frozen=True, eq=False)
class Heard:
    """What the raters hold of the items, whatever the items' labels are now.

    Attributes
    ----------
    opinion
        float32 [N, K]: how likely each class is by what they know beyond the given label; alike for all classes where
        nobody voted.
    best
        int32 [N]: the class that they hold it for, -1 where nobody voted.
    left_out
        Raters whose answers are the given labels.
    majority
        The given labels are the raters' majority.
    posterior
        float32 [N, K]: the consensus of those who are not left out.
    right
        float32 [R, K]: how often a rater who names a class is right by it, also of those left out; NaN where it never
        names it.
    """

    opinion: NDArray[np.float32]
    best: NDArray[np.int32]
    left_out: tuple[int, ...]
    majority: bool
    posterior: NDArray[np.float32]
    right: NDArray[np.float32]

    def score(self, labels: NDArray[np.int32], rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return 1 − the opinion of some items' labels, float32 [rows]; NaN where unlabelled or nobody voted."""
        others = against(self.opinion[rows], np.maximum(labels[rows], 0))
        return np.where((labels[rows] >= 0) & (self.best[rows] >= 0), others, np.nan).astype(np.float32)


@shipped
class Raters:
    """Raters: the formula, when to trust it and its sources are in `pages/raters.md`."""

    name = "raters"
    title = "Raters"
    issue = "label"
    needs: frozenset[Need] = frozenset({"votes"})
    exact = True
    weight = 1.0
    floor = 0.01

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Weigh the raters against each other, then ask them about every label."""
        assert inputs.votes is not None
        heard = listen(inputs.votes, inputs.labels, inputs.trusted, inputs.seed, inputs.labelled_by, progress.check)
        return _result(inputs, heard)

    def rerun(self, inputs: Inputs, result: Result, _progress: Progress) -> Result:
        """Ask them about every label as they were weighed before."""
        return _result(inputs, result.frozen["heard"])

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Ask them about the changed labels: each score reads its own label alone, and no vote reads any."""
        score = result.own(result.score)
        score[changed] = result.frozen["heard"].score(inputs.labels, changed)
        return result.updated(Change(changed), score=score)

    def opinion(self, _inputs: Inputs, result: Result, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return what the raters hold of some items."""
        heard: Heard = result.frozen["heard"]
        return heard.opinion[rows]

    def held(self, result: Result) -> bool:
        """Say whether its weight stays 1: the labels are the raters' majority, and would have it believed too much."""
        heard: Heard = result.frozen["heard"]
        return heard.majority

    def share(self, inputs: Inputs, result: Result) -> float | None:
        """Return the share of wrong labels by the consensus, where the labels are the raters' majority; else `None`.

        That is the mean of 1 − posterior(label) over the labelled items with votes. What votes say beyond their
        majority, the opinion here, is no posterior of a label, so that nothing can be counted on it.
        """
        heard: Heard = result.frozen["heard"]
        rows = np.flatnonzero((inputs.labels >= 0) & (heard.best >= 0))
        if not heard.majority or not len(rows):
            return None
        return float(1 - heard.posterior[rows, inputs.labels[rows]].mean(dtype=np.float64))

    def combinable(self, result: Result) -> bool:
        """Say whether flips made on purpose can be seen through it: not where the labels are the raters' majority.

        Votes would tell any such flip, since they say the label that was there; the errors to be found are voted for.
        """
        heard: Heard = result.frozen["heard"]
        return not heard.majority

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Count the votes: "2 of 3 raters say dog, both of the same family, 1 cat"."""
        votes = inputs.votes
        assert votes is not None
        text = tally(votes, item, classes)
        return [Reason("raters", text, float(result.score[item]))] if text else []


def tally(votes: Answers, item: int, classes: tuple[str, ...]) -> str:
    """Count the votes on an item in words: "2 of 3 raters say dog, both of the same family, 1 cat"; "" for none."""
    mine = slice(votes.starts[item], votes.starts[item + 1])
    families = None if votes.families is None else [votes.families[r] for r in votes.raters[mine].tolist()]
    return counted_votes(votes.codes[mine], families, classes)


def counted_votes(codes: NDArray[np.int32], families: Sequence[str] | None, classes: Sequence[str]) -> str:
    """Say the same of class codes and families of the raters, one each; of nobody's ""."""
    if not len(codes):
        return ""
    counts = np.bincount(codes, minlength=len(classes))
    order = np.argsort(-counts, kind="stable")
    best, most = int(order[0]), int(counts[order[0]])
    said = "rater says" if len(codes) == 1 else f"raters {'says' if most == 1 else 'say'}"
    text = f"{most} of {len(codes)} {said} {classes[best]}{_family(families, codes == best)}"
    return ", ".join([text, *(f"{int(counts[c])} {classes[c]}" for c in order[1:3] if counts[c])])


def listen(
    votes: Answers,
    labels: NDArray[np.int32],
    trusted: NDArray[np.bool_] | None = None,
    seed: int = 0,
    labelled_by: Sequence[int] = (),
    check: Callable[[], None] | None = None,
) -> Heard:
    """Weigh the raters against each other, without what the given labels were made of.

    Parameters
    ----------
    votes
        All answers.
    labels
        int32 [N]: the given labels, which only tell what they were made of.
    trusted
        bool [N]: labels that somebody has settled since, which tell nothing of that.
    labelled_by
        Raters whose plurality the given labels are known to be; empty where that has to be seen from the answers.
    check
        Called at each step of each fit; whatever it raises ends the work.

    Returns
    -------
    Heard
        A rater whose answers are the given labels is left out: its vote is the label. Where the labels are the raters'
        majority L, the opinion is posterior(k)/(π_k·P(L | k)), P(L | k) the majority's own confusion matrix: what the
        votes say beyond their majority, by Bayes' rule.
    """
    open_labels = labels if trusted is None else np.where(trusted, np.int32(-1), labels)
    known = len(labelled_by) > 0
    out = sources(votes, open_labels) if not known else list(labelled_by) if len(labelled_by) == 1 else []
    rest = votes.without(out) if out else votes
    found = consensus(rest, seed=seed, check=check)
    posterior = found.posterior.astype(np.float64)
    if known:
        majority = not out
        if majority:
            winner, asked = first_plurality(votes, labelled_by)
            posterior = beyond(posterior, winner, np.minimum(asked, LIKE))
    else:
        winner = plurality(rest)
        made = np.flatnonzero((winner >= 0) & (open_labels >= 0))
        majority = len(made) >= FEWEST and float((winner[made] == open_labels[made]).mean()) >= SOURCE
        if majority:
            posterior = beyond(posterior, winner)
    posterior[np.logical_not(rest.answered)] = 1 / votes.n_classes
    right = precision(votes, found.posterior)
    return Heard(posterior.astype(np.float32), found.labels, tuple(out), majority, found.posterior, right)


def sources(votes: Answers, labels: NDArray[np.int32]) -> list[int]:
    """Return the raters whose answers are the given labels nearly everywhere."""
    given = labels[votes.items]
    known = given >= 0
    asked = np.bincount(votes.raters[known], minlength=votes.n_raters)
    alike = np.bincount(votes.raters[known], (votes.codes == given)[known], votes.n_raters)
    found: list[int] = np.flatnonzero((asked >= FEWEST) & (alike >= SOURCE * asked)).tolist()
    return found


def plurality(votes: Answers) -> NDArray[np.int32]:
    """Return the class with more votes than any other, int32 [N], -1 where there is none: a tie, or fewer than two."""
    counts = votes.counts()
    if counts.shape[1] < 2:
        return np.where(votes.per_item > 1, 0, -1).astype(np.int32)
    top = np.partition(counts, -2, axis=1)[:, -2:]
    clear = (top[:, 1] > top[:, 0]) & (votes.per_item > 1)
    return np.where(clear, counts.argmax(axis=1), -1).astype(np.int32)


def first_plurality(votes: Answers, raters: Sequence[int]) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Return the class that most of some raters name, the first on a tie, and how many of them voted, [N] each.

    As labels are read from votes: -1 where none of them voted.
    """
    theirs = votes.only(np.isin(votes.raters, np.asarray(raters, np.int32)))
    best = np.where(theirs.answered, theirs.counts().argmax(axis=1), -1).astype(np.int32)
    return best, theirs.per_item


def beyond(
    posterior: NDArray[np.float64], winner: NDArray[np.int32], kind: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Return what the votes say beyond their majority, float64 [N, K]: posterior(k)/(π_k·P(winner | k)), to sum 1.

    P(winner | k) = (Σ_i q_i(k)·[winner_i = winner] + ½)/(Σ_i q_i(k) + K/2) over the items with a winner; π_k is the
    mean of q over them, since the classes' shares are no vote. An item without a winner stays as it is.

    Parameters
    ----------
    kind
        int [N]: P and π are those of the items of one kind: one vote is less sure than three. A kind of few items is
        taken together with the others of which there are few.
    """
    k = posterior.shape[1]
    if kind is not None:
        many = np.bincount(kind[winner >= 0], minlength=int(kind.max(initial=0)) + 1) >= EACH * k
        told = np.where(many[kind], kind, -1)
        result = posterior.copy()
        for one in np.unique(told[winner >= 0]).tolist():
            result = np.where((told == one)[:, None], beyond(posterior, np.where(told == one, winner, -1)), result)
        whole: NDArray[np.float64] = result / np.maximum(result.sum(axis=1, keepdims=True), 1e-300)
        return whole
    rows = np.flatnonzero(winner >= 0)
    counts = np.full((k, k), 0.5)  # class, winner
    np.add.at(counts.T, winner[rows], posterior[rows])
    # Divided by the class's own count twice over: once in P(winner | k), and π is in proportion to it.
    result = posterior.copy()
    result[rows] /= counts.T[winner[rows]]
    total: NDArray[np.float64] = result.sum(axis=1, keepdims=True)
    return result / np.maximum(total, 1e-300)


def _family(families: Sequence[str] | None, agree: NDArray[np.bool_]) -> str:
    """Say so where all who agree are of one family."""
    if families is None or agree.sum() < 2:
        return ""
    names = {families[at] for at in np.flatnonzero(agree).tolist()}
    if len(names) > 1 or "" in names:
        return ""
    return f", {'both' if agree.sum() == 2 else 'all'} of the same family"


def _result(inputs: Inputs, heard: Heard) -> Result:
    votes = inputs.votes
    assert votes is not None
    score = heard.score(inputs.labels, np.arange(inputs.n))
    notes = []
    if heard.left_out:
        said = "is" if len(heard.left_out) == 1 else "are"
        notes.append(
            f"{len(heard.left_out):,} of {votes.n_raters:,} raters {said} left out: the given labels are their answers."
        )
    if heard.majority:
        notes.append("The given labels are the raters' majority, so only what the votes say beyond it counts.")
    summary: dict[str, Any] = {
        "raters": votes.n_raters,
        "answers": len(votes),
        "items": int(votes.answered.sum()),
        "left_out": list(heard.left_out),
        "majority": heard.majority,
        "note": " ".join(notes),
    }
    return Result(score, heard.best, frozen={"heard": heard}, summary=summary)
