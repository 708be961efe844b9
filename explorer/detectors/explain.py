"""Why an item stands where it stands, in words; and what a method does, on a page of its own."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from importlib.resources import files

from explorer.detectors.combine.features import POOL
from explorer.detectors.combine.p_error import Combined, pushes
from explorer.detectors.protocol import Findings, Inputs, Reason
from explorer.detectors.registry import get, is_shipped
from explorer.utils.text import short_probability

P_ERROR = "p_error"
"""The one number has a page as its methods have."""

OF_P_ERROR = {P_ERROR: P_ERROR, POOL: P_ERROR, "feedback": "feedback"}
"""Pages of what is no method: of the number, and of how it learns from the reviewer."""

MODEL = "confident"
"""The method that says what the model holds an item for."""

FIRST = ("vote", MODEL)
"""Shown first: what the neighbours and the model say is what people ask for."""

OTHERS = 4
"""Most further methods that speak about the label; the user's own and other issues are always named."""


def explain(item: int, inputs: Inputs, findings: Findings, combined: Combined, classes: Sequence[str]) -> list[Reason]:
    """Say in words why one item stands where it stands.

    First what neighbours and model say, then the methods that moved `p_error` most, then other issues of the item.
    """
    pushed = pushes(item, inputs, findings, combined)
    by_push = sorted(findings.results, key=lambda name: -abs(pushed.get(name, 0.0)))
    label = [name for name in by_push if get(name).issue == "label" and name not in FIRST]
    other = [name for name in findings.results if get(name).issue != "label"]
    reasons: list[Reason] = []
    spoken = 0
    for name in (*(f for f in FIRST if f in findings.results), *label, *other):
        if name in label and spoken >= OTHERS and is_shipped(name):
            continue
        said = get(name).explain(item, inputs, findings.results[name], tuple(classes))
        spoken += bool(said) and name in label
        reasons += [reason._replace(method=name, push=pushed.get(name, math.nan)) for reason in said]
    second = second_class(item, inputs, combined)
    if second is not None and inputs.probs is not None:
        suggested = int(combined.suggested[item])
        figure = f", {classes[suggested]} {short_probability(inputs.probs[item, suggested])}"
        reasons = [r._replace(text=r.text + figure) if r.method == MODEL else r for r in reasons]
    if inputs.labels[item] < 0 and combined.suggested[item] >= 0:
        reasons.append(Reason("suggestion", f"unlabelled; {classes[combined.suggested[item]]} fits best", 0.0))
    return reasons


def second_class(item: int, inputs: Inputs, combined: Combined) -> tuple[int, float] | None:
    """Return the class that the model prefers, and its probability, where that is neither the label nor the suggestion.

    `None` where the model prefers one of the two, where there is no suggestion, and where there is no model.
    """
    suggested = int(combined.suggested[item])
    if inputs.probs is None or suggested < 0 or inputs.n_classes == 0:
        return None
    best = int(inputs.probs[item].argmax())
    return None if best in (suggested, int(inputs.labels[item])) else (best, float(inputs.probs[item, best]))


def page(name: str) -> str:
    """Return what a method does, how, when to trust it and where it comes from, as plain text with underlined headings.

    Parameters
    ----------
    name
        A method, or "p_error". The package's own pages lie in `explorer/detectors/pages/`; that of a user's own method
        is its docstring.

    Raises
    ------
    UnknownName
        No such method.

    Examples
    --------
    >>> "Formula" in page("vote").splitlines()
    True
    """
    if name in OF_P_ERROR:
        return _written(OF_P_ERROR[name])
    one = get(name)
    return _written(name) if is_shipped(name) else inspect.getdoc(type(one)) or ""


def about(name: str) -> str:
    """Return what a method says in one sentence or two: the first paragraph of its page, on one line.

    Raises
    ------
    UnknownName
        No such method.
    """
    return " ".join(page(name).strip().split("\n\n")[0].split())


def title(name: str) -> str:
    """Return a method's name for people: the `title` that it declares, else its name with spaces.

    Raises
    ------
    UnknownName
        No such method.
    """
    if name in (P_ERROR, POOL):
        return "How likely the label is wrong"
    words = name.replace("_", " ")
    return str(getattr(get(name), "title", words[:1].upper() + words[1:]))


def _written(name: str) -> str:
    return (files("explorer.detectors") / "pages" / f"{name}.md").read_text(encoding="utf-8").rstrip()
