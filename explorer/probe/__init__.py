"""From vectors and labels to out-of-fold probabilities, training dynamics, and how far to trust them."""

from explorer.probe.fit import Probe, out_of_fold
from explorer.probe.trust import Trust, trust

__all__ = ["Probe", "Trust", "out_of_fold", "trust"]
