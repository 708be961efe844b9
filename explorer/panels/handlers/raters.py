"""Raters in the details: how good each is, how they agree, and what to ask next."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from explorer.consensus import Consensus
from explorer.consensus.result import TITLES
from explorer.errors import UnknownName
from explorer.panels.registry import call
from explorer.panels.schema import raters as schema
from explorer.review.rater_views import Said
from explorer.review.review import Review
from explorer.utils.text import joined

MOST = 100
"""Raters that an answer lists."""

WIDE = 12
"""Classes of a confusion matrix."""

ROWS = 30
"""Raters of an item that a card lists."""

RULES = {
    "pooled": "Each rater's answer counts as often as it is right, class by class (the model of Dawid and Skene), and "
    "the classifier is one more rater.",
    "dawid_skene": "Each rater's answer counts as often as it is right, class by class (the model of Dawid and Skene); "
    "there are no held-out probabilities to join in.",
    "majority": "The majority decides: raters err together, or there is nothing to tell them apart by.",
}
"""How raters come to one label, and why so."""


@call("raters", slow=True, locked=False)
def raters(review: Review) -> schema.RatersReply:
    """Say how good each rater is, how far they agree, and by which rule they make one label."""
    with review.state.lock:
        votes = review.state.votes
    if votes is None:
        return schema.RatersReply(sentence="", method="", agreement="", rows=[], more=0)
    found, agreement = review.rater_views.figures()
    alike, kinds = _alike(found), {one.name: one for one in votes}
    order = found.quality.sort_values("answers", ascending=False, kind="stable").index if len(votes) > MOST else None
    table = found.quality if order is None else found.quality.loc[order[:MOST]]
    rows = []
    for number, row in zip(table.index.tolist(), table.to_dict("records"), strict=True):
        rater = kinds.get(str(row["rater"]))
        rows.append(
            schema.RaterRow(
                name=str(row["rater"]),
                kind="" if rater is None else rater.kind,
                family=str(row["family"]),
                answers=int(row["answers"]),
                abstentions=0 if rater is None else rater.abstentions,
                accuracy=_known(row["accuracy"]),
                low=_known(row["low"]) if row["answers"] else None,
                high=_known(row["high"]) if row["answers"] else None,
                counts_as=float(row["counts_as"]),
                alike=alike.get(number, ""),
                gold=_known(row["gold"]),
                gold_answers=int(row["gold_answers"]),
                confused=str(row["most_confused"]),
                bias=str(row["bias"]),
                note=str(row["note"]),
            )
        )
    return schema.RatersReply(
        sentence=found.sentence(),
        method=RULES.get(found.method, f"The rule is {TITLES[found.method]}."),
        agreement=agreement.sentence(),
        rows=rows,
        more=len(votes) - len(rows),
    )


@call("rater_confusion", slow=True, locked=False)
def confusion(review: Review, args: schema.RaterNameArgs) -> schema.Confusion:
    """Return how a rater answers, class by class; of many classes those that it errs in most."""
    found, _ = review.rater_views.figures()
    names = found.quality["rater"].tolist()
    if args.name not in names:
        raise UnknownName("rater", args.name, names)
    matrix = found.confusion(names.index(args.name))
    prior = found.posterior.sum(axis=0)
    wrong = prior * (1 - np.diag(matrix))
    shown = np.sort(np.argsort(-wrong, kind="stable")[:WIDE])
    return schema.Confusion(
        classes=[found.classes[c] for c in shown],
        matrix=matrix[np.ix_(shown, shown)].tolist(),
        more=len(matrix) - len(shown),
    )


@call("ask_next", slow=True, locked=False)
def ask_next(review: Review, args: schema.AskNextArgs) -> schema.AskNextReply:
    """Return the items on which another answer is worth most, and whom to ask."""
    table = review.raters.ask_next(args.n)
    if not len(table):  # whoever rates has answered all that is open
        table = review.raters.ask_next(args.n, raters=[])
    with review.state.lock:
        places = [review.state.dataset.place(str(item)) for item in table.index]
    asked = Counter(str(name) for name in table["rater"] if name is not None)
    whom = [f"{name} ({n:,})" for name, n in asked.most_common()]
    text = f"Ask {joined(whom, 4)}." if whom else "Every rater has answered them; ask somebody else."
    if not len(table):
        text = "Every item is decided on, so there is nothing to ask."
    return schema.AskNextReply(items=np.array([at for at in places if at is not None], dtype=np.int32), text=text)


def said_of(said: Said) -> schema.Said:
    """Return what raters say of an item, as the card has it."""
    rows = [
        schema.Saying(
            name=one.name,
            kind=one.kind,
            family=one.family,
            label=one.label,
            right=_known(one.right),
            confidence=_known(one.confidence),
        )
        for one in said.rows
    ]
    raters = rows[:ROWS]
    return schema.Said(text=said.text, rows=raters + rows[ROWS:][-2:], posterior=said.posterior)


def _alike(found: Consensus) -> dict[int, str]:
    """Say of each rater whom it agrees with too much, and by how much, the most first."""
    together = found.dependence
    if together is None:
        return {}
    names = found.quality["rater"].tolist()
    said: dict[int, list[tuple[float, str]]] = {}
    for a, b, share in zip(together.first.tolist(), together.second.tolist(), together.copied.tolist(), strict=True):
        for one, other in ((a, b), (b, a)):
            said.setdefault(one, []).append((share, f"{names[other]} ({100 * share:.0f} %)"))
    return {
        one: joined([text for _, text in sorted(pairs, key=lambda pair: -pair[0])], 3) for one, pairs in said.items()
    }


def _known(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type]  # a cell of a numeric column
    return number if math.isfinite(number) else None
