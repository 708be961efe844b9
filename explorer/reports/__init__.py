"""What is said of a review as a whole: manifest and figures."""
