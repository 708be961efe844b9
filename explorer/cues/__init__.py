"""What gives a label away without being the matter, what is odd about the classes, and labels beside the wrong rows.

Plain arrays in, findings out. `Review.facts` says the same of a review, with the items of each.
"""

from explorer.cues.alignment import Alignment, alignment
from explorer.cues.finding import Finding, examples
from explorer.cues.label_space import label_space
from explorer.cues.measurement import Measures, measure
from explorer.cues.properties import permutation_test, property_cues
from explorer.cues.words import Words, statistics, word_cues, words_of

__all__ = [
    "Alignment",
    "Finding",
    "Measures",
    "Words",
    "alignment",
    "examples",
    "label_space",
    "measure",
    "permutation_test",
    "property_cues",
    "statistics",
    "word_cues",
    "words_of",
]
