"""Detectors: one file each, one registry, one combiner. A new detector is one file and one import here.

The order of the imports is the order in which they run and are listed.
"""

# isort: off
from explorer.detectors.label_errors.confident import Confident
from explorer.detectors.label_errors.vote import Vote
from explorer.detectors.label_errors.relation import Relation
from explorer.detectors.label_errors.simifeat import SimiFeat
from explorer.detectors.label_errors.hoc import Hoc
from explorer.detectors.label_errors.influence import Influence
from explorer.detectors.label_errors.knn_shapley import Shapley
from explorer.detectors.label_errors.distance_ratio import DistanceRatio
from explorer.detectors.label_errors.graphcleaner import GraphCleaner
from explorer.detectors.label_errors.beta_mixture import BetaMixture
from explorer.detectors.label_errors.conformal import Conformal
from explorer.detectors.label_errors.training_dynamics import AreaUnderMargin, AveragedMargin, Forgetting, LateStopping
from explorer.detectors.label_errors.archaeology import Archaeology
from explorer.detectors.label_errors.raters import Raters
from explorer.detectors.label_errors.prototype import Prototype
from explorer.detectors.label_errors.names import Names
from explorer.detectors.other_issues.ambiguous import Plausible
from explorer.detectors.other_issues.conflicting_duplicate import Conflicting
from explorer.detectors.other_issues.near_duplicate import NearDuplicate
from explorer.detectors.other_issues.outlier import Outlier
from explorer.detectors.other_issues.underperforming import Underperforming
from explorer.detectors.other_issues.imbalance import Imbalance
from explorer.detectors.other_issues.non_iid import NonIid

# isort: on
from explorer.detectors.combine.p_error import Combined, combine, pushes
from explorer.detectors.explain import about, explain, page, second_class, title
from explorer.detectors.functions import detector, forget
from explorer.detectors.issues_table import ranking, table
from explorer.detectors.protocol import Detector, Findings, Inputs, Reason, Result
from explorer.detectors.registry import get, names
from explorer.detectors.relation_map import RelationMap, relation_map
from explorer.detectors.run import again, rerun, run, update
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
    "Hoc",
    "Imbalance",
    "Influence",
    "Inputs",
    "LateStopping",
    "Names",
    "NearDuplicate",
    "NonIid",
    "Outlier",
    "Plausible",
    "Prototype",
    "Raters",
    "Reason",
    "Relation",
    "RelationMap",
    "Result",
    "Shapley",
    "SimiFeat",
    "Suites",
    "Underperforming",
    "Vote",
    "about",
    "again",
    "combine",
    "detector",
    "explain",
    "forget",
    "get",
    "names",
    "page",
    "pushes",
    "ranking",
    "relation_map",
    "rerun",
    "run",
    "second_class",
    "table",
    "title",
    "update",
]
