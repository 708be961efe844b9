"""What a notebook shows of a review where no kernel runs: facts and the worst items, as plain HTML.

It holds no script, no style sheet and no link. Everything from data is escaped; pictures are encoded anew.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

MOST_BYTES = 60_000
"""Of a whole page. Beyond, the last items go without their pictures, then the last items go."""

SIDE = 64
"""Pixels of a picture's longer side."""

EXACT = 32
"""Longer side up to which a picture is kept exactly, as PNG."""

CHARACTERS = 240
"""Of an item's text."""

_LINE = "border-top:1px solid rgba(128,128,128,.4)"
_CELL = f"padding:4px 10px 4px 0;text-align:left;vertical-align:top;{_LINE}"


@dataclass(frozen=True)
class WorstItem:
    """One item as the page shows it.

    Attributes
    ----------
    where
        File or row.
    given, suggested
        Names of the label now and of the one that the methods suggest.
    p_error
        How likely the label is wrong, 0 to 1.
    text
        What the item is, in words; "" for none.
    picture
        A picture of it.
    """

    where: str
    given: str
    suggested: str
    p_error: float
    text: str = ""
    picture: Image.Image | None = None


@dataclass(frozen=True)
class Facts:
    """What the page says.

    Attributes
    ----------
    title
        What is under review.
    lines
        Sentences on how far it is.
    pairs
        (given, suggested, count) of the pairs of labels with most suspects.
    worst
        Items, worst first.
    """

    title: str
    lines: Sequence[str] = ()
    pairs: Sequence[tuple[str, str, int]] = ()
    worst: Sequence[WorstItem] = ()


def page(facts: Facts, name: str = "") -> str:
    """Write facts as HTML of at most `MOST_BYTES`.

    Parameters
    ----------
    name
        Class name of the outermost element, besides "dqx-snapshot".

    Examples
    --------
    >>> print(page(Facts("3 texts", ["1 reviewed."])))
    <div class="dqx-snapshot" style="font-size:13px;line-height:1.5"><strong>3 texts</strong><p>1 reviewed.</p></div>
    """
    rows = [_row(item, _picture(item.picture)) for item in facts.worst]
    bare = [_row(item, "") for item in facts.worst]
    head = f"<strong>{_escaped(facts.title)}</strong>" + "".join(f"<p>{_escaped(line)}</p>" for line in facts.lines)
    if facts.pairs:
        pairs = " · ".join(f"{given} → {suggested} {count:,}" for given, suggested, count in facts.pairs)
        head += f"<p>Most often: {_escaped(pairs)}</p>"
    for pictures in range(len(rows), -1, -1):
        found = _whole(head, rows[:pictures] + bare[pictures:], name)
        if len(found.encode()) <= MOST_BYTES:
            return found
    for count in range(len(bare) - 1, 0, -1):
        found = _whole(head, bare[:count], name)
        if len(found.encode()) <= MOST_BYTES:
            return found
    return _whole(head, [], name)


def _whole(head: str, rows: Sequence[str], name: str) -> str:
    table = ""
    if rows:
        titles = ("Item", "", "Label", "Suggested", "Wrong with")
        cells = "".join(f'<th style="{_CELL}">{title}</th>' for title in titles)
        table = f'<table style="border-collapse:collapse"><tr>{cells}</tr>{"".join(rows)}</table>'
    names = _escaped(f"dqx-snapshot {name}".strip())
    return f'<div class="{names}" style="font-size:13px;line-height:1.5">{head}{table}</div>'


def _row(item: WorstItem, picture: str) -> str:
    sure = f"{min(99, int(100 * item.p_error))} %"
    cells = (picture, _escaped(_cut(item.text, item.where)), _escaped(item.given), _escaped(item.suggested), sure)
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _cut(text: str, where: str) -> str:
    shown = text if len(text) <= CHARACTERS else text[: CHARACTERS - 1] + "…"
    return f"{where[-CHARACTERS:]}: {shown}" if shown else where[-CHARACTERS:]


def _escaped(text: str) -> str:
    whole = text.encode("utf-8", "replace").decode()  # halves of characters, which no page can carry
    return html.escape("".join(each if each.isprintable() else " " for each in whole))


def _picture(image: Image.Image | None) -> str:
    """Return a picture in the page itself; "" for none."""
    if image is None:
        return ""
    small = image.convert("RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    exact = max(small.size) <= EXACT
    small.save(data, "PNG" if exact else "JPEG", **({"optimize": True} if exact else {"quality": 75}))
    coded = base64.b64encode(data.getvalue()).decode()
    kind = "png" if exact else "jpeg"
    scale = SIDE / max(small.size)
    width, height = max(1, round(small.width * scale)), max(1, round(small.height * scale))
    return f'<img alt="" width="{width}" height="{height}" src="data:image/{kind};base64,{coded}">'
