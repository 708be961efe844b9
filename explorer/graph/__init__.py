"""The one neighbour graph that scoring, the layout, the neighbour view and label updates all read."""

from explorer.graph.construction import build
from explorer.graph.graph import NeighbourGraph
from explorer.graph.nearest_items import nearest
from explorer.utils.ordering import canonical_order

__all__ = ["NeighbourGraph", "build", "canonical_order", "nearest"]
