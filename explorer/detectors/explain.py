"""Why an item stands where it stands, in words; and what a method does, on a page of its own."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence

from explorer.detectors.combine.features import POOL
from explorer.detectors.combine.p_error import Combined, pushes
from explorer.detectors.functions import FromFunction
from explorer.detectors.protocol import Findings, Inputs, Reason
from explorer.detectors.registry import get

FIRST = ("vote", "confident")
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
        if name in label and spoken >= OTHERS and not isinstance(get(name), FromFunction):
            continue
        said = get(name).explain(item, inputs, findings.results[name], tuple(classes))
        spoken += bool(said) and name in label
        reasons += [reason._replace(method=name, push=pushed.get(name, math.nan)) for reason in said]
    if inputs.labels[item] < 0 and combined.suggested[item] >= 0:
        reasons.append(Reason("suggestion", f"unlabelled; {classes[combined.suggested[item]]} fits best", 0.0))
    return reasons


def page(name: str) -> str:
    """Return what a method does, how, when to trust it and where it comes from, as plain text.

    `p_error` has a page too.

    Raises
    ------
    UnknownName
        No such method.
    """
    if name in ("p_error", POOL):
        from explorer.detectors.combine import p_error

        return inspect.getdoc(p_error) or ""
    return inspect.getdoc(type(get(name))) or ""
