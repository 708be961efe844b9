"""Corrected labels out to files, and back in.

A file has one row per item with the columns of `COLUMNS`: what the label was, what it is, and who decided so, when and
why. Reading it into a store that is bound to the same dataset gives the same labels and states again:

    from explorer import export

    export.write(export.frame(dataset.item_ids, store), "corrected.parquet")
    export.import_into(another_store, "corrected.parquet")
"""

from __future__ import annotations

from explorer.export.columns import COLUMNS
from explorer.export.corrections import frame, import_into, is_changed, write
from explorer.export.files import FORMATS, read, target_of

__all__ = ["COLUMNS", "FORMATS", "frame", "import_into", "is_changed", "read", "target_of", "write"]
