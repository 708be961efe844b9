"""`find_issues`: from plain arrays to the ranking, without a dataset, a store or a widget."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.dataset import check_probs, encode_labels
from explorer.errors import DataError, UnknownName
from explorer.lacking import ARRAYS, DATA, needs, skipped
from explorer.readers.misplaced import BY_NAME, doubts, misplaced

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from explorer.dataset import Dataset
    from explorer.detectors import Combined, Inputs
    from explorer.graph import NeighbourGraph
    from explorer.progress import Progress

log = logging.getLogger("explorer")


def find_issues(
    labels: Sequence[Any] | NDArray[Any] | pd.Series[Any],
    *,
    features: NDArray[Any] | None = None,
    probs: NDArray[Any] | pd.DataFrame | None = None,
    graph: NeighbourGraph | None = None,
    classes: Sequence[Any] | None = None,
    detectors: Sequence[str] | None = None,
    trusted: Sequence[bool] | NDArray[np.bool_] | pd.Series[bool] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Rank labels by how likely they are wrong.

    Any of the inputs but the labels may be absent: probabilities are computed from the features (held out), the graph
    is built from them.

    Parameters
    ----------
    labels
        [N] of any plain type; `None`, NaN and "" mean unlabelled.
    features
        float [N, D]: an embedding of the items.
    probs
        float [N, K]: held-out class probabilities, columns in the order of `classes`; a DataFrame's columns are
        matched to the classes by name, unless they are merely numbered from 0 and no class is called so.
    graph
        A neighbour graph of the same N items, instead of one built from `features`.
    classes
        Class values in the order of the columns of `probs`. Left out, they are sorted naturally; where the labels are
        whole numbers that count columns of `probs`, they are those numbers, also the ones that no item carries.
    detectors
        Names of the methods to use (`explorer.detectors.names()`); by default all that can.
    trusted
        bool [N]: labels that are known to be right, because somebody has looked at them. Some methods judge the others
        by these.
    seed
        Seed of everything that is drawn.

    Returns
    -------
    pandas.DataFrame
        Aligned to the rows of `labels` (and indexed like it when it is a Series), with the columns of
        `explorer.detectors.table`. Its `attrs` hold facts about the whole: `failures` and `skipped` (methods that gave
        nothing, each with its reason), `note` (what could not be judged, else ""), `warnings` (list of what is doubtful
        about the input: columns of probabilities that seem to belong to other classes), `estimate` (see `estimate`).

    Raises
    ------
    DataError
        Nothing to judge the labels by; no item with a label, and no probabilities to suggest one; inputs of different
        lengths; features or probabilities that are none, with the first row that is wrong; a DataFrame of
        probabilities without a column for each class; a graph that is none; marks of trust that are none.
    UnknownName
        A label that is not in `classes`; a method that does not exist.

    Examples
    --------
    >>> import numpy as np, explorer
    >>> labels = ["cat", "cat", "dog", "dog"]
    >>> probs = np.array([[.9, .1], [.2, .8], [.1, .9], [.3, .7]])
    >>> explorer.find_issues(labels, probs=probs).suggested_label.tolist()
    ['cat', 'dog', 'dog', 'dog']
    """
    import pandas as pd

    wanted = _known(detectors)
    if features is None and probs is None and graph is None:
        raise DataError("There is nothing to judge the labels by.", "Give features=, probs= or graph=.")
    index = labels.index if isinstance(labels, pd.Series) else None
    values = _listed(labels)
    n = len(values)
    if n == 0:
        raise DataError("There are no labels.", "Give one label per item.")
    given, named = None, False
    if probs is not None:
        given, classes, named = _columns(probs, values, classes)
    codes, names, _ = encode_labels(values, classes)
    vectors = None if features is None else _vectors(features, n)
    checked = None
    if given is not None:
        _shaped(given, n, names, values, classes)
        checked = check_probs(given, n, names)
    else:
        _labelled(codes)
    _graph(graph)
    settled = None if trusted is None else _trusted(trusted, n)
    doubt = "" if checked is None else misplaced(checked, codes, names, named)
    if doubt:
        log.warning("%s", doubt)
    inputs = _inputs(codes, len(names), vectors=vectors, probs=checked, graph=graph, trusted=settled, seed=seed)
    frame = _judged(inputs, np.arange(n), names, wanted, ARRAYS, doubt)
    frame.index = pd.RangeIndex(n) if index is None else index
    return frame


