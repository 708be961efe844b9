"""Readers: every way in that people have, each ending in one `Dataset`."""

from explorer.readers.dispatch import read

__all__ = ["read"]
