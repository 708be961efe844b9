"""Raters that err together: found by how much more two agree than their accuracies allow, and counted as fewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.consensus.answers import Answers
from explorer.consensus.sources import FEWEST, LEAST, SAME, Sources, root, sources
from explorer.utils.text import Spoken, counted, joined

MERGED = 100
"""Fewest items that two raters must share before they become one: what is merged is lost, a smaller weight is not."""

ROUNDS = 10
"""Most rounds in which raters become one."""


@dataclass(frozen=True, eq=False, repr=False)
class Dependence(Spoken):
    """How far raters copy each other, or a common source.

    Attributes
    ----------
    first, second
        int32 [P]: two raters of each pair found, first < second; of raters that became one the first stands for all.
    copied
        float64 [P]: share of the answers in which the one repeats the other, beyond what both know of the truth.
    shared
        int64 [P]: items that both have answered.
    compared
        Pairs that share enough items to tell, once copies have become one.
    mean
        Mean of `copied` over these, 0 for a pair that is not found; 0 without any.
    groups
        int32 [R]: raters that count as one have the same number, that of the first of them.
    merged
        The answers with one for each group and item: what most of the group say, the first of them on a tie.
    weights
        float64 [merged answers]: what each of these counts.
    names
        [R]: what the raters are called; numbers where it is empty.
    families
        Some raters are of one family.
    left_aside
        Raters who were not compared with others, since there are too many.
    unsure
        Pairs of whom it cannot be told whether one repeats the other; they count in full.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    copied: NDArray[np.float64]
    shared: NDArray[np.int64]
    compared: int
    mean: float
    groups: NDArray[np.int32]
    merged: Answers
    weights: NDArray[np.float64]
    names: tuple[str, ...] = ()
    families: bool = False
    left_aside: int = 0
    unsure: tuple[tuple[int, int], ...] = ()

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs found."""
        return list(zip(self.first.tolist(), self.second.tolist(), strict=True))

    @property
    def any(self) -> bool:
        """Whether some raters count as fewer."""
        return self.families or len(self.first) > 0

    def counts_as(self, answers: Answers) -> NDArray[np.float64]:
        """Return what each rater's answers count on the mean, float64 [R]; 1 for whoever depends on nobody.

        Parameters
        ----------
        answers
            Those that it was made of.
        """
        r = np.int64(answers.n_raters)
        key = answers.items * r + self.groups[answers.raters]
        mine = self.merged.items * r + self.merged.raters
        at = np.searchsorted(mine, key)
        size = np.bincount(at, minlength=len(mine))
        each = np.bincount(answers.raters, self.weights[at] / size[at], answers.n_raters)
        return np.divide(each, answers.per_rater, out=np.ones(len(each)), where=answers.per_rater > 0)

    def sentence(self) -> str:
        """Say it in plain words."""
        said = []
        if self.families:
            said.append("Raters of one family count as one")
        if len(self.first):
            order = np.argsort(-self.copied, kind="stable")[:3]
            worst = [f"{self._name(self.first[p])} and {self._name(self.second[p])}" for p in order]
            pairs = counted(len(self.first), "pair")
            agree = "agrees" if len(self.first) == 1 else "agree"
            said.append(
                f"{pairs} of raters {agree} more than their accuracies allow ({joined(worst, 3)}), and count as fewer"
            )
        elif self.compared:
            said.append(f"Of {counted(self.compared, 'pair')} of raters none is seen to repeat the other")
        else:
            said.append(f"No two raters share {FEWEST} items, so whether they err together is not known")
        for a, b in self.unsure[:3]:
            pair = f"{self._name(a)} and {self._name(b)}"
            said.append(
                f"Whether {pair} repeat each other cannot be told from what the others say: "
                "name what they have in common (family) if they do"
            )
        if self.left_aside:
            said.append(f"{counted(self.left_aside, 'rater')} of so many were not compared with others")
        return ". ".join(said) + "."

    def _name(self, rater: int) -> str:
        return self.names[rater] if self.names else f"rater {rater}"


def dependence(
    answers: Answers, names: Sequence[str] = (), seed: int = 0, check: Callable[[], None] | None = None
) -> Dependence:
    """Find the raters who copy each other, or a common source; let copies become one, and count others as fewer.

    A rater s is held to copy a rater r if the model in which s says what r said with probability c, and else judges for
    itself (`copying.fit`), foretells the answers better than one without: the gain in log-likelihood is above what
    independent raters reach. Which groups are tried is found from how often raters agree (`sources`). Two who share at
    least `MERGED` items, and of whom one copies half or more, become one; then all is looked at anew.

    Raters of one family are one from the start.

    Parameters
    ----------
    check
        Called at each step of each fit; whatever it raises ends it.
    answers
        One answer each.
    names
        [R]: what the raters are called, for sentences.
    seed
        Of the fit, and of the answers that are compared where there are very many.

    Returns
    -------
    Dependence
        Of raters that are not one, w_ij = 1/(1 + Σ_s c_js) over the other raters s of the item: m raters who repeat
        each other in a share c of their answers count m/(1 + (m − 1)c). Along a chain of copies the shares multiply.

    Examples
    --------
    >>> answers = Answers.of([[0, 1, 1], [1, 1, 1]], n_classes=2, families=["", "gpt", "gpt"])
    >>> dependence(answers).groups.tolist()
    [0, 1, 1]
    """
    groups = _family_groups(answers)
    families = len(np.unique(groups)) < answers.n_raters
    strong: list[tuple[int, int, float, int]] = []
    for step in range(ROUNDS + 1):
        merged = _merged(answers, groups)
        found = sources(merged, seed, check)
        who = np.flatnonzero(found.copied >= SAME)
        shared = _shared(merged, found.source[who], who)
        who, shared = who[shared >= MERGED], shared[shared >= MERGED]
        if not len(who) or step == ROUNDS:
            break
        kept = np.full(answers.n_raters, -1, np.int32)
        kept[who] = found.source[who]
        ends = np.array([root(kept, rater) for rater in range(answers.n_raters)], np.int32)
        first = np.full(answers.n_raters, answers.n_raters, np.int32)
        np.minimum.at(first, ends, np.arange(answers.n_raters, dtype=np.int32))
        groups = first[ends][groups]
        for rater, count in zip(who.tolist(), shared.tolist(), strict=True):
            a, b = sorted((rater, int(kept[rater])))
            strong.append((a, b, float(found.copied[rater]), count))
    first, second, copied = _chained(found)
    mean = float(copied.sum() / found.compared) if found.compared else 0.0
    weak = zip(first, second, copied, _shared(merged, first, second), strict=True)
    every = [*strong, *((int(a), int(b), float(c), int(n)) for a, b, c, n in weak)]
    return Dependence(
        np.array([pair[0] for pair in every], np.int32),
        np.array([pair[1] for pair in every], np.int32),
        np.array([pair[2] for pair in every], np.float64),
        np.array([pair[3] for pair in every], np.int64),
        found.compared,
        mean,
        groups,
        merged,
        _weights(merged, first, second, copied),
        tuple(names),
        families,
        found.left_aside,
        found.unsure,
    )


def _chained(found: Sources) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Return the pairs of raters who copy each other along the sources, first < second, and how much."""
    up: dict[int, dict[int, float]] = {}
    for rater in np.flatnonzero(found.source >= 0).tolist():
        at, share, line = rater, 1.0, {rater: 1.0}
        while found.source[at] >= 0:
            share *= float(found.copied[at])
            at = int(found.source[at])
            line[at] = share
        up[rater] = line
        up.setdefault(at, {at: 1.0})
    pairs = []
    for a in sorted(up):
        for b in sorted(up):
            # By the nearest of the sources that both have: the shares down to either multiply.
            common = [up[a][one] * up[b][one] for one in up[a].keys() & up[b].keys()] if a < b else []
            if common and max(common) > LEAST:
                pairs.append((a, b, max(common)))
    return (
        np.array([pair[0] for pair in pairs], np.int32),
        np.array([pair[1] for pair in pairs], np.int32),
        np.array([pair[2] for pair in pairs], np.float64),
    )


