"""Where every item stands on the map: principal components first, then UMAP from the neighbour graph."""

from explorer.layout.principal import principal
from explorer.layout.umap import umap

__all__ = ["principal", "umap"]
