"""Estimates of the whole: errors left, drift, whether the corrections helped."""
