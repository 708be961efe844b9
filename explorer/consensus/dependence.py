"""Raters that err together: found by how much more two agree than their accuracies allow, and counted as fewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.consensus import dawid_skene
from explorer.consensus.answers import Answers
from explorer.consensus.dawid_skene import Fit
from explorer.consensus.rater_models import rater_model
from explorer.utils.text import Spoken, counted, joined

FEWEST = 30
"""Fewest items that two raters must share before their agreement says anything."""

SURE = 0.00135
"""Chance that any pair of independent raters is found (three standard errors where there is one pair)."""

LEAST = 0.1
"""A pair that copies less than a tenth of its answers counts as independent: that hardly moves a vote."""

SAME = 0.5
"""From this share of copied answers on, two raters are more one than two, and become one."""

ROUNDS = 10
"""Most rounds in which raters become one."""

FEW, MANY = 4, 30
"""From so many raters to so many each is compared by a model that never heard it. With three, two would have to tell
how good one is; among many, two copies hardly become the truth, and a model each takes long."""

STEPS = 10
"""Steps in which a rater's matrix is learnt beside a model that never heard it."""

COMPARED = 2_000_000
"""Most pairs of answers that are compared; beyond it a sample of the items is."""

BLOCK = 2**20
"""Cells [pairs, K] held at once."""


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
        Mean of `copied` over these, 0 for a pair of which it is not sure; 0 without any.
    groups
        int32 [R]: raters that count as one have the same number, that of the first of them.
    merged
        The answers with one for each group and item: what most of the group say, the first of them on a tie.
    fit
        Dawid and Skene's model of these.
    weights
        float64 [merged answers]: what each of these counts.
    names
        [R]: what the raters are called; numbers where it is empty.
    families
        Some raters are of one family.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    copied: NDArray[np.float64]
    shared: NDArray[np.int64]
    compared: int
    mean: float
    groups: NDArray[np.int32]
    merged: Answers
    fit: Fit
    weights: NDArray[np.float64]
    names: tuple[str, ...] = ()
    families: bool = False

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
            said.append(f"Of {counted(self.compared, 'pair')} of raters none repeats the other")
        else:
            said.append(f"No two raters share {FEWEST} items, so whether they err together is not known")
        return ". ".join(said) + "."

    def _name(self, rater: int) -> str:
        return self.names[rater] if self.names else f"rater {rater}"


def dependence(answers: Answers, names: Sequence[str] = (), seed: int = 0) -> Dependence:
    """Find the raters that agree more than their accuracies allow, and let copies become one.

    Given what all *others* say of an item (q without the two), two raters who err apart agree with probability
    E = Σ_k q(k) Σ_a C_r[k, a]·C_s[k, a]. If the one repeats the other in a share c of its answers, they agree with
    c + (1 − c)E; so c = (observed − expected)/(1 − expected), summed over the items that both answered.

    Raters of one family are one from the start. Then, in rounds: the model is fitted, the two that copy most become one
    (and others that copy as clearly, each rater once a round), until no two copy half of their answers. One at a time,
    because copies pass for the truth: until they are one, whoever else is right seems to err together with others.

    Returns
    -------
    Dependence
        Of pairs that copy less than half, w_ij = 1/(1 + Σ_s c_js) over the other raters s of the item: m raters who
        repeat each other in a share c of their answers count m/(1 + (m − 1)c).
    """
    groups = _family_groups(answers)
    families = len(np.unique(groups)) < answers.n_raters
    strong: list[tuple[int, int, float, int]] = []
    for step in range(ROUNDS + 1):
        merged = _merged(answers, groups)
        fit = dawid_skene.fit(merged, seed=seed)
        first, second, copied, shared, surely = _pairs(merged, fit, seed)
        same = np.flatnonzero(surely & (copied >= SAME))
        if not len(same) or step == ROUNDS:
            break
        taken: set[int] = set()
        least = max(SAME, 0.9 * copied[same].max())
        for p in same[np.argsort(-copied[same], kind="stable")].tolist():
            a, b = int(first[p]), int(second[p])
            if copied[p] >= least and not taken & {a, b}:
                taken |= {a, b}
                groups = np.where(groups == b, np.int32(a), groups)
                strong.append((a, b, float(copied[p]), int(shared[p])))
    mean = float(np.where(surely, np.clip(copied, 0, 1), 0).mean()) if len(copied) else 0.0
    weak = np.flatnonzero(surely & (copied > LEAST))
    weights = _weights(merged, first[weak], second[weak], np.minimum(copied[weak], 1))
    every = [*strong, *zip(first[weak], second[weak], np.minimum(copied[weak], 1), shared[weak], strict=True)]
    return Dependence(
        np.array([pair[0] for pair in every], np.int32),
        np.array([pair[1] for pair in every], np.int32),
        np.clip(np.array([pair[2] for pair in every], np.float64), 0, 1),
        np.array([pair[3] for pair in every], np.int64),
        len(copied),
        mean,
        groups,
        merged,
        fit,
        weights,
        tuple(names),
        families,
    )


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


