"""The random sample of a review: its frame, draws, answers and file."""
