"""The one neighbour graph that scoring, the layout, the neighbour view and label updates all read."""

from explorer.graph.neighbours import NeighbourGraph
from explorer.graph.order import canonical_order
from explorer.graph.search import build, nearest

__all__ = ["NeighbourGraph", "build", "canonical_order", "nearest"]
