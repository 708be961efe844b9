"""Databases under a label store."""
