"""Where every item stands on the map: principal components first, then UMAP from the neighbour graph."""

from explorer.layout.links import linked
from explorer.layout.principal import principal
from explorer.layout.umap import umap
from explorer.layout.worker import Worker, borrowed

__all__ = ["Worker", "borrowed", "linked", "principal", "umap"]
