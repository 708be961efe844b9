"""One consensus of many raters, by the rule of one's choice or by the best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.consensus import dawid_skene, majority
from explorer.consensus.answers import Answers
from explorer.consensus.crowd_kit import by_crowd_kit
from explorer.consensus.crowdlab import crowdlab
from explorer.consensus.dawid_skene import Fit
from explorer.consensus.dependence import Dependence, dependence
from explorer.consensus.model_prior import checked_models
from explorer.consensus.quality import quality
from explorer.consensus.result import Consensus, overlap_notes
from explorer.errors import DataError, UnknownName
from explorer.utils.proportions import wilson
from explorer.utils.text import percentage

Method = Literal["best", "majority", "dawid_skene", "glad", "mace", "crowdlab", "pooled"]

METHODS: tuple[Method, ...] = ("best", "majority", "dawid_skene", "glad", "mace", "crowdlab", "pooled")

TOGETHER = 0.25
"""Mean share of copied answers from which raters err together as a whole: agreement is no truth then, and EM, which
takes it for that, is not believed."""


def consensus(
    answers: Answers,
    probs: ArrayLike | Sequence[ArrayLike] | None = None,
    method: Method = "best",
    *,
    gold: ArrayLike | None = None,
    names: Sequence[str] = (),
    classes: Sequence[str] = (),
    seed: int = 0,
    check: Callable[[], None] | None = None,
) -> Consensus:
    """Make one label of many raters' answers, with how sure it is and how good each rater is.

    Parameters
    ----------
    answers
        One answer each.
    probs
        float [N, K], or a list of such: held-out probabilities of classifiers, which join as far as they foretell the
        answers. Rows are divided by their sum.
    method
        "best": "pooled" with probabilities, "dawid_skene" without, and "majority" where raters err together so much
        that agreement is no sign of truth, or where the model has made of a class something that nobody calls so.
        "majority", "dawid_skene", "glad" and "mace" use the answers alone.
        "crowdlab" and "pooled" need `probs`. "glad" and "mace" need the extra `crowd`.
    gold
        int [N]: known classes of gold tasks, -1 elsewhere. They do not change the consensus: raters are scored by them.
    names, classes
        [R] and [K]: what raters and classes are called, for tables and sentences.
    seed
        Of whatever is drawn.
    check
        Called at each step of each fit of ours; whatever it raises ends the work (`Progress.check` to cancel).

    Returns
    -------
    Consensus

    Raises
    ------
    UnknownName
        A method that does not exist.
    DataError
        A method that needs probabilities without them; probabilities or gold of another shape; names that are not one
        a rater.
    MissingExtra
        GLAD and MACE without crowd-kit.

    Examples
    --------
    >>> answers = Answers.of([[0, 0, 1], [1, 1, 1], [0, 0, 0]], n_classes=2)
    >>> consensus(answers, method="majority").labels.tolist()
    [0, 1, 0]
    """
    if method not in METHODS:
        raise UnknownName("method", method, METHODS)
    if len(names) not in (0, answers.n_raters):
        raise DataError(f"There are {answers.n_raters:,} raters and {len(names):,} names.", "Give one each.")
    models = checked_models(probs, answers)
    if method in ("crowdlab", "pooled") and not models:
        raise DataError(f"The consensus by {method!r} joins raters and a model.", "Give probs=, or another method.")
    notes = overlap_notes(answers, names)
    together = dependence(answers, names, seed, check)
    used, fit, posterior = _by(method, answers, models, together, notes, seed, check)
    if together.any:
        ours = used not in ("glad", "mace", "crowdlab")
        notes.append(together.sentence() if ours else f"{together.sentence()[:-1]}; but {used} counts them all.")
    answered = answers.answered
    ties = models[0] if models else answers.counts().sum(axis=0) / max(1, len(answers))
    labels = majority.labels_of(posterior, answered, ties / (1 + np.max(ties)))
    table = quality(answers, posterior, names=names, classes=classes, gold=gold)
    table.insert(3, "counts_as", together.counts_as(answers))
    certificate = majority.certificate(answers, together.pairs) if answers.n_classes == 2 else None
    return Consensus(
        labels,
        posterior.astype(np.float32),
        table,
        used,
        tuple(notes),
        certificate,
        answers,
        together,
        fit,
        tuple(classes),
    )


def _by(
    method: Method,
    answers: Answers,
    models: list[NDArray[np.float64]],
    together: Dependence,
    notes: list[str],
    seed: int,
    check: Callable[[], None] | None,
) -> tuple[str, Fit | None, NDArray[np.float64]]:
    """Return the rule that was used, the fit where it has one, and each item's class, float64 [N, K]."""
    chosen = method != "best"
    if not chosen:
        if models:
            method = "pooled"
        elif together.mean > TOGETHER:
            method = "majority"
            notes.append(
                f"Raters err together ({100 * together.mean:.0f} % of their answers are alike beyond what they know), "
                "so that agreement is no sign of truth: the majority decides."
            )
        else:
            method = "dawid_skene"
    if method == "majority":
        return method, None, majority.shares(together.merged, together.weights).astype(np.float64)
    if method in ("glad", "mace"):
        return method, None, by_crowd_kit(answers, method, seed)
    if method == "crowdlab":
        return method, None, crowdlab(answers, models[0]).posterior
    joined = models if method == "pooled" else []
    fit = best_fit(together.merged, joined, together.weights, seed, check)
    share = 0.0 if chosen or joined else nameless(fit, together.merged, together.weights)
    if share:
        notes.append(
            f"{percentage(share)} of what Dawid and Skene's model would change goes to classes that no rater calls by "
            "their name, which is no sign of truth: the majority decides."
        )
        return "majority", None, majority.shares(together.merged, together.weights).astype(np.float64)
    if joined:
        beliefs = " and ".join(f"{t:.2f}" for t in fit.exponents)
        notes.append(f"The classifier counts {beliefs} times as much as it says of itself.")
    if len(fit.shares) > 1:
        notes.append(f"{100 * fit.shares[1]:.0f} % of the items are hard: raters err otherwise there.")
    return method, fit, fit.posterior


