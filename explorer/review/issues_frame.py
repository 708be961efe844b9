"""The table of all items as people see it: a DataFrame that shows a dozen of its columns and says how many more."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import pandas as pd

SHOWN = (
    "given_label",
    "suggested_label",
    "p_error",
    "is_label_issue",
    "is_outlier_issue",
    "is_near_duplicate_issue",
    "is_conflicting_duplicate_issue",
    "is_ambiguous_issue",
    "where",
    "label",
    "state",
    "decided",
)
"""What is shown of the columns that the package makes, as far as they are there."""

FIRST = frozenset({"given_label", "suggested_label", "p_error", "label", "state", "decided"})
"""Where one of these is gone, somebody has chosen columns, and all that are left are shown."""

_DETAILS = frozenset({"suggested_p", "label_score", "near_duplicate_set", "outlier_relation"})


class IssuesFrame(pd.DataFrame):
    """A DataFrame in all but how it is shown.

    Of the columns that the package makes, those in `SHOWN` are shown, and a line says how many more there are. A column
    that somebody added is always shown, and so are all of a frame of which columns were chosen. Rows that are picked
    (`head`, `loc`, a mask) are shown the same way. Everything else is as in pandas: `to_csv`, `to_string`, `columns`.

    Examples
    --------
    >>> frame = IssuesFrame({"given_label": ["a"], "suggested_label": ["b"], "p_error": [0.9], "label": ["a"],
    ...                      "state": ["given"], "decided": [False], "vote_raw": [0.7]})
    >>> frame
      given_label suggested_label  p_error label  state  decided
    0           a               b      0.9     a  given    False
    [1 row; 1 more column: issues.columns names all 7, pd.DataFrame(issues) shows them]
    >>> frame[["p_error", "vote_raw"]]
       p_error  vote_raw
    0      0.9       0.7
    """

    @property
    def _constructor(self) -> Callable[..., IssuesFrame]:
        return IssuesFrame

    def __repr__(self) -> str:
        folded, line = self._folded()
        if not line:
            return super().__repr__()
        with pd.option_context("display.show_dimensions", False):
            return f"{folded!r}\n[{line}]"

    def _repr_html_(self) -> str | None:
        folded, line = self._folded()
        if not line:
            return _html(pd.DataFrame(self))
        with pd.option_context("display.show_dimensions", False):
            html = _html(folded)
        return None if html is None else f"{html}\n<p>{escape(line)}</p>"

    def _folded(self) -> tuple[pd.DataFrame, str]:
        """Return the columns that are shown, and a line about the others; "" where there are none."""
        names = list(self.columns)
        shown = [at for at, name in enumerate(names) if name in SHOWN or not _is_detail(name)]
        more = len(names) - len(shown)
        if not more or not set(names) >= FIRST:
            return self, ""
        rows = f"{len(self):,} row{'' if len(self) == 1 else 's'}"
        further = f"{more} more column{'' if more == 1 else 's'}"
        line = f"{rows}; {further}: issues.columns names all {len(names)}, pd.DataFrame(issues) shows them"
        return pd.DataFrame(self.iloc[:, shown]), line


def _html(frame: Any) -> str | None:
    """Return a table as pandas shows it in a notebook; its stubs do not know the way."""
    shown: str | None = frame._repr_html_()
    return shown


def _is_detail(name: object) -> bool:
    """Say whether a column is one of the package's that can wait."""
    if not isinstance(name, str):
        return False
    kind = name.endswith(("_raw", "_score")) or (name.startswith("is_") and name.endswith("_issue"))
    return kind or name in _DETAILS
