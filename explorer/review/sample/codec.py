"""A random sample as the bytes of its file, and back."""

from __future__ import annotations

import datetime as dt
import json
import math
import zipfile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from explorer.review.sample.draws import Sample
from explorer.review.sample.frame import Frame, Reading, level
from explorer.review.sample.location import Location
from explorer.utils import files

if TYPE_CHECKING:
    from explorer.detectors.combine.noise_level import NoiseLevel

FORMAT = 2
"""Of the file; raised when an older one would be misread."""


LEVELS = ("floor", "disagreement", "by_chance", "overall")
"""What is kept of the estimated share of wrong labels."""

TOLD = "told"
"""Kept beside these where it is known; files of earlier versions are without it."""


_UNREADABLE = (ValueError, KeyError, TypeError, EOFError, AttributeError, OverflowError, zipfile.BadZipFile)


_ARRAYS = {"p_error": "float32", "labels": "int32", "row_by_id": "int32", "put": "int32"}


class Refused(ValueError):
    """Why a file is refused, in words that go on from "the file …: "."""


class OtherLabels(Refused):
    """It is a sample of the same items, drawn from other given labels."""


class Parsed(NamedTuple):
    """A sample, and where its file says that the store is."""

    sample: Sample
    place: str


def packed(sample: Sample, home: Location) -> bytes:
    """Return the bytes of a sample's file."""
    frame = sample.frame
    rows = np.arange(len(frame.labels))
    if sample.at is not None:
        rows[sample.at] = np.arange(len(rows))
    noise = frame.noise
    facts = {
        "format": FORMAT,
        "key": home.key,
        "place": home.place,
        "id": frame.id,
        "classes": frame.classes,
        "seed": frame.seed,
        "began": frame.began.isoformat(),
        "asked": sample.asked,
        "noise": None if noise is None else _kept(noise),
    }
    arrays = {
        "facts": np.array(json.dumps(facts)),
        "p_error": frame.p_error,
        "labels": frame.labels,
        "row_by_id": rows[home.items.by_id].astype(np.int32),
        "put": rows[sorted(sample.put)].astype(np.int32),
    }
    return files.packed(arrays)


def parsed(data: bytes, home: Location, now: Reading) -> Parsed:
    """Return what a file's bytes hold; `Refused` where that is no sample of these items and given labels."""
    try:
        parsed = _unpacked(data, home)
        parsed.sample.read(now.names, now.classes)
        if not parsed.sample.fits(now.given):
            raise OtherLabels("it was drawn from other given labels")
    except Refused:
        raise
    except _UNREADABLE as error:
        raise Refused("it is damaged") from error
    return parsed


def _unpacked(data: bytes, home: Location) -> Parsed:
    body = files.body_of(data)
    if body is None:
        raise Refused("it is damaged")
    found = files.unpacked(body)
    facts = json.loads(str(found["facts"]))
    if facts["format"] != FORMAT:
        raise Refused("another version of this program wrote it")
    p_error, labels, row_by_id, put = (found[name] for name in _ARRAYS)
    by_id = home.items.by_id
    n, known = len(by_id), len(facts["classes"])
    if facts["key"] != home.key or not p_error.shape == labels.shape == row_by_id.shape == (n,):
        raise Refused("it is of other items")
    if not (
        all(str(found[name].dtype) == kind for name, kind in _ARRAYS.items())
        and np.array_equal(np.sort(row_by_id), np.arange(n))
        and (n == 0 or (labels.min() >= -1 and labels.max() < known))
        and (not len(put) or (put.min() >= 0 and put.max() < n))
        and 0 <= facts["asked"] < 2**31
    ):
        raise Refused("it is damaged")
    at = np.empty(n, dtype=np.intp)
    at[row_by_id] = by_id
    levels = facts["noise"]
    noise = None
    if levels is not None:
        floor, disagreement, by_chance, overall = (float(levels[name]) for name in LEVELS)
        noise = level(floor, disagreement, by_chance, overall, float(levels.get(TOLD, "nan")))
    began = dt.datetime.fromisoformat(facts["began"]).astimezone(dt.UTC)
    classes = tuple(map(str, facts["classes"]))
    frame = Frame(p_error, labels, classes, int(facts["seed"]), began, noise, str(facts["id"]))
    moved = None if np.array_equal(at, np.arange(n)) else at
    return Parsed(Sample(frame, moved, int(facts["asked"]), at[put].tolist()), str(facts["place"]))


def _kept(noise: NoiseLevel) -> dict[str, float]:
    kept = {name: float(getattr(noise, name)) for name in LEVELS}
    return kept | ({TOLD: noise.told} if math.isfinite(noise.told) else {})
