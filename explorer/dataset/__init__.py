"""Labelled items as the rest of the package knows them."""

from explorer.dataset.dataset import Dataset

__all__ = ["Dataset"]
