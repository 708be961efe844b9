"""Why an item stands where it stands, in words."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.detectors.combiner import Combined
from explorer.detectors.protocol import Findings, Inputs, Reason
from explorer.detectors.registry import get

ORDER = ("vote", "confident", "relation", "conflicting_duplicate", "near_duplicate", "outlier")


def explain(item: int, inputs: Inputs, findings: Findings, combined: Combined, classes: Sequence[str]) -> list[Reason]:
    """Collect what every detector holds about one item, neighbours first, then the model, then the rest."""
    first = [name for name in ORDER if name in findings.results]
    rest = [name for name in findings.results if name not in ORDER]
    reasons: list[Reason] = []
    for name in (*first, *rest):
        reasons += get(name).explain(item, inputs, findings.results[name], tuple(classes))
    if inputs.labels[item] < 0 and combined.suggested[item] >= 0:
        reasons.append(Reason("suggestion", f"unlabelled; {classes[combined.suggested[item]]} fits best", 0.0))
    return reasons
