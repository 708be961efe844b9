"""Who copies whom: the sources with which Dawid and Skene's model foretells the answers better than without."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.consensus import copying, dawid_skene
from explorer.consensus.answers import Answers
from explorer.consensus.copying import Copying
from explorer.utils.logits import softmax

FEWEST = 30
"""Fewest items that two raters must share before their agreement says anything."""

SURE = 0.00135
"""Chance that any pair of independent raters is found (three standard errors where there is one pair)."""

LEAST = 0.1
"""A rater who copies less than a tenth of its answers counts as independent: that hardly moves a vote."""

SAME = 0.5
"""From this share of copied answers on, two raters are more one than two, and become one."""

HANGS = 0.01
"""That it cannot be told whether one rater repeats another is said where so many labels hang on it, as a share of the
items that both have answered."""

FEW = 4
"""Fewest raters: of three, two who agree may be copies or may both be right, and nothing tells which."""

WHOLE = 30
"""Up to so many raters groups are tried by a fit each, beyond pairs by one fit of all: two of many who copy each other
hardly become the truth."""

TRIED = 5_000
"""Most pairs that are tried by one fit."""

FACTOR = 30
"""Steps in which the common factor is found."""

COMPARED = 200_000
"""Most pairs of answers that are compared; beyond it a sample of the items is."""

CELLS = 300_000
"""Most answers times classes that are compared."""

TOLD = 400
"""Fewest items of such a sample."""

CROWD = 1_000
"""Most raters that are compared where all share many items."""


@dataclass(frozen=True, eq=False)
class Sources:
    """Whom each rater copies.

    Attributes
    ----------
    source
        int32 [R]: whom, -1 for nobody; without circles.
    copied
        float64 [R]: in which share of the answers where both have answered; 0 without a source.
    compared
        Pairs of raters that share enough items to tell.
    left_aside
        Raters of whom nothing was asked, since there are too many.
    unsure
        Pairs, first < second, of whom it cannot be told: the answers are about as likely with copying as without, and
        what an item is hangs on it.
    """

    source: NDArray[np.int32]
    copied: NDArray[np.float64]
    compared: int
    left_aside: int = 0
    unsure: tuple[tuple[int, int], ...] = ()


def sources(answers: Answers, seed: int = 0, check: Callable[[], None] | None = None) -> Sources:
    """Find whom each rater copies.

    Parameters
    ----------
    check
        Called at each step of each fit; whatever it raises ends it.
    """
    heard, left_aside = sampled(answers, seed)
    r = answers.n_raters
    first, second, shared = paired(heard)
    varied = varied_raters(heard)
    able = (shared >= FEWEST) & varied[first] & varied[second]
    first, second, shared = first[able], second[able], shared[able]
    nobody = Sources(np.full(r, -1, np.int32), np.zeros(r), len(first), left_aside)
    if not len(first) or (heard.per_rater > 0).sum() < FEW:
        return nobody
    level = _level(len(first))
    if (heard.per_rater > 0).sum() <= WHOLE:
        search = _Search(heard, level, check)
        found = search.by_fits(first, second)
        return Sources(found[0], found[1], len(first), left_aside, tuple(search.unsure))
    found = _by_one_fit(heard, first, second, level, seed, check)
    return Sources(found[0], found[1], len(first), left_aside)


def _level(pairs: int) -> float:
    """Return the gain in log-likelihood from which a source is believed: it has one parameter."""
    from scipy.stats import norm

    return float(norm.isf(SURE / max(1, pairs))) ** 2 / 2


def sampled(answers: Answers, seed: int = 0) -> tuple[Answers, int]:
    """Return the answers on a sample of the items where they are too many, and how many raters are left aside."""
    per_item = answers.per_item.astype(np.int64)
    pairs = per_item * (per_item - 1) // 2
    some = np.flatnonzero(pairs)
    if pairs.sum() <= COMPARED and len(answers) * answers.n_classes <= CELLS:
        return answers, 0
    if not len(some):
        return answers.only(np.zeros(len(answers), bool)), 0
    rng = np.random.default_rng(seed)
    aside = 0
    if pairs.sum() / len(some) > CROWD * CROWD / 2:
        kept = rng.choice(answers.n_raters, CROWD, replace=False)
        aside = answers.n_raters - CROWD
        answers = answers.only(np.isin(answers.raters, kept))
        per_item = answers.per_item.astype(np.int64)
        pairs = per_item * (per_item - 1) // 2
        some = np.flatnonzero(pairs)
    chosen = rng.permutation(some)
    fits = (np.cumsum(pairs[chosen]) <= COMPARED) & (np.cumsum(per_item[chosen]) * answers.n_classes <= CELLS)
    fits[:TOLD] = True
    items = np.zeros(answers.n_items, bool)
    items[chosen[fits]] = True
    return answers.only(items[answers.items]), aside


def paired(answers: Answers) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Return the pairs of raters who share items, first < second, and how many items they share."""
    from scipy.sparse import csr_matrix, triu

    shape = (answers.n_items, answers.n_raters)
    who = csr_matrix((np.ones(len(answers), np.float64), answers.raters, answers.starts), shape=shape)
    both = triu(who.T @ who, 1).tocoo()
    order = np.lexsort((both.col, both.row))
    return both.row[order].astype(np.int32), both.col[order].astype(np.int32), both.data[order].astype(np.int64)


