"""Detectors: one file each, one registry, one combiner. A new detector is one file and one import here."""

from explorer.detectors.combiner import Combined, combine
from explorer.detectors.confident import Confident
from explorer.detectors.conflicting import Conflicting
from explorer.detectors.explanation import explain
from explorer.detectors.near_duplicate import NearDuplicate
from explorer.detectors.outlier import Outlier
from explorer.detectors.protocol import Detector, Findings, Inputs, Reason, Result, Suites
from explorer.detectors.registry import again, detector, get, names, run, update
from explorer.detectors.relation import Relation
from explorer.detectors.table import ranking, table
from explorer.detectors.vote import Vote

__all__ = [
    "Combined",
    "Confident",
    "Conflicting",
    "Detector",
    "Findings",
    "Inputs",
    "NearDuplicate",
    "Outlier",
    "Reason",
    "Relation",
    "Result",
    "Suites",
    "Vote",
    "again",
    "combine",
    "detector",
    "explain",
    "get",
    "names",
    "ranking",
    "run",
    "table",
    "update",
]
