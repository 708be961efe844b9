"""Times as the store keeps them: UTC, to the microsecond; and the times that people name."""

from __future__ import annotations

import datetime as dt

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def time_text(time: dt.datetime) -> str:
    """Return a time as UTC text of fixed width, so that text order is time order."""
    return time.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_time(text: str) -> dt.datetime:
    """Return the time in such a text."""
    return dt.datetime.fromisoformat(text)


def named_time(text: str) -> dt.datetime | None:
    """Return the time that ISO text names, at its end (a day stands for its last moment); `None` if it names none."""
    text = text.strip().removesuffix(" UTC") + ("+00:00" if text.strip().endswith(" UTC") else "")
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= len("2026-11-20"):
        return end_of_day(moment.date())
    return moment if moment.microsecond else moment.replace(microsecond=999_999)


def end_of_day(day: dt.date) -> dt.datetime:
    """Return the last moment of a day."""
    return dt.datetime.combine(day, dt.time.max)


def micros(time: dt.datetime) -> int:
    """Return a time as microseconds since 1970 in UTC."""
    return (time - _EPOCH) // _MICROSECOND


def moment(micros: int) -> dt.datetime:
    """Return the time of a number of microseconds."""
    return _EPOCH + dt.timedelta(microseconds=micros)
