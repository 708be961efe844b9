"""The errors this package raises on purpose: each says what was wrong, where, and what to do."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class ExplorerError(Exception):
    """Base of every error raised on purpose.

    Parameters
    ----------
    problem
        What was wrong and where (file, row, column, item id), as one sentence.
    remedy
        What the person can do about it, as one sentence.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem} {remedy}".strip())


class DataError(ExplorerError, ValueError):
    """The dataset, or an argument that describes it, cannot be used as it is."""


class UnknownName(DataError):
    """A column, class, item, embedder or method that does not exist, with the nearest names that do.

    Parameters
    ----------
    what
        What it was taken for, such as "column".
    known
        Names that do exist, or as many of them as are worth comparing.
    remedy
        What else the person can do.
    few
        Most names that are listed where none is near.
    of
        How many names there are, where `known` is only a part of them.
    """

    def __init__(
        self,
        what: str,
        name: object,
        known: Iterable[object],
        remedy: str = "",
        *,
        few: int = 12,
        of: int | None = None,
    ) -> None:
        import difflib  # here, and not above: every start would pay for it

        names = [str(k) for k in known]
        self.name = str(name)
        self.nearest = difflib.get_close_matches(self.name, names, n=3, cutoff=0.5)
        if self.nearest:
            hint = "Did you mean " + " or ".join(repr(n) for n in self.nearest) + "?"
        elif names:
            shown, count = names[:few], len(names) if of is None else of
            more = f" and {count - len(shown):,} more." if count > len(shown) else "."
            hint = f"There is {', '.join(repr(n) for n in shown)}{more}"
        else:
            hint = ""
        super().__init__(f"There is no {what} {self.name!r}.", f"{hint} {remedy}".strip())


class UnreadableItem(ExplorerError):
    """One item's content cannot be read; the item is set aside and the run goes on."""


class OutsideRoot(ExplorerError, PermissionError):
    """A path that comes from data leads outside the dataset's declared roots."""


class MissingExtra(ExplorerError, ImportError):
    """A feature needs a package that is an optional extra of this one."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the package {package!r}, which is not installed.",
            f"Install it with: pip install 'data-quality-explorer[{extra}]'",
        )


class Cancelled(ExplorerError):
    """The person asked for the work to stop; finished batches stay in the cache."""
