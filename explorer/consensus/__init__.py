"""One label of many raters' answers: consensus, how good each rater is, who errs together, whom and what to ask next.

Arrays only: nothing here knows of datasets, detectors or reviews.
"""

from explorer.consensus.agreement import Agreement, krippendorff, pairs
from explorer.consensus.answers import Answers
from explorer.consensus.budget import Budget, spend
from explorer.consensus.dependence import Dependence, dependence
from explorer.consensus.majority import Certificate, certificate
from explorer.consensus.methods import METHODS, Method, best_fit, consensus, page
from explorer.consensus.next_answers import POLICIES, Policy, ask_next, urgency
from explorer.consensus.quality import confusion, precision, quality
from explorer.consensus.result import Consensus

__all__ = [
    "METHODS",
    "POLICIES",
    "Agreement",
    "Answers",
    "Budget",
    "Certificate",
    "Consensus",
    "Dependence",
    "Method",
    "Policy",
    "ask_next",
    "best_fit",
    "certificate",
    "confusion",
    "consensus",
    "dependence",
    "krippendorff",
    "page",
    "pairs",
    "precision",
    "quality",
    "spend",
    "urgency",
]
