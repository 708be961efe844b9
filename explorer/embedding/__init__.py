"""Embedding: items → vectors, one file an embedder, one registry, one loop with a cache."""

from explorer.embedding.base import Embedder, Embedding
from explorer.embedding.embed import embed
from explorer.embedding.registry import Available, Entry, Request, available, register

__all__ = ["Available", "Embedder", "Embedding", "Entry", "Request", "available", "embed", "register"]