def _shared(answers: Answers, first: NDArray[np.int32], second: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return how many items pairs of raters share."""
    found = [
        np.intersect1d(answers.items[answers.raters == a], answers.items[answers.raters == b], True).size
        for a, b in zip(first.tolist(), second.tolist(), strict=True)
    ]
    return np.array(found, np.int64)


def _family_groups(answers: Answers) -> NDArray[np.int32]:
    """Return the first rater of each rater's family, int32 [R]; itself where it has none."""
    family = answers.family_of()
    first = np.full(int(family.max(initial=-1)) + 1, answers.n_raters, np.int32)
    np.minimum.at(first, family, np.arange(answers.n_raters, dtype=np.int32))
    return first[family]


def _merged(answers: Answers, groups: NDArray[np.int32]) -> Answers:
    """Return one answer for each group and item: what most of its raters say, the first of them on a tie."""
    r, k = answers.n_raters, answers.n_classes
    if (groups == np.arange(r)).all():
        return answers
    who = answers.items.astype(np.int64) * r + groups[answers.raters]
    _, which, counts = np.unique(who * k + answers.codes, return_inverse=True, return_counts=True)
    votes = counts[which]
    order = np.lexsort((answers.raters, -votes, who))
    kept = order[np.flatnonzero(np.diff(who[order], prepend=-1))]
    raters = groups[answers.raters[kept]]
    return Answers(answers.items[kept], raters, answers.codes[kept], answers.n_items, r, k)


def _weights(
    answers: Answers, first: NDArray[np.int32], second: NDArray[np.int32], copied: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each answer counts, float64 [M]: 1/(1 + Σ_s c_js) over the other raters s of its item."""
    from scipy.sparse import csr_matrix

    load = np.zeros(len(answers))
    if len(first):
        rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
        among = csr_matrix((np.concatenate([copied, copied]), (rows, columns)), shape=(answers.n_raters,) * 2)
        shape = (answers.n_items, answers.n_raters)
        who = csr_matrix((np.ones(len(answers)), answers.raters, answers.starts), shape=shape)
        # The product has a cell for every rater that depends on one who answered; those who answered are picked.
        theirs = (who @ among).multiply(who).tocoo()
        key = theirs.row.astype(np.int64) * answers.n_raters + theirs.col
        mine = answers.items.astype(np.int64) * answers.n_raters + answers.raters
        load[np.searchsorted(mine, key)] += theirs.data
    return 1 / (1 + load)
