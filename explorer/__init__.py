"""Find labels that are wrong, see why, and fix them in place."""
