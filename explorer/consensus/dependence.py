"""Raters that err together: found by how much more two agree than their accuracies allow, and counted as fewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.consensus.answers import Answers
from explorer.consensus.dawid_skene import Fit
from explorer.utils.text import Spoken, counted, joined

FEWEST = 30
"""Fewest items that two raters must share before their agreement says anything."""

SURE = 3.0
"""Standard errors by which the agreement must be too large."""

LEAST = 0.1
"""A pair that copies less than a tenth of its answers counts as independent: that hardly moves a vote."""

FAMILY = 0.5
"""Least share that two raters of one family are taken to copy: a family, however large, never counts more than two."""

COMPARED = 2_000_000
"""Most pairs of answers that are compared; beyond it a sample of the items is."""

BLOCK = 2**20
"""Cells [pairs, K] held at once."""


@dataclass(frozen=True, eq=False, repr=False)
class Dependence(Spoken):
    """How far pairs of raters copy each other, or a common source.

    Attributes
    ----------
    first, second
        int32 [P]: the raters of each pair found, first < second.
    copied
        float64 [P]: share of the answers in which the one repeats the other, beyond what both know of the truth.
    shared
        int64 [P]: items that both have answered.
    compared
        Pairs of raters that share enough items to tell.
    mean
        Mean of `copied` over all pairs compared, those not found counting as what was measured; 0 without any.
    families
        int32 [R]: a number a family.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    copied: NDArray[np.float64]
    shared: NDArray[np.int64]
    compared: int
    mean: float
    families: NDArray[np.int32]
    names: tuple[str, ...] = ()

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs found."""
        return list(zip(self.first.tolist(), self.second.tolist(), strict=True))

    @property
    def alike(self) -> bool:
        """Whether some raters are of one family."""
        return len(np.unique(self.families)) < len(self.families)

    def sentence(self) -> str:
        """Say it in plain words."""
        said = []
        if self.alike:
            said.append("Raters of one family count as fewer")
        if len(self.first):
            order = np.argsort(-self.copied, kind="stable")[:3]
            worst = [f"{self._name(self.first[p])} and {self._name(self.second[p])}" for p in order]
            found = counted(len(self.first), "pair")
            said.append(
                f"{found} of raters agree more than their accuracies allow ({joined(worst, 3)}) and count as fewer"
            )
        elif self.compared:
            said.append(f"Of {counted(self.compared, 'pair')} of raters none agrees more than their accuracies allow")
        else:
            said.append(f"No two raters share {FEWEST} items, so whether they err together is not known")
        return ". ".join(said) + "."

    def _name(self, rater: int) -> str:
        return self.names[rater] if self.names else f"rater {rater}"


def dependence(answers: Answers, fit: Fit, names: Sequence[str] = (), seed: int = 0) -> Dependence:
    """Find the pairs of raters that agree more than their accuracies allow.

    Given what all *others* say of an item (q without the two), two raters who err apart agree with probability
    E = Σ_k q(k) Σ_a C_r[k, a]·C_s[k, a]. If the one repeats the other in a share c of its answers, they agree with
    c + (1 − c)E; so c = (observed − expected)/(1 − expected), summed over the items that both answered.

    Parameters
    ----------
    fit
        A fit of Dawid and Skene's model to these answers, without easy and hard items.
    """
    families = answers.family_of()
    left, right = _together(answers, seed)
    if not len(left):
        nobody, nothing = np.empty(0, np.int32), np.empty(0)
        return Dependence(nobody, nobody, nothing, nobody.astype(np.int64), 0, 0.0, families, tuple(names))
    r = answers.n_raters
    key = answers.raters[left].astype(np.int64) * r + answers.raters[right]
    pairs, which, shared = np.unique(key, return_inverse=True, return_counts=True)
    enough = shared >= FEWEST  # of the others nothing can be told
    kept = enough[which]
    left, right = left[kept], right[kept]
    which = (np.cumsum(enough) - 1)[which[kept]]
    pairs, shared = pairs[enough], shared[enough]
    everything = fit.log_prior + fit.raters[0].log_likelihood()
    expected = np.empty(len(left))
    every = np.arange(len(left))
    step = max(1, BLOCK // answers.n_classes)
    for begin in range(0, len(left), step):
        part = every[begin : begin + step]
        expected[part] = _expected(answers, fit, everything, left[part], right[part])
    agree = answers.codes[left] == answers.codes[right]
    observed, chance = np.bincount(which, agree, len(pairs)), np.bincount(which, expected, len(pairs))
    spread = np.sqrt(np.bincount(which, expected * (1 - expected), len(pairs)))
    copied = (observed - chance) / np.maximum(shared - chance, 1e-9)
    found = (copied > LEAST) & (observed - chance > SURE * spread)
    first, second = (pairs // r).astype(np.int32), (pairs % r).astype(np.int32)
    mean = float(np.clip(copied, 0, 1).mean()) if len(pairs) else 0.0
    return Dependence(
        first[found],
        second[found],
        np.clip(copied[found], 0, 1),
        shared[found].astype(np.int64),
        len(pairs),
        mean,
        families,
        tuple(names),
    )


def _expected(
    answers: Answers, fit: Fit, everything: NDArray[np.float64], left: NDArray[np.intp], right: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return with what probability two answers on one item agree if their raters err apart, float64 [pairs]."""
    one = fit.raters[0]
    items = answers.items[left]
    z = everything[items] - one.of_answers(left) - one.of_answers(right)
    q = np.exp(z - z.max(axis=1, keepdims=True))
    q /= q.sum(axis=1, keepdims=True)
    key = answers.raters[left].astype(np.int64) * answers.n_raters + answers.raters[right]
    pairs, which = np.unique(key, return_inverse=True)
    # Σ_a C_r[k, a]·C_s[k, a] once for a pair of raters.
    alike = np.empty((len(pairs), answers.n_classes))
    held: dict[int, NDArray[np.float64]] = {}
    for number, pair in enumerate(pairs.tolist()):
        a, b = (held.setdefault(x, one.confusion(x)) for x in divmod(pair, answers.n_raters))
        alike[number] = (a * b).sum(axis=1)
    found: NDArray[np.float64] = np.einsum("nk,nk->n", q, alike[which])
    return np.clip(found, 0.0, 1.0)


