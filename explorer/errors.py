"""The errors this package raises on purpose: each says what was wrong, where, and what to do."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Option:
    """Something that one types, in a message: an argument in Python, an option in a shell.

    Parameters
    ----------
    name
        What it is called, such as "label".
    text
        How it is typed in Python; "label=" if not given. That is what `str` gives.
    """

    __slots__ = ("name", "text")

    def __init__(self, name: str, text: str = "") -> None:
        self.name = name
        self.text = text or f"{name}="

    def __str__(self) -> str:
        return self.text


class Said(str):
    """A text that names options. It reads as one types them in Python; `worded` says it otherwise.

    Parameters
    ----------
    template
        The text, with `{}` where a part belongs.
    *parts
        Each an `Option`, or text, which may name options of its own.

    Examples
    --------
    >>> said = Said("Say which column it is with {}.", Option("label"))
    >>> print(said, said.worded(lambda option: f"--{option.name}"))
    Say which column it is with label=. Say which column it is with --label.
    """

    template: str
    parts: tuple[object, ...]

    def __new__(cls, template: str, *parts: object) -> Said:
        """Put the parts into the template."""
        made = super().__new__(cls, template.format(*parts) if parts else template)
        made.template, made.parts = template, parts
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return Said, (self.template, *self.parts)

    def worded(self, word: Callable[[Option], str]) -> str:
        """Return the text with each option as `word` says it."""
        if not self.parts:
            return str(self)
        said = (
            word(part) if isinstance(part, Option) else part.worded(word) if isinstance(part, Said) else part
            for part in self.parts
        )
        return self.template.format(*said)


LONGEST = 2_000
"""Characters that a sentence of an error may have: a value that it shows may be a whole table."""


def _short(text: str) -> str:
    """Leave out the middle of a text that nobody reads to its end; any other stays the object that it is."""
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]} [{len(text) - 2 * half:,} characters] {text[-half:]}"


class ExplorerError(Exception):
    """Base of every error raised on purpose.

    Parameters
    ----------
    problem
        What was wrong and where (file, row, column, item id), as one sentence.
    remedy
        What the person can do about it, as one sentence. Either may be `Said`, which names options. Of either the
        middle is left out beyond 2,000 characters.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = _short(problem)
        self.remedy = _short(remedy)
        super().__init__(f"{self.problem} {self.remedy}".strip())


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
        super().__init__(
            f"There is no {what} {self.name!r}.", Said("{} {}", hint, remedy) if hint and remedy else hint or remedy
        )


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
