"""Detectors: one file each, one registry, one combiner. A new detector is one file and one import here.

The order of the imports is the order in which they run and are listed.
"""

# isort: off
from explorer.detectors.confident import Confident
from explorer.detectors.vote import Vote
from explorer.detectors.relation import Relation
from explorer.detectors.simifeat import SimiFeat
from explorer.detectors.hoc import Hoc
from explorer.detectors.influence import Influence
from explorer.detectors.shapley import Shapley
from explorer.detectors.distance_ratio import DistanceRatio
from explorer.detectors.graphcleaner import GraphCleaner
from explorer.detectors.beta_mixture import BetaMixture
from explorer.detectors.conformal import Conformal
from explorer.detectors.dynamics import AreaUnderMargin, AveragedMargin, Forgetting, LateStopping
from explorer.detectors.archaeology import Archaeology
from explorer.detectors.plausible import Plausible
from explorer.detectors.conflicting import Conflicting
from explorer.detectors.near_duplicate import NearDuplicate
from explorer.detectors.outlier import Outlier
from explorer.detectors.underperforming import Underperforming
from explorer.detectors.imbalance import Imbalance
from explorer.detectors.non_iid import NonIid

# isort: on
from explorer.detectors.combiner import Combined, combine, pushes
from explorer.detectors.explanation import explain, page
from explorer.detectors.grow import Grown
from explorer.detectors.grow import grow as grow_selection
from explorer.detectors.own import detector, forget
from explorer.detectors.protocol import Detector, Findings, Inputs, Reason, Result
from explorer.detectors.registry import again, get, names, rerun, run, update
from explorer.detectors.relation_map import RelationMap, relation_map
from explorer.detectors.table import ranking, table
from explorer.probe.suites import Suites

__all__ = [
    "Archaeology",
    "AreaUnderMargin",
    "AveragedMargin",
    "BetaMixture",
    "Combined",
    "Confident",
    "Conflicting",
    "Conformal",
    "Detector",
    "DistanceRatio",
    "Findings",
    "Forgetting",
    "GraphCleaner",
    "Grown",
    "Hoc",
    "Imbalance",
    "Influence",
    "Inputs",
    "LateStopping",
    "NearDuplicate",
    "NonIid",
    "Outlier",
    "Plausible",
    "Reason",
    "Relation",
    "RelationMap",
    "Result",
    "Shapley",
    "SimiFeat",
    "Suites",
    "Underperforming",
    "Vote",
    "again",
    "combine",
    "detector",
    "explain",
    "forget",
    "get",
    "grow_selection",
    "names",
    "page",
    "pushes",
    "ranking",
    "relation_map",
    "rerun",
    "run",
    "table",
    "update",
]
