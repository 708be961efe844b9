"""What asking costs: tokens before they are counted by the endpoint, prices, and a budget that is not exceeded."""

from __future__ import annotations

import importlib.util
import json
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from explorer.errors import DataError, Option, Said

BYTES_A_TOKEN = 4
"""Bytes of text that make a token, about."""

PICTURE, PICTURE_MOST = 1_000, 10_000
"""Tokens of a picture of up to 512 pixels: about, and at most. Models differ a lot."""

TILE = 512
"""Side of a square of pixels; models read a larger picture as several of them."""

ANSWER = 20
"""Tokens of an answer, about."""

FRAME = 50
"""Tokens that an endpoint puts around the messages, at most."""

GIVE = Said("Give what a million tokens cost, sent and answered: {}.", Option("price", "price=(0.15, 0.6)"))
"""What to do where a price is missing, or is none."""

_TABLE = "model_prices_and_context_window_backup.json"


@dataclass(frozen=True)
class Price:
    """What a million tokens cost.

    Attributes
    ----------
    sent, answered
        A million tokens that are sent, and that are answered, in one currency.
    source
        Where the price is from, such as a table; "" where a person gave it.
    """

    sent: float
    answered: float
    source: str = ""

    def of(self, sent: float, answered: float) -> float:
        """Return what so many tokens cost."""
        return (sent * self.sent + answered * self.answered) / 1e6

    def __str__(self) -> str:
        by = f", by {self.source}" if self.source else ""
        return f"{self.sent:g} a million tokens sent and {self.answered:g} answered{by}"


def price_of(given: Any, model: str) -> Price | None:
    """Return the price that a person gives, or that a table has of a model; `None` where nobody knows.

    Parameters
    ----------
    given
        Two numbers, of a million tokens sent and answered, or one for both. Where there is none and litellm is
        installed, its table is read, in US dollars; it is read as a file, as the package itself would fetch a newer
        one when it is imported.
    model
        Its name, as the table has it.

    Raises
    ------
    DataError
        What is given is no price.

    Examples
    --------
    >>> price_of((0.15, 0.6), "gpt-4o-mini").of(1_000_000, 100_000)
    0.21
    """
    if given is None:
        return _listed(model, table())
    numbers = [given, given] if isinstance(given, int | float) else given
    if (
        not isinstance(numbers, Sequence)
        or isinstance(numbers, str)
        or len(numbers) != 2
        or not all(_is_price(number) for number in numbers)
    ):
        raise DataError(f"The price is {given!r}.", GIVE)
    return Price(float(numbers[0]), float(numbers[1]))


def table() -> Path | None:
    """Return the file of prices that litellm brings; `None` where it is not installed."""
    try:
        found = importlib.util.find_spec("litellm")
    except (ImportError, ValueError):
        return None
    folders = [] if found is None else list(found.submodule_search_locations or ())
    return next((path for folder in folders if (path := Path(folder) / _TABLE).is_file()), None)


def _listed(model: str, path: Path | None) -> Price | None:
    if path is None:
        return None
    try:
        row = json.loads(path.read_text(encoding="utf-8")).get(model)
    except (OSError, ValueError, AttributeError):
        return None
    if not isinstance(row, dict):
        return None
    sent, answered = row.get("input_cost_per_token"), row.get("output_cost_per_token")
    if not _is_price(sent) or not _is_price(answered):
        return None
    return Price(round(sent * 1e6, 9), round(answered * 1e6, 9), "litellm's table in US dollars")


def _is_price(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


@dataclass(frozen=True)
class Size:
    """How large a request is.

    Attributes
    ----------
    text
        Bytes of all that is text in it.
    pictures
        How many pictures it has.
    tiles
        Squares of `TILE` pixels that each of them takes at most.
    """

    text: int
    pictures: int = 0
    tiles: int = 1

    @property
    def about(self) -> int:
        """Tokens, about."""
        return math.ceil(self.text / BYTES_A_TOKEN) + self.pictures * PICTURE

    @property
    def most(self) -> int:
        """Tokens, at most: none is shorter than a byte."""
        return self.text + self.pictures * self.tiles * PICTURE_MOST + FRAME


def size_of(body: dict[str, Any], side: int = TILE) -> Size:
    """Measure a request; a picture counts by its longest side at most, in pixels, and not by its bytes."""
    text = len(json.dumps({name: value for name, value in body.items() if name != "messages"}).encode())
    pictures = 0
    for message in body["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for part in parts:
            pictures += part["type"] == "image_url"
            text += len(part.get("text", "").encode())
    return Size(text, pictures, math.ceil(side / TILE) ** 2)


class Budget:
    """Counts what was spent, and holds back what requests on their way may still cost. Several threads may use it.

    Parameters
    ----------
    price
        `None` where nobody knows it: then only tokens are counted.
    most
        What may be spent; `None` for as much as it takes.
    answer
        Most tokens of an answer.

    Raises
    ------
    DataError
        A limit that is no amount, or that cannot be held: without a price, or with answers of any length.

    Examples
    --------
    >>> budget = Budget(Price(1.0, 1.0), 0.001, 100)
    >>> budget.take(Size(500)), budget.take(Size(500))  # 1,000 tokens are to be had, and each may cost 650
    (650.0, None)
    """

    def __init__(self, price: Price | None, most: float | None, answer: int | None) -> None:
        if most is not None:
            if not _is_price(most):
                raise DataError(
                    Said("{} is {}.", Option("most"), repr(most)),
                    "Give the most that may be spent, as a number from 0.",
                )
            if price is None:
                raise DataError(
                    Said("{} cannot be kept, as the price of the model is not known.", Option("most")),
                    GIVE,
                )
            if answer is None:
                raise DataError(
                    Said("{} cannot be kept, as answers may have any length.", Option("most")),
                    'Give request={"max_tokens": 300}.',
                )
        self.price, self.most, self._answer = price, most, answer or 0
        self.sent, self.answered = 0, 0
        self._held = 0.0  # millionths of the currency
        self._lock = threading.Lock()

    @property
    def spent(self) -> float | None:
        """What was spent; `None` where the price is not known."""
        return None if self.price is None else self.price.of(self.sent, self.answered)

    def take(self, size: Size) -> float | None:
        """Hold back what a request may cost at most, in millionths; `None` where that might be more than there is."""
        if self.price is None:
            return 0.0
        worst = size.most * self.price.sent + self._answer * self.price.answered
        with self._lock:
            if not self._has(worst):
                return None
            self._held += worst
        return worst

    def lose(self, size: Size) -> bool:
        """Count a try that was cut short as the most that it may have cost; say whether there is enough for another.

        What `take` held back for the request stays so, for that other try.
        """
        with self._lock:
            self.sent += size.most
            self.answered += self._answer
            return self._has(0.0)

    def settle(self, held: float, size: Size, sent: int | None, answered: int | None) -> None:
        """Count a request that has ended.

        Parameters
        ----------
        held
            What `take` gave for it.
        sent, answered
            Its tokens as the endpoint counted them; where it does not say, at most as many as there can be. Both 0 for
            a request that was refused, or cut short each time.
        """
        with self._lock:
            self._held -= held
            self.sent += size.most if sent is None else sent
            self.answered += self._answer if answered is None else answered

    def _has(self, more: float) -> bool:
        """Say whether so many millionths are left beside what was spent and is held back."""
        if self.price is None or self.most is None:
            return True
        spent = self.sent * self.price.sent + self.answered * self.price.answered
        return spent + self._held + more <= self.most * 1e6
