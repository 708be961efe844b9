"""Where work runs: threads and devices."""
