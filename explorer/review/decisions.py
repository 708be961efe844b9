"""Decisions."""

from __future__ import annotations

REASONS = ("wrong", "ambiguous", "guideline unclear", "several fit", "none fits", "duplicate")
"""Reason codes that a correction may carry."""
