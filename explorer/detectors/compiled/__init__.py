"""Compiled loops over neighbours and classes."""
