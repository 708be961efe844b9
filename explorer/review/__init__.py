"""A review: the dataset, what is computed of it, and every decision; the package's main object."""

from explorer.review.review import Review

__all__ = ["Review"]
