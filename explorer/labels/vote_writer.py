"""The half of `Store` that takes votes: columns of one rater each, beside the labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.labels.changes.votes import add_blocks
from explorer.labels.history.reader import Reader
from explorer.labels.model.arguments import checked
from explorer.labels.model.vote_block import VoteBlock, VoteDraft


@checked
class VoteWriter(Reader):
    """Writes blocks of votes. They never overwrite a label, and belong to the whole store, whatever the branch."""

    def add_votes(
        self,
        rater: str,
        items: Sequence[str],
        labels: Sequence[Any],
        *,
        kind: str = "person",
        family: str = "",
        confidence: Any = None,
        op_id: str | None = None,
        keep: bool = False,
    ) -> VoteBlock:
        """Write what one rater says of many items, as one block: its next version, which replaces the one before.

        A version that says the same as the newest is not written again.

        Parameters
        ----------
        rater
            Whose votes they are, which is not always whoever writes them.
        items
            Item ids, each once.
        labels
            A class name for each, `None` where the rater abstains. With no items at all the rater has no votes any
            more; earlier versions stay.
        kind, family
            "person", "model", "function" or "import"; what it has in common with raters whose errors are alike.
        confidence
            float [m] from 0 to 1, NaN for none.
        op_id
            Client-made id of the call: repeated with it, the votes are written once.
        keep
            Whether what the rater said of other items stays, and its kind and family with it: only what is new is
            written.

        Raises
        ------
        UnknownName, DataError
            An item or class that does not exist, a kind that is none, an item that stands there twice, a confidence
            that is none.
        StoreError
            Nothing is bound yet; the store cannot be written.

        Examples
        --------
        >>> store.add_votes("gpt", ["img-7", "img-9"], ["dog", None], kind="model", family="gpt")  # doctest: +SKIP
        """
        draft = VoteDraft(rater, items, labels, kind, family, confidence, op_id, keep)
        return add_blocks(self.working_copy, [draft])[0]

    def add_vote_blocks(self, drafts: Sequence[VoteDraft]) -> list[VoteBlock]:
        """Write the votes of several raters, all or nothing; see `add_votes`."""
        return add_blocks(self.working_copy, drafts)
