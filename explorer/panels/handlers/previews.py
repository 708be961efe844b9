"""What an item looks like, re-encoded: nothing of a file's own bytes reaches the browser."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, ExplorerError
from explorer.panels.registry import call, item_at
from explorer.panels.wire import Blob

if TYPE_CHECKING:
    from explorer.panels.session import Session

SNIPPET = 200
"""Characters of a text in a small preview."""
LONGEST = 20_000
"""Characters of a text on a card."""
MOST = 200
"""Items that one call may ask for."""


@call("previews")
def previews(session: Session, *, items: list[int], size: int = 64) -> list[dict[str, Any]]:
    """Return small previews, in the order asked for; an unreadable item says why instead."""
    if len(items) > MOST:
        raise DataError(f"{len(items)} previews were asked for at once.", f"Ask for at most {MOST}.")
    size = max(16, min(int(size), 512))
    return [preview(session.review.dataset, item_at(session, i), size, SNIPPET) for i in items]


def preview(dataset: Dataset, item: int, size: int, characters: int) -> dict[str, Any]:
    """Show one item: a picture at most `size` pixels a side, or at most `characters` of text."""
    try:
        content = dataset.load(item)
    except ExplorerError as error:
        return {"kind": "error", "message": str(error)}
    if isinstance(content, Image.Image):
        return picture(content, size)
    if isinstance(content, str):
        text = content if len(content) <= characters else content[: characters - 1] + "…"
        return {"kind": "text", "text": text}
    if isinstance(content, dict):
        cells = list(content.items())[: 6 if characters <= SNIPPET else 200]
        return {"kind": "table", "cells": [[str(k), _cell(v)] for k, v in cells]}
    return {"kind": "vector", "text": f"item {item}"}


def picture(image: Image.Image, size: int) -> dict[str, Any]:
    """Scale a picture down (never up) and encode it: PNG where pixels count, JPEG for larger photographs."""
    if max(image.size) > size:
        image = image.copy()
        image.thumbnail((size, size), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    if max(image.size) <= 96:
        image.save(data, "PNG", compress_level=1)
        kind = "image/png"
    else:
        image.save(data, "JPEG", quality=88)
        kind = "image/jpeg"
    return {"kind": "image", "blob": Blob(data.getvalue(), kind), "width": image.width, "height": image.height}


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return str(value)[:SNIPPET]
