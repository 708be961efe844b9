"""Small datasets and stores for the tests of the label store."""

import datetime as dt

import pandas as pd

from explorer import labels

CLASSES = ["cat", "dog", "emu"]


def rows(*items, given="cat"):
    """Rows of a dataset: each item is an id, or (id, content hash, given label)."""
    full = [item if isinstance(item, tuple) else (item, f"hash of {item}", given) for item in items]
    return pd.DataFrame(full, columns=["item_id", "content_hash", "given_label"])


def clock(start=dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), step=dt.timedelta(minutes=1)):
    """A clock that goes on by a minute at each look."""
    looks = 0

    def now():
        nonlocal looks
        looks += 1
        return start + (looks - 1) * step

    return now


def opened(path, *items, rater="ann", classes=CLASSES, **options):
    """A store that is bound to some items."""
    store = labels.open(path, rater=rater, **options)
    store.bind(rows(*(items or ("a", "b", "c", "d"))), classes)
    return store
