"""The nearest item of the same and of another label: kept for every item, searched where the graph does not know."""
