"""What methods lack that did not run, in plain words, and how to give it: to an array, a data file or a review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from explorer.pipeline.stages import SUITES_FROM

if TYPE_CHECKING:
    from explorer.detectors import Findings, Inputs

WORDS: dict[str, str] = {
    "graph": "a neighbour graph",
    "probs": "probabilities",
    "vectors": "vectors",
    "dynamics": "the course of a training",
    "trusted": "labels known to be right",
    "checkpoints": "moments of a training",
    "suites": "items planted into a training",
    "votes": "votes of raters",
    "names": "scores of class names",
}
"""What each need is."""

ARRAYS: dict[str, str] = {
    "graph": "give features= or graph=",
    "probs": "give probs=, or features= and labels of at least two classes",
    "vectors": "give features=",
    "dynamics": "give dynamics= of your own training, or features= and labels of at least two classes, and no probs=",
    "trusted": "give trusted=, one True or False per label",
    "checkpoints": "give checkpoints= of your own training; of the probe only explorer.Review keeps them",
    "suites": f"only explorer.Review plants them, from {SUITES_FROM:,} items on",
    "names": "give name_scores=",
    "votes": "give raters=",
}
"""How to give it to `find_issues`."""

DATA: dict[str, str] = {
    "graph": "name an embedder",
    "probs": "name an embedder, and give labels of at least two classes",
    "vectors": "name an embedder",
    "dynamics": "read the data with dynamics= of your own training, or name an embedder, and give labels of at least "
    "two classes and no probabilities",
    "trusted": "only a review has them, once somebody has kept or changed labels",
    "checkpoints": "read the data with checkpoints= of your own training; of the probe only a review keeps them",
    "suites": f"only a review plants them, from {SUITES_FROM:,} items on",
    "votes": "read the data with raters=",
    "names": "name an embedder that reads texts as well as the items",
}
"""The same for a dataset, which brings its own probabilities."""

REVIEW: dict[str, str] = {
    "graph": "it could not be built, see review.status",
    "probs": "label items of at least two classes, or read the data with probs=",
    "vectors": "they could not be made, see review.status",
    "dynamics": "read the data with dynamics= of your own training, or without probs=, and label items of at least two "
    "classes",
    "trusted": "keep or change some labels, then review.rerun()",
    "checkpoints": "read the data with checkpoints= of your own training, or without probs=; very many items or "
    "classes have none",
    "suites": f"read the data without probs=, and have {SUITES_FROM:,} items or more",
    "votes": "read the data with raters=, or add some with review.add_rater(…)",
    "names": "name a model that reads them, with names=, where the items are texts or pictures",
}
"""The same for a review."""


DISTANCES = "distances between items, which links have not: give features= or an embedder beside graph="
"""What a method lacks that compares distances, where links were given in place of the graph."""


def needs(name: str, inputs: Inputs, ways: Mapping[str, str]) -> str:
    """Say what a method needs and has not, and how to give it: "needs vectors: give features=".

    Parameters
    ----------
    ways
        `ARRAYS`, `DATA` or `REVIEW`.
    """
    from explorer.detectors import registry
    from explorer.detectors.run import lacking

    lacks = lacking(registry.get(name), inputs)
    said = [DISTANCES if need == "distances" else f"{WORDS[need]}: {ways[need]}" for need in lacks]
    return "needs " + ", and ".join(said)


def skipped(findings: Findings, inputs: Inputs, ways: Mapping[str, str]) -> dict[str, str]:
    """Return the methods that did not run for want of something, each with what it `needs`."""
    return {name: needs(name, inputs, ways) for name in findings.skipped}
