"""The plain values of a label store, and how they are hashed."""
