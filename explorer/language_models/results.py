"""What asking a language model would take, and what it gave."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.language_models.cost import Price
from explorer.utils.text import Spoken, counted, joined


def money(amount: float) -> str:
    """Write an amount with the digits that count.

    >>> money(12.3456), money(0.012345), money(0.0)
    ('12.35', '0.0123', '0')
    """
    if amount == 0:
        return "0"
    return f"{amount:.2f}" if amount >= 1 else f"{amount:.3g}"


@dataclass(frozen=True, repr=False)
class Plan(Spoken):
    """What asking would take.

    Attributes
    ----------
    model, endpoint
        Who is asked, and where.
    items, kept
        How many items there are, and how many of them are answered already, in the cache.
    sent, answered
        Tokens of the others, about.
    price
        What a million tokens cost; `None` where nobody knows.
    most
        What may be spent; `None` for as much as it takes.
    """

    model: str
    endpoint: str
    items: int
    kept: int
    sent: int
    answered: int
    price: Price | None = None
    most: float | None = None

    @property
    def cost(self) -> float | None:
        """What the tokens cost, about; `None` where the price is not known."""
        return None if self.price is None else self.price.of(self.sent, self.answered)

    def sentence(self) -> str:
        """Say it in plain words."""
        asked = self.items - self.kept
        kept = f" {counted(self.kept, 'answer')} of {self.items:,} {'is' if self.kept == 1 else 'are'} kept."
        said = f"{self.model!r} at {self.endpoint} would be asked about {counted(asked, 'item')}:"
        said += f" about {self.sent:,} tokens sent and {self.answered:,} answered."
        if self.cost is None:
            said += " What that costs is not known: give a price."
        else:
            said += f" That costs about {money(self.cost)} ({self.price})."
            if self.most is not None:
                said += f" At most {money(self.most)} is spent."
        return said + (kept if self.kept else "")


@dataclass(frozen=True, repr=False)
class Asked(Spoken):
    """What a language model said.

    Attributes
    ----------
    rater, model
        Whose votes they are, and who gave them.
    items
        How many items it was to be asked about.
    votes, abstentions
        Items that it gave a class, and that it did not.
    declined, unreadable, no_class
        Abstentions that it did not say: it declined to answer, wrote no JSON, named what is no class.
    kept
        Answers that were in the cache.
    failed
        Items without any answer: they cannot be read, or the endpoint refused them.
    left
        Items that were not asked about, as the money that may be spent was at its end.
    sent, answered
        Tokens of the answers that are new, as the endpoint counted them.
    cost
        What they cost; `None` where the price is not known.
    first
        The first failure, in words; "" for none.
    """

    rater: str
    model: str
    items: int
    votes: int
    abstentions: int
    declined: int
    unreadable: int
    no_class: int
    kept: int
    failed: int
    left: int
    sent: int
    answered: int
    cost: float | None
    first: str = ""

    def sentence(self) -> str:
        """Say it in plain words."""
        said = f"{self.rater!r} ({self.model}) gave {counted(self.votes, 'vote')} on {counted(self.items, 'item')}"
        said += f" and abstained from {self.abstentions:,}"
        reasons = [
            f"{n:,} {what}"
            for n, what in (
                (self.declined, "declined"),
                (self.unreadable, "no JSON"),
                (self.no_class, "none of the classes"),
            )
            if n
        ]
        said += f" ({joined(reasons)})." if reasons else "."
        if self.failed:
            said += f" {counted(self.failed, 'item')} failed: {self.first}"
        if self.left:
            were = "was" if self.left == 1 else "were"
            said += f" {counted(self.left, 'item')} {were} not asked about: what may be spent is at its end."
        said += f" {self.sent:,} tokens sent, {self.answered:,} answered"
        said += "" if self.cost is None else f", cost {money(self.cost)}"
        return said + (f"; {counted(self.kept, 'answer')} from the cache." if self.kept else ".")
