"""Sentences: counts with their nouns, lists of names, text that is safe to show, results that say what they mean."""

from __future__ import annotations

import html
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence


class Spoken(ABC):
    """Shows its sentence: on a terminal, in `print`, and in a notebook."""

    @abstractmethod
    def sentence(self) -> str:
        """Say it in plain words."""

    def __repr__(self) -> str:
        return self.sentence()

    def __str__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        return paragraph(self.sentence())


def paragraph(text: str) -> str:
    """Write text as HTML, in which nothing of it is markup."""
    return f"<p>{html.escape(text)}</p>"


def counted(n: int, one: str, many: str = "") -> str:
    """Write a count with its noun; `many` is its plural where that is not `one` with an s.

    >>> counted(1, "row"), counted(1200, "row"), counted(2, "class", "classes")
    ('1 row', '1,200 rows', '2 classes')
    """
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def are(n: int) -> str:
    """Return the verb that goes with a count: "is" or "are"."""
    return "is" if n == 1 else "are"


def listed(names: Sequence[str], limit: int = 6) -> str:
    """Write names with quotes and commas, those beyond `limit` as a number.

    >>> listed(["a", "b", "c"], 2)
    "'a', 'b' and 1 more"
    """
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown + (f" and {len(names) - limit:,} more" if len(names) > limit else "")


def joined(names: Sequence[str], limit: int = 8) -> str:
    """Write names with commas, those beyond `limit` as a number.

    >>> joined(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def printable(text: str) -> str:
    r"""Return text that every file and every screen takes: what stands for no character (surrogates) is escaped.

    >>> printable("dog/\udcff.png")
    'dog/\\udcff.png'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def shortened(text: str, most: int = 80) -> str:
    """Write a text in one line of at most `most` characters; what is left out shows as an ellipsis.

    >>> shortened("two  words"), shortened("a" * 100, 5)
    ('two words', 'aaaa…')
    """
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[: most - 1]}…"


def short_probability(p: float) -> str:
    """Write a probability as ".93"; the ends as what they are."""
    if p >= 0.995:
        return "over .99"
    return "under .01" if p < 0.005 else f"{p:.2f}".lstrip("0")


def percentage(share: float) -> str:
    """Write a share as whole per cent, as every screen has it.

    >>> percentage(0.724), percentage(0.004), percentage(0.998), percentage(1.0)
    ('72 %', 'under 1 %', 'over 99 %', '100 %')
    """
    if 0 < share < 0.005:
        return "under 1 %"
    return "over 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def short_number(value: float) -> str:
    """Write a number in a few characters: three digits that count, whole numbers as they are.

    >>> short_number(0.0741), short_number(27.0), short_number(2944.3), short_number(-12), short_number(1.2e-7)
    ('.0741', '27.0', '2944', '−12', '1.20e-07')
    """
    if isinstance(value, int):
        text = str(value) if abs(value) < 10_000_000 else f"{value:.3g}"
    elif not math.isfinite(value):
        text = str(value)
    elif 999.5 <= abs(value) < 10_000_000:
        text = f"{value:.0f}"
    elif value == 0:
        text = "0"
    else:
        text = f"{value:#.3g}".rstrip(".")
    head, _, rest = text.partition("0.")
    return (head + "." + rest if head in ("", "-") and rest else text).replace("-", "−", int(text.startswith("-")))
