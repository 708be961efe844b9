"""Second opinions on the screen: the next question of a rater's queue, and the answer to it."""

from __future__ import annotations

from explorer.panels.handlers.previews import LONGEST, preview
from explorer.panels.registry import call, item_at
from explorer.panels.schema import items
from explorer.panels.schema import raters as schema
from explorer.review.review import Review

LARGEST = 512
"""Most pixels a side of a picture."""

UNSEEN = "This item cannot be shown."
"""In place of an error, which may name a folder that is called like a class."""


@call("blind", slow=True, locked=False)
def blind(review: Review, args: schema.BlindArgs) -> schema.BlindReply:
    """Return the next question of a rater's queue."""
    queue = review.rater_views.asked(args.rater, args.mode, args.votes, args.hide_suggestion)
    asked, left = queue.next(), len(queue)
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
