"""From vectors and labels to out-of-fold probabilities, training dynamics, and how far to trust them."""

from explorer.estimates.trust import Trust, trust
from explorer.probe.fit import Probe, out_of_fold

__all__ = ["Probe", "Trust", "out_of_fold", "trust"]
