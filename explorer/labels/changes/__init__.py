"""What changes labels: edits, undo, binding, branches, merges, classes."""
