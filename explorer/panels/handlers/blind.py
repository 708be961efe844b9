"""Second opinions on the screen: the next question of a rater's queue, the answer to it, and what votes become."""

from __future__ import annotations

import hashlib

from explorer.errors import DataError
from explorer.panels.handlers.previews import LONGEST, preview
from explorer.panels.registry import call, item_at
from explorer.panels.schema import items
from explorer.panels.schema import raters as schema
from explorer.review.resolution import Outlook
from explorer.review.review import Review
from explorer.utils.text import counted

ROWS = 8
"""Changes that are listed."""

LARGEST = 512
"""Most pixels a side of a picture."""

UNSEEN = "This item cannot be shown."
"""In place of an error, which may name a folder that is called like a class."""


@call("blind", slow=True, locked=False)
def blind(review: Review, args: schema.BlindArgs) -> schema.BlindReply:
    """Return the next question of a rater's queue."""
    queue = review.rater_views.asked(args.rater, args.mode, args.votes, args.hide_suggestion)
    asked = queue.next() if args.again is None else queue.question(item_at(review, args.again))
    left = len(queue)
    if asked is None:
        return schema.BlindReply(question=None, left=0)
    shown = preview(review.dataset, asked.position, LARGEST, LONGEST)
    text, picture = UNSEEN, None
    if isinstance(shown, items.ImagePreview):
        text, picture = "", shown.blob
    elif isinstance(shown, items.TablePreview):
        text = "\n".join(f"{name}: {value}" for name, value in shown.cells)
    elif not isinstance(shown, items.ErrorPreview):
        text = shown.text
    return schema.BlindReply(
        question=schema.BlindQuestion(
            item=asked.position, options=list(asked.options), suggestion=asked.suggestion, text=text, picture=picture
        ),
        left=left,
    )


@call("blind_answer")
def answer(review: Review, args: schema.BlindAnswerArgs) -> None:
    """Keep a rater's answer as its vote; touches no label."""
    queue = review.rater_views.asked(args.rater, args.mode, args.votes, args.hide_suggestion)
    queue.answer(str(review.dataset.item_ids[item_at(review, args.item)]), args.answer)


@call("blind_end")
def end(review: Review, args: schema.RaterNameArgs) -> None:
    """End a rater's queues: the scores follow what was answered."""
    review.rater_views.end(args.name)


@call("resolution_outlook", slow=True, locked=False)
def resolution_outlook(review: Review, args: schema.ResolutionArgs) -> schema.ResolutionOutlook:
    """Say what votes would become; writes nothing."""
    found = review.raters.outlook(args.rule, votes=args.votes)
    changes = found.changes()
    marked = len(found.several) + len(found.neither)
    return schema.ResolutionOutlook(
        sentence=_sentence(found),
        decides=len(found.labels) + marked,
        changed=len(found.changed),
        kept=len(found.kept),
        several=len(found.several),
        neither=len(found.neither),
        undecided=len(found.undecided),
        few=found.few,
        changes=changes[:ROWS],
        more=len(changes[ROWS:]),
        stamp=_stamp(found),
    )


@call("resolution", slow=True, locked=False)
def resolution(review: Review, args: schema.ResolutionWriteArgs) -> schema.ResolutionReply:
    """Write what votes come to into the labels, if it is what was seen."""
    found = review.raters.outlook(args.rule, votes=args.votes)
    if _stamp(found) != args.stamp:
        raise DataError("Votes or labels have changed since this was counted.", "Look at it once more.")
    return schema.ResolutionReply(sentence=review.raters.settle(found).sentence())


def _sentence(found: Outlook) -> str:
    if not found.raters:
        return "No person has voted yet."
    if not found.evidence and not found.undecided and found.few:
        return f"No item has {counted(found.votes, 'vote')} of people yet: {found.few:,} have fewer."
    return found.sentence()


def _stamp(found: Outlook) -> str:
    """Return what stands for an outlook and no other."""
    said = (found.rule, found.votes, found.raters, found.labels, found.before, found.several, found.neither)
    return hashlib.sha256(repr(said).encode()).hexdigest()