def nameless(fit: Fit, answers: Answers, counting: NDArray[np.float64] | None = None) -> float:
    """Return the share of the changed items whose new class is `unnamed`, 0 unless it is surely more than half.

    Changed are the items to which the model gives a class with fewer votes than another. Surely: the lower end of
    Wilson's interval is above one half.

    Parameters
    ----------
    fit
        Of these answers.
    answers
        One answer each.
    counting
        float64 [M]: what each answer counts; 1 by default.
    """
    odd = dawid_skene.unnamed(fit, answers.n_raters)
    if not odd.any():
        return 0.0
    votes, labels = answers.counts(counting), fit.posterior.argmax(axis=1)
    changed = answers.answered & (votes[np.arange(len(labels)), labels] < votes.max(axis=1) - 1e-9)
    many, of = int((changed & odd[labels]).sum()), int(changed.sum())
    return many / of if of and wilson(many, of)[0] > 0.5 else 0.0


def best_fit(
    answers: Answers,
    models: Sequence[NDArray[np.float64]] = (),
    counting: NDArray[np.float64] | None = None,
    seed: int = 0,
    check: Callable[[], None] | None = None,
) -> Fit:
    """Return Dawid and Skene's model; joined with a model, with easy and hard items if these foretell answers better.

    Of three the one with the smallest criterion of Akaike is taken (`dawid_skene.information`): without hard items,
    with hard items on which all raters err alike, and on which each errs in its own way. Without a model nothing but
    the raters' disagreement tells a hard item, which their matrices explain as well.

    Parameters
    ----------
    answers
        One answer each.
    models
        float64 [N, K] each: held-out probabilities.
    counting
        float64 [M]: what each answer counts; 1 by default.
    seed
        Of the fit.

    Returns
    -------
    Fit
        The class of each item and the raters' models.
    """
    plain = dawid_skene.fit(answers, models, weights=counting, seed=seed, check=check)
    if not models or answers.per_item.max(initial=0) < 2:
        return plain
    split = [
        dawid_skene.fit(answers, models, hard=True, alike=alike, weights=counting, seed=seed, check=check)
        for alike in (True, False)
    ]
    return min(plain, *split, key=dawid_skene.information)


def page(name: str) -> str:
    """Return what a rule does, when to trust it and where it comes from, as plain text with underlined headings.

    Parameters
    ----------
    name
        A method, or "certificate", "dependence", "agreement", "quality", "next_answers", "budget".

    Raises
    ------
    UnknownName
        No such page.

    Examples
    --------
    >>> page("majority").splitlines()[0] != ""
    True
    """
    folder = files("explorer.consensus") / "pages"
    known = sorted(path.name.removesuffix(".md") for path in folder.iterdir() if path.name.endswith(".md"))
    if name not in known:
        raise UnknownName("page", name, known)
    return (folder / f"{name}.md").read_text(encoding="utf-8").rstrip()
