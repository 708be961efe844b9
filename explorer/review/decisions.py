"""Decisions."""

from __future__ import annotations

from explorer.labels.model.states import Reason

REASONS = tuple(Reason)
"""Reason codes that a correction may carry."""
