"""What an item looks like, re-encoded: nothing of a file's own bytes reaches the browser."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, ExplorerError
from explorer.media.preview import encode
from explorer.panels.registry import call, item_at
from explorer.panels.schema import items as schema
from explorer.panels.schema.base import Blob
from explorer.review.review import Review

SNIPPET = 200
"""Characters of a text in a small preview."""
LONGEST = 20_000
"""Characters of a text on a card."""
MOST = 200
"""Items that one call may ask for."""


@call("previews", slow=True, locked=False)
def previews(review: Review, args: schema.PreviewsArgs) -> list[schema.Preview]:
    """Return small previews, in the order asked for; an unreadable item says why instead."""
    if len(args.items) > MOST:
        raise DataError(f"{len(args.items)} previews were asked for at once.", f"Ask for at most {MOST}.")
    size = max(16, min(args.size, 512))
    return [preview(review.dataset, item_at(review, i), size, SNIPPET) for i in args.items]


def preview(dataset: Dataset, item: int, size: int, characters: int) -> schema.Preview:
    """Show one item: a picture at most `size` pixels a side, or at most `characters` of text."""
    try:
        content = dataset.load(item)
    except ExplorerError as error:
        return schema.ErrorPreview(message=str(error))
    if isinstance(content, Image.Image):
        shown = encode(content, size)
        return schema.ImagePreview(blob=Blob(shown.data, shown.kind), width=shown.width, height=shown.height)
    if isinstance(content, str):
        if len(content) <= characters:
            return schema.TextPreview(text=content)
        return schema.TextPreview(text=content[: characters - 1] + "…", left_out=len(content) - characters + 1)
    if isinstance(content, dict):
        cells = list(content.items())[: 6 if characters <= SNIPPET else 200]
        return schema.TablePreview(cells=[(str(k), cell_text(v)) for k, v in cells])
    return schema.VectorPreview(text=f"item {item}")


def cell_text(value: Any) -> str:
    """Write one cell of a table in a few characters."""
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return str(value)[:SNIPPET]