def varied_raters(answers: Answers) -> NDArray[np.bool_]:
    """Return who gives more than one answer, bool [R]: who always says the same tells nothing of what others copy."""
    cells = np.unique(answers.raters.astype(np.int64) * answers.n_classes + answers.codes)
    found: NDArray[np.bool_] = np.bincount(cells // answers.n_classes, minlength=answers.n_raters) > 1
    return found


class _Search:
    """Tries the groups of raters who agree most, as copies of one of them, each with a fit; keeps what gains most."""

    def __init__(self, answers: Answers, level: float, check: Callable[[], None] | None) -> None:
        self._answers, self._level, self._check = answers, level, check
        self.unsure: list[tuple[int, int]] = []

    def by_fits(
        self, first: NDArray[np.int32], second: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return whom each rater copies, int32 [R], and in which share of its answers, float64 [R]."""
        source = np.full(self._answers.n_raters, -1, np.int32)
        now = self._fit(source)
        every = groups = close_groups(self._answers, first, second)
        while groups:
            tried = []
            for group in groups:
                wider = as_one(source, group)
                then = self._fit(wider)
                more = int((wider >= 0).sum() - (source >= 0).sum())
                gain = then.log_likelihood - now.log_likelihood - more * self._level
                if gain > 0:
                    # Without it, from what is held for true with it: the first may have ended at a lesser summit.
                    without = self._fit(source, then.posterior).log_likelihood
                    gain = then.log_likelihood - max(now.log_likelihood, without) - more * self._level
                if gain > 0:
                    tried.append((gain, group, wider, then))
            if not tried:
                break
            # Of those that foretell the answers about as well, the one with fewest sources: nothing else decides.
            best = max(gain for gain, *_ in tried)
            tried.sort(key=lambda one: (one[0] <= best - self._level, (one[2] >= 0).sum(), -one[0]))
            source, now = self._sure(*tried[0][2:])
            groups = [g for _, g, _, _ in tried[1:] if len({root(source, one) for one in g}) > 1]
        self.unsure = [(g[0], g[1]) for g in every if len(g) == 2 and self._is_unsure(source, now, g)]
        return source, now.copied

    def _is_unsure(self, source: NDArray[np.int32], now: Copying, pair: Sequence[int]) -> bool:
        """Say whether two raters may as well be one as two, and whether what items are hangs on it."""
        if root(source, pair[0]) == root(source, pair[1]):
            return False
        wider = as_one(source, pair)
        # From where one says nearly all that the other says: that is what is asked, and EM ends at the summit nearby.
        then = copying.fit(self._answers, wider, np.full(len(source), 0.9), None, self._check)
        if then.copied[wider != source].max() < SAME or then.log_likelihood < now.log_likelihood - self._level:
            return False
        both = len(together(self._answers, *pair)[0])
        return int((then.posterior.argmax(axis=1) != now.posterior.argmax(axis=1)).sum()) >= HANGS * both

    def _sure(self, source: NDArray[np.int32], now: Copying) -> tuple[NDArray[np.int32], Copying]:
        """Drop one after another the sources without which the answers are foretold as well."""
        rest = np.flatnonzero(source >= 0)
        for rater in rest[np.argsort(now.copied[rest], kind="stable")].tolist():
            fewer = source.copy()
            fewer[rater] = -1
            without = self._fit(fewer, now.posterior)
            if now.copied[rater] <= LEAST or now.log_likelihood - without.log_likelihood <= self._level:
                source, now = fewer, without
        return source, now

    def _fit(self, source: NDArray[np.int32], begin: NDArray[np.float64] | None = None) -> Copying:
        start = np.full(self._answers.n_raters, 0.5)
        return copying.fit(self._answers, source, start, begin, self._check)


def as_one(source: NDArray[np.int32], group: Sequence[int]) -> NDArray[np.int32]:
    """Return the sources with all of a group copying the first of them; those who have a source bring it along."""
    found = source
    for rater in group[1:]:
        if root(found, rater) != root(found, group[0]):
            found = joined(found, group[0], rater)
    return found


def close_groups(answers: Answers, first: NDArray[np.int32], second: NDArray[np.int32]) -> list[tuple[int, ...]]:
    """Return the groups of raters who agree most among themselves, as two hierarchies have them (average linkage).

    One by agreement beyond chance, one by agreement beyond what one common factor explains (`beyond_one_factor`). At
    least one rater is outside a group: else nobody tells what is true.
    """
    from scipy.cluster.hierarchy import linkage

    who = np.unique(np.concatenate([first, second]))
    place = np.full(answers.n_raters, -1)
    place[who] = np.arange(len(who))
    found: dict[tuple[int, ...], None] = {}
    for near in beyond_one_factor(answers, first, second):
        apart = np.full((len(who), len(who)), near.max() - near.min() + 1)
        apart[place[first], place[second]] = apart[place[second], place[first]] = near.max() - near
        tree = linkage(apart[np.triu_indices(len(who), 1)], "average")
        members: list[tuple[int, ...]] = [(int(one),) for one in who]
        for row in tree:
            members.append((*members[int(row[0])], *members[int(row[1])]))
            if len(members[-1]) < len(who):
                found[tuple(sorted(members[-1]))] = None
    return list(found)


def root(source: NDArray[np.int32], rater: int) -> int:
    """Return whom a rater copies in the end."""
    while source[rater] >= 0:
        rater = int(source[rater])
    return rater


def joined(source: NDArray[np.int32], first: int, second: int) -> NDArray[np.int32]:
    """Return the sources with the second rater copying the first; whom the second copied then copies it."""
    found = source.copy()
    before, rater = first, second
    while rater >= 0:
        after = int(found[rater])
        found[rater] = before
        before, rater = rater, after
    return found


def _by_one_fit(
    answers: Answers,
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    level: float,
    seed: int,
    check: Callable[[], None] | None,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return whom each rater copies and how much, by what all others say of the items.

    For a pair: the c that makes Π_i Σ_k q_i(k)·C_r[k, a]·(c·[a = b] + (1 − c)·C_s[k, b]) largest, q by all but the two,
    and its gain over c = 0. The clearest first, as long as no circle comes about.
    """
    fit = dawid_skene.fit(answers, seed=seed, check=check)
    everything = fit.log_prior + fit.raters[0].log_likelihood()
    found = []
    for a, b in likely(answers, first, second):
        if check is not None:
            check()
        left, right = together(answers, a, b)
        theirs = fit.raters[0].of_answers(right)
        z = everything[answers.items[left]] - theirs  # the first is heard, the second not
        q = softmax(z)
        apart = (q * np.exp(theirs)).sum(axis=1)
        c, gain = repeats(apart, answers.codes[left] == answers.codes[right])
        if gain > level and c > LEAST:
            found.append((gain, a, b, c))
    source, copied = np.full(answers.n_raters, -1, np.int32), np.zeros(answers.n_raters)
    for _, a, b, c in sorted(found, reverse=True):
        if root(source, a) != root(source, b):
            free, other = (b, a) if source[b] < 0 else (a, b)
            if source[free] < 0:
                source[free], copied[free] = other, c
    return source, copied


def repeats(apart: NDArray[np.float64], same: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the share c of repeated answers under which a rater's are likeliest, and the gain over c = 0.

    Σ log(1 − c + c·[same]/apart) is concave in c.

    Parameters
    ----------
    apart
        float64 [n]: how likely each answer is if the rater judges for itself.
    same
        bool [n]: the answer is the other's.
    """
    ratio = same / np.maximum(apart, 1e-12) - 1
    low, high = 0.0, 1 - 1e-6
    for _ in range(40):
        c = (low + high) / 2
        if (ratio / (1 + c * ratio)).sum() > 0:
            low = c
        else:
            high = c
    return low, float(np.log1p(low * ratio).sum())


def together(answers: Answers, first: int, second: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the answers of two raters on the items that both have answered, as positions among the answers."""
    one, other = np.flatnonzero(answers.raters == first), np.flatnonzero(answers.raters == second)
    _, a, b = np.intersect1d(answers.items[one], answers.items[other], assume_unique=True, return_indices=True)
    return one[a], other[b]


def likely(answers: Answers, first: NDArray[np.int32], second: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Return the pairs of raters worth a look, those first who agree most beyond what one common factor explains."""
    _, z = beyond_one_factor(answers, first, second)
    order = np.argsort(-z, kind="stable")
    kept = order[: max(2 * answers.n_raters, int((z > 3).sum()))][:TRIED]
    return list(zip(first[kept].tolist(), second[kept].tolist(), strict=True))


def beyond_one_factor(
    answers: Answers, first: NDArray[np.int32], second: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far pairs of raters agree beyond chance, and by how many standard errors beyond one factor.

    Raters who err apart agree beyond chance by g_r·g_s, whoever they are (one factor, the truth); g by least squares,
    each pair weighing by the items that it shares. Whatever is true of the items does not matter.

    References
    ----------
    Spearman: "General intelligence", objectively determined and measured (American Journal of Psychology, 1904).
    """
    from scipy.sparse import csr_matrix

    k, r, m = answers.n_classes, answers.n_raters, len(answers)
    cells = answers.items.astype(np.int64) * k + answers.codes
    said = csr_matrix((np.ones(m), (cells, answers.raters)), shape=(answers.n_items * k, r))
    who = csr_matrix((np.ones(m), answers.raters, answers.starts), shape=(answers.n_items, r))
    agreed = np.asarray((said.T @ said)[first, second]).ravel()
    shared = np.asarray((who.T @ who)[first, second]).ravel()
    share = np.bincount(answers.codes, minlength=k) / m
    chance = float(share @ share)
    beyond = (agreed / shared - chance) / max(1e-9, 1 - chance)
    g = np.full(r, math.sqrt(max(0.01, float(np.average(beyond, weights=shared)))))
    for _ in range(FACTOR):
        up = np.bincount(first, shared * beyond * g[second], r) + np.bincount(second, shared * beyond * g[first], r)
        down = np.bincount(first, shared * g[second] ** 2, r) + np.bincount(second, shared * g[first] ** 2, r)
        g = (g + np.clip(up / np.maximum(down, 1e-9), 0.0, 1.0)) / 2
    expected = np.clip(chance + (1 - chance) * g[first] * g[second], 0.01, 0.99)
    return beyond, (agreed / shared - expected) * np.sqrt(shared / (expected * (1 - expected)))