def _together(answers: Answers, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs of answers on one item, as positions among the answers; of a sample where they are too many."""
    per_item = answers.per_item
    pairs = per_item * (per_item - 1) // 2
    chosen = np.flatnonzero(pairs)
    if pairs.sum() > COMPARED:
        chosen = np.random.default_rng(seed).permutation(chosen)
        chosen = np.sort(chosen[: max(1, int(np.searchsorted(np.cumsum(pairs[chosen]), COMPARED)))])
    left, right = [], []
    # Items with equally many answers at once.
    for count in np.unique(per_item[chosen]).tolist():
        starts = answers.starts[:-1][chosen[per_item[chosen] == count]]
        a, b = np.triu_indices(count, 1)
        left.append((starts[:, None] + a).ravel())
        right.append((starts[:, None] + b).ravel())
    nothing = np.empty(0, np.intp)
    return np.concatenate([nothing, *left]), np.concatenate([nothing, *right])


def weights(answers: Answers, found: Dependence) -> NDArray[np.float64]:
    """Return what each answer counts, float64 [M]: w_ij = 1/(1 + Σ_s c_js) over the other raters s of the item.

    Of m raters who copy each other in a share c of their answers, all count m/(1 + (m − 1)c) together: m where they
    are independent, 1 where they are one.
    """
    from scipy.sparse import csr_matrix

    load = np.zeros(len(answers))
    family = found.families[answers.raters]
    several = int(found.families.max(initial=0)) + 1
    _, which, size = np.unique(
        answers.items.astype(np.int64) * several + family, return_inverse=True, return_counts=True
    )
    load += FAMILY * (size[which] - 1)
    if len(found.first):
        same = found.families[found.first] == found.families[found.second]
        extra = np.where(same, np.maximum(found.copied - FAMILY, 0), found.copied)
        rows, columns = np.concatenate([found.first, found.second]), np.concatenate([found.second, found.first])
        among = csr_matrix((np.concatenate([extra, extra]), (rows, columns)), shape=(answers.n_raters,) * 2)
        shape = (answers.n_items, answers.n_raters)
        who = csr_matrix((np.ones(len(answers)), answers.raters, answers.starts), shape=shape)
        # The product has a cell for every rater that depends on one who answered; those who answered are picked.
        theirs = (who @ among).multiply(who).tocoo()
        key = theirs.row.astype(np.int64) * answers.n_raters + theirs.col
        mine = answers.items.astype(np.int64) * answers.n_raters + answers.raters
        load[np.searchsorted(mine, key)] += theirs.data
    return 1 / (1 + load)
