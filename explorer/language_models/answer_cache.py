"""Answers of language models on disk, each as soon as it is there: what was paid for is not asked twice."""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger("explorer")

_NAME = "answers.sqlite"
_TABLE = "CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, text TEXT, sent INTEGER, answered INTEGER)"


class Kept(NamedTuple):
    """What a model wrote (`None`: it declined), and the tokens of it (`None`: not said)."""

    text: str | None
    sent: int | None
    answered: int | None


class AnswerCache:
    """Answers by the hash of all that was asked. A cache that cannot be used costs money, but no answer.

    Used by one thread; several processes may have it open.

    Parameters
    ----------
    folder
        The cache as a whole. The file in it is its owner's alone.

    Examples
    --------
    >>> import tempfile
    >>> with AnswerCache(Path(tempfile.mkdtemp())) as cache:
    ...     cache.write("key", Kept("{}", 7, 2))
    ...     cache.read("key"), cache.read("other")
    (Kept(text='{}', sent=7, answered=2), None)
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "answers" / _NAME
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = self._opened()
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    def __enter__(self) -> AnswerCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, key: str) -> Kept | None:
        """Return an answer, `None` if there is none."""
        if self._connection is None:
            return None
        try:
            row = self._connection.execute("SELECT text, sent, answered FROM answer WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        return None if row is None else Kept(_text(row[0]), *row[1:])

    def write(self, key: str, kept: Kept) -> None:
        """Keep an answer, on the disk when this returns."""
        if self._connection is None:
            return
        text = None if kept.text is None else kept.text.encode("utf-8", "surrogatepass")  # a model may write any
        try:
            with self._connection:
                self._connection.execute("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)", (key, text, *kept[1:]))
        except sqlite3.Error as error:
            self._give_up(error)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(self.path, timeout=30)
        try:
            with connection:
                connection.execute(_TABLE)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _give_up(self, error: Exception) -> None:
        self.close()
        log.warning("Answers are not kept: %s cannot be used (%s). Delete it to begin a new one.", self.path, error)


def _text(kept: bytes | str | None) -> str | None:
    """Read a text; a cache of an earlier version has it as such."""
    return kept.decode("utf-8", "surrogatepass") if isinstance(kept, bytes) else kept
