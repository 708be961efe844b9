"""From vectors and labels to out-of-fold probabilities and training dynamics."""

from explorer.probe.fit import Probe, out_of_fold

__all__ = ["Probe", "out_of_fold"]