def _pairs(
    answers: Answers, fit: Fit, seed: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return all pairs that share enough items: both raters, how much they copy, items shared, whether that is sure."""
    from scipy.stats import norm

    left, right = _together(answers, seed)
    r = answers.n_raters
    # Who always says the same tells nothing of what others copy.
    varied = (
        np.bincount(
            np.unique(answers.raters.astype(np.int64) * answers.n_classes + answers.codes) // answers.n_classes,
            minlength=r,
        )
        > 1
    )
    telling = varied[answers.raters[left]] & varied[answers.raters[right]]
    left, right = left[telling], right[telling]
    key = answers.raters[left].astype(np.int64) * r + answers.raters[right]
    pairs, which, shared = np.unique(key, return_inverse=True, return_counts=True)
    enough = shared >= FEWEST  # of the others nothing can be told
    kept = enough[which]
    left, right = left[kept], right[kept]
    which = (np.cumsum(enough) - 1)[which[kept]]
    pairs, shared = pairs[enough], shared[enough]
    expected = np.empty(len(left))
    if FEW <= varied.sum() <= MANY:
        second = answers.raters[right]
        for rater in np.unique(second).tolist():
            part = np.flatnonzero(second == rater)
            expected[part] = _without(answers, rater, left[part], right[part], seed)
    else:
        everything = fit.log_prior + fit.raters[0].log_likelihood()
        step = max(1, BLOCK // answers.n_classes)
        for begin in range(0, len(left), step):
            part = np.arange(begin, min(begin + step, len(left)))
            z = everything[answers.items[left[part]]]
            z = z - fit.raters[0].of_answers(left[part]) - fit.raters[0].of_answers(right[part])
            expected[part] = _agreeing(answers, z, left[part], right[part], fit.confusion, fit.confusion)
    agree = answers.codes[left] == answers.codes[right]
    observed, chance = np.bincount(which, agree, len(pairs)), np.bincount(which, expected, len(pairs))
    spread = np.sqrt(np.bincount(which, expected * (1 - expected), len(pairs)))
    copied = (observed - chance) / np.maximum(shared - chance, 1e-9)
    first, second = (pairs // r).astype(np.int32), (pairs % r).astype(np.int32)
    return (
        first,
        second,
        copied,
        shared.astype(np.int64),
        observed - chance > norm.isf(SURE / max(1, len(pairs))) * spread,
    )


def _without(
    answers: Answers, rater: int, left: NDArray[np.intp], right: NDArray[np.intp], seed: int
) -> NDArray[np.float64]:
    """Return how likely a rater's answers agree with others' if they err apart, by a model that never heard the rater.

    Two copies that are both heard make each other the truth, and would then agree no more than that allows.
    """
    rest = answers.only(answers.raters != rater)
    fit = dawid_skene.fit(rest, seed=seed)
    others = fit.log_prior + fit.raters[0].log_likelihood()
    alone = answers.only(answers.raters == rater)
    own = rater_model(alone, np.ones(len(alone)))
    posterior = fit.posterior
    for _ in range(STEPS):
        own.learn(posterior)
        z = others + own.log_likelihood()
        posterior = np.exp(z - z.max(axis=1, keepdims=True))
        posterior /= posterior.sum(axis=1, keepdims=True)
    place = np.cumsum(answers.raters != rater) - 1  # of each answer among the rest
    z = others[answers.items[left]] - fit.raters[0].of_answers(place[left])
    return _agreeing(answers, z, left, right, fit.confusion, own.confusion)


def _agreeing(
    answers: Answers,
    z: NDArray[np.float64],
    left: NDArray[np.intp],
    right: NDArray[np.intp],
    of_left: Callable[[int], NDArray[np.float64]],
    of_right: Callable[[int], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return with what probability two answers on one item agree if their raters err apart, float64 [pairs].

    Parameters
    ----------
    z
        float64 [pairs, K]: log-odds of the item's classes by all others.
    of_left, of_right
        P(answer | class) of a rater.
    """
    q = np.exp(z - z.max(axis=1, keepdims=True))
    q /= q.sum(axis=1, keepdims=True)
    key = answers.raters[left].astype(np.int64) * answers.n_raters + answers.raters[right]
    pairs, which = np.unique(key, return_inverse=True)
    alike = np.empty((len(pairs), answers.n_classes))
    for number, pair in enumerate(pairs.tolist()):
        a, b = divmod(pair, answers.n_raters)
        alike[number] = (of_left(a) * of_right(b)).sum(axis=1)
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