def find_issues_in(
    dataset: Dataset,
    *,
    embedder: str | None = "auto",
    detectors: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Rank the labels of a dataset, without a store or a widget.

    Parameters
    ----------
    dataset
        What `explorer.read` returns. Its probabilities are used where it has any.
    embedder
        As in `explorer.Review`; `None` judges by the probabilities alone.

    Returns
    -------
    pandas.DataFrame
        A row an item, indexed by item id, worst first, as of `find_issues`; and `where` each item is.

    Raises
    ------
    DataError
        Nothing to judge the labels by; no item with a label, and no probabilities to suggest one.
    """
    from explorer.embedding import embed

    wanted = _known(detectors)
    if embedder is None and dataset.probs is None:
        raise DataError("There is nothing to judge the labels by.", "Give probabilities, or an embedder.")
    if dataset.probs is None:
        _labelled(dataset.given)
    vectors = None
    if embedder is not None:
        embedding = embed(dataset, embedder, seed=seed, progress=progress)
        kept = np.ones(len(dataset), dtype=bool)
        kept[list(embedding.failed)] = False
        dataset, vectors = dataset.without(embedding.failed), embedding.vectors[kept]
    inputs = _inputs(
        dataset.given,
        max(1, len(dataset.classes)),
        ids=dataset.item_ids,
        vectors=vectors,
        probs=dataset.probs,
        conflicting=dataset.conflicting,
        content_hashes=dataset.content_hashes,
        seed=seed,
    )
    frame = _judged(inputs, dataset.item_ids, dataset.classes, wanted, DATA, doubts(dataset))
    frame.insert(0, "where", [dataset.content.name(int(row)) for row in dataset.first_row])
    return frame.iloc[np.argsort(-np.nan_to_num(frame["p_error"], nan=-1), kind="stable")]


def _known(names: Sequence[str] | None) -> list[str] | None:
    """Check the names of methods, before any work begins."""
    from explorer.detectors import registry

    if names is None:
        return None
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if name not in registry.names():
            raise UnknownName("detector", name, registry.names())
    return wanted


def _inputs(
    codes: NDArray[np.int32],
    n_classes: int,
    *,
    vectors: NDArray[np.float32] | None,
    probs: NDArray[np.float32] | None,
    seed: int,
    graph: NeighbourGraph | None = None,
    ids: NDArray[Any] | None = None,
    **others: Any,
) -> Inputs:
    """Compute what is absent and can be: probabilities, with how their training went, and the graph, from vectors."""
    from explorer import graph as graphs
    from explorer import probe
    from explorer.detectors import Inputs

    if vectors is not None and probs is None:
        found = probe.out_of_fold(vectors, codes, n_classes, ids=ids, seed=seed)
        probs, others = found.probs, {**others, "dynamics": found.dynamics}
    if vectors is not None and graph is None and len(codes) > 1:
        graph = graphs.build(vectors, ids=ids, seed=seed)
    return Inputs(codes, n_classes, graph=graph, probs=probs, vectors=vectors, seed=seed, **others)


def _judged(
    inputs: Inputs,
    ids: NDArray[Any],
    classes: Sequence[str],
    wanted: list[str] | None,
    ways: Mapping[str, str],
    doubt: str,
) -> pd.DataFrame:
    """Run methods and combiner; the table in the order of the items, with facts about the whole in its `attrs`."""
    from explorer import detectors

    findings = detectors.run(inputs, only=wanted)
    combined = detectors.combine(inputs, findings)
    frame = detectors.table(ids, classes, inputs, findings, combined, sort=False)
    frame.attrs = {
        "failures": dict(findings.failures),
        "skipped": skipped(findings, inputs, ways),
        "note": _note(inputs, combined, [name for name in wanted or () if name in findings.skipped], ways),
        "warnings": [doubt] if doubt else [],
        "estimate": estimate(combined),
    }
    return frame


def _note(inputs: Inputs, combined: Combined, idle: Sequence[str], ways: Mapping[str, str]) -> str:
    """Say what could not be judged, and what those methods lack that were asked for and did not run (`idle`)."""
    said = [combined.note]
    if combined.model is None and inputs.n_classes > 1 and (inputs.probs is not None or inputs.graph is not None):
        # The combiner sees what ran, and not what was there to run on.
        said = ["No label can be judged: no method gave an opinion on the labels."]
    said.extend(f"{name} {needs(name, inputs, ways)}." for name in dict.fromkeys(idle))
    return " ".join(filter(None, said))


def estimate(combined: Combined) -> dict[str, Any]:
    """Return what is held of the labels as a whole, in plain numbers.

    Returns
    -------
    dict
        `labels` (how many there are), `issues` (how many are more likely wrong than right), `error_rate` (estimated
        share of wrong labels), and `low` and `high`: the share that disagrees with models and neighbours where these
        are surest (or a third less than the estimate), and the share that disagrees anywhere. The truth has lain
        between the two on all benchmark sets; it lies above where the models have learnt the errors. The last three are
        `None` where they cannot be known.
    """
    judged = int(np.isfinite(combined.p_error).sum())
    noise = None if combined.model is None else combined.model.noise
    known = combined.model is not None and not combined.model.blind
    rate = combined.noise_rate if judged and known else None
    return {
        "labels": judged,
        "issues": int(combined.is_issue.sum()),
        "error_rate": rate,
        "low": None if noise is None or rate is None else min(noise.low, rate),
        "high": None if noise is None or rate is None else max(noise.high, rate),
    }


def _listed(labels: Any) -> list[Any]:
    shape = getattr(labels, "shape", None)
    if labels is None or isinstance(labels, str | bytes) or (shape is not None and len(shape) != 1):
        what = f"of the shape {shape}" if shape is not None else f"a {type(labels).__name__}"
        raise DataError(
            f"The labels are {what}.", "Give one label per item: a list, a Series or a one-dimensional array."
        )
    return list(labels)


def _vectors(features: Any, n: int) -> NDArray[np.float32]:
    """Check features; what is wrong with single rows is said by position."""
    array = np.asarray(features)
    if array.ndim != 2 or len(array) != n:
        raise DataError(f"The features have the shape {array.shape}; {n:,} rows were expected, one per label.")
    if array.dtype.kind not in "fiub":
        raise DataError(f"The features are of the type {array.dtype}.", "Give an array of numbers, one row per item.")
    with np.errstate(over="ignore"):  # a value that float32 does not hold counts as infinite
        array = array.astype(np.float32)
    finite = np.isfinite(array).all(axis=1)
    if not finite.all():
        raise DataError(
            f"The features of row {int(np.flatnonzero(~finite)[0])} hold NaN or infinite values; "
            f"{int((~finite).sum()):,} {'row is' if (~finite).sum() == 1 else 'rows are'} like it.",
            "Leave these rows out, or fill in what is missing.",
        )
    if not array.shape[1]:
        raise DataError("The features have no columns.", "Give at least one number per item.")
    return array


def _labelled(codes: NDArray[np.int32]) -> None:
    """Refuse labels of which there is none: without probabilities not even a suggestion could be made."""
    if (codes < 0).all():
        raise DataError(
            'No item has a label (None, NaN and "" mean unlabelled).',
            "Label some items of each class, or give probabilities of a model to have labels suggested.",
        )


def _trusted(trusted: Any, n: int) -> NDArray[np.bool_] | None:
    marks = np.asarray(trusted)
    if marks.shape != (n,) or marks.dtype.kind != "b":
        raise DataError(
            f"trusted= is of the type {marks.dtype} and the shape {marks.shape}; {n:,} marks were expected.",
            "Give True or False for each label, in the same order: whether it is known to be right.",
        )
    return marks if marks.any() else None


def _graph(graph: object) -> None:
    from explorer.graph import NeighbourGraph

    if graph is not None and not isinstance(graph, NeighbourGraph):
        raise DataError(
            f"The graph is a {type(graph).__name__}.",
            "Give an explorer.graph.NeighbourGraph: explorer.graph.build(features) makes one, or "
            "NeighbourGraph(indices, similarity) of int32 and float32 arrays [N, k].",
        )


def _shaped(
    probs: NDArray[Any], n: int, names: Sequence[str], labels: list[Any], classes: Sequence[Any] | None
) -> None:
    """Refuse probabilities of another shape than [N, K]; says which class has no column, where that can be known."""
    if probs.shape == (n, len(names)):
        return
    problem = (
        f"The probabilities have the shape {probs.shape}; {n:,} row{'s' * (n != 1)} × "
        f"{len(names)} class{'es' * (len(names) != 1)} were expected."
    )
    listed = _some(names)
    if probs.ndim != 2 or probs.shape[1] == len(names):
        raise DataError(problem, f"Give one row per label, with one column per class (classes: {listed}).")
    k = probs.shape[1]
    if classes is not None:
        raise DataError(problem, f"Give one column per class of classes=[…], in its order (classes: {listed}).")
    if k > len(names):
        raise DataError(
            problem,
            f"The labels hold only {listed}. Name all {k} classes in the order of the columns, also those that no "
            "item carries: classes=[…].",
        )
    own = encode_labels(labels)[2]
    beyond = [str(v) for v in own if not (isinstance(v, int) and 0 <= v < k)]
    # Labels that count the columns but for a few: these few have none.
    if len(names) - len(beyond) == k:
        what = f"There is no column for the class{'es' * (len(beyond) != 1)} {_some(beyond)}."
        raise DataError(
            f"{problem} {what}", "Give one column per class, and None as the label of an item that has none."
        )
    raise DataError(problem, f"Give one column per class, in the order of classes=[…] (classes: {listed}).")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _columns(
    probs: Any, labels: list[Any], classes: Sequence[Any] | None
) -> tuple[NDArray[Any], Sequence[Any] | None, bool]:
    """Return probabilities, the classes of their columns (`None`: those of the labels), and whether names told them."""
    from explorer.readers.probabilities import align

    aligned = align(probs, None, labels, classes)
    values, classes = aligned.values, aligned.classes
    if values.dtype.kind not in "fiub":
        raise DataError(f"The probabilities are of the type {values.dtype}.", "Give numbers, one column per class.")
    if classes is None and values.ndim == 2:
        _, names, own = encode_labels(labels)
        k = values.shape[1]
        # Labels that count the columns, as scikit-learn's usually do: a class that no item carries keeps its column.
        if len(names) < k and all(isinstance(v, int) and not isinstance(v, bool) and 0 <= v < k for v in own):
            classes = range(k)
    return values, classes, BY_NAME in aligned.note
