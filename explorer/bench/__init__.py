"""How well wrong labels are found, on sets where the truth is known, beside cleanlab on the same probabilities.

The protocol
------------
Vectors: digits as pixels / 16, centred; the others as given. Planting: see `explorer.bench.noise`. Probabilities: held
out, from logistic regression (5 stratified folds, seed 0) on the labels with the errors in them, or given with the set.
Graph: cosine, k = 50. Every method of one run reads the same labels, probabilities and graph, in one process.

What was planted is wrong, and all else right: errors that a set had before count as right ones, so estimated shares may
sit a little above the planted ones.
"""

from explorer.bench.charts import plot
from explorer.bench.measure import COLUMNS, figures
from explorer.bench.running import SINGLE, Run, accepted, as_plain, as_text, run, summary
from explorer.bench.sets import SETS, Known, load, own

__all__ = [
    "COLUMNS",
    "SETS",
    "SINGLE",
    "Known",
    "Run",
    "accepted",
    "as_plain",
    "as_text",
    "figures",
    "load",
    "own",
    "plot",
    "run",
    "summary",
]
