"""`find_issues`: from plain arrays to the ranking, without a dataset, a store or a widget."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.embedding.base import Embedding
from explorer.errors import DataError, Option, Said
from explorer.pipeline import stages
from explorer.pipeline.checks import (
    check_labelled,
    check_shape,
    checked_features,
    checked_seed,
    checked_trust,
    columns_of_probs,
    known_detectors,
    listed_labels,
)
from explorer.pipeline.names import check_names, given_scores
from explorer.pipeline.rater_arrays import with_raters
from explorer.pipeline.records import misplaced as misplaced_record
from explorer.pipeline.requirements import ARRAYS, DATA, needs, skipped
from explorer.pipeline.results import Options, Results
from explorer.pipeline.task import Task
from explorer.progress import Progress
from explorer.readers.column_check import doubts, misplaced
from explorer.readers.links import graph_of
from explorer.readers.training import Rows, training
from explorer.tasks.classification import check_probs, encode_labels, listed_classes
from explorer.utils.arrays import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from explorer.dataset.dataset import Dataset
    from explorer.detectors import Combined, Inputs

log = logging.getLogger("explorer")


def find_issues(
    labels: Sequence[Any] | NDArray[Any] | pd.Series[Any],
    *,
    features: NDArray[Any] | None = None,
    probs: NDArray[Any] | pd.DataFrame | None = None,
    graph: Any = None,
    dynamics: Any = None,
    checkpoints: Any = None,
    classes: Sequence[Any] | None = None,
    detectors: Sequence[str] | None = None,
    trusted: Sequence[bool] | NDArray[np.bool_] | pd.Series[bool] | None = None,
    name_scores: NDArray[Any] | None = None,
    raters: Any = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Rank labels by how likely they are wrong.

    Any of the inputs but the labels may be absent: probabilities are computed from the features (held out), the graph
    is built from them.

    Parameters
    ----------
    labels
        [N] of any plain type, in a list, array, tensor or Series; `None`, NaN and "" mean unlabelled. What is given
        beside a Series, and has an index of the same names in another order, is matched by these names.
    features
        float [N, D]: an embedding of the items, in an array, tensor, DataFrame or sparse matrix.
    probs
        float [N, K]: held-out class probabilities, columns in the order of `classes`; a DataFrame's columns are
        matched to the classes by name, unless they are merely numbered from 0 and no class is called so.
    graph
        A neighbour graph of the same N items, instead of one built from `features`; or links between them (citations),
        as `explorer.read` takes them. Methods that compare distances then need `features` too.
    dynamics, checkpoints
        The record of a training of your own, as `explorer.read` takes it.
    classes
        Class values in the order of the columns of `probs`. Left out, they are sorted naturally; where the labels are
        whole numbers that count columns of `probs`, they are those numbers, also the ones that no item carries.
    detectors
        Names of the methods to use (`explorer.detectors.names()`); by default all that can.
    trusted
        bool [N]: labels that are known to be right, because somebody has looked at them. Some methods judge the others
        by these.
    name_scores
        float [N, K]: how well each class's name, or description, fits each item by a model that was taught neither on
        these items nor on their labels, as log-odds, columns in the order of `classes` (see
        `explorer.embedding.class_names.compare`). They are checked against the labels, and suggest labels where there
        are none.
    raters
        What others say of the items: a DataFrame with a column a rater, an array [N, R] of labels (-1, `None` or NaN:
        none), a mapping from names to N labels each, or a table with a row a vote (item, rater, label). Where no item
        has a label, what most of them say is the label.
    seed
        Seed of everything that is drawn.

    Returns
    -------
    pandas.DataFrame
        Aligned to the rows of `labels` (and indexed like it when it is a Series), with the columns of
        `detectors.issues_table`. Its `attrs` hold facts about the whole: `failures` and `skipped` (methods that gave
        nothing, each with its reason), `note` (what could not be judged, else ""), `warnings` (list of what is doubtful
        about the input: columns of probabilities that seem to belong to other classes), `estimate` (see `estimate`).

    Raises
    ------
    DataError
        Nothing to judge the labels by; no item with a label, and no probabilities to suggest one; inputs of different
        lengths, or of indexes that may be meant either way; features or probabilities that are none, with the first
        row that is wrong; a DataFrame of
        probabilities without a column for each class; a graph that is none; marks of trust that are none; the record of
        a training that is none, or is in another order.
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

    wanted = known_detectors(detectors)
    seed = checked_seed(seed)
    classes = listed_classes(classes)
    if all(given is None for given in (features, probs, graph, name_scores, raters, dynamics)):
        raise DataError(
            "There is nothing to judge the labels by.",
            Said("Give {}, {}, {} or {}.", *map(Option, ("features", "probs", "graph", "raters"))),
        )
    index = labels.index if isinstance(labels, pd.Series) else None
    values = listed_labels(labels)
    n = len(values)
    if n == 0:
        raise DataError("There are no labels.", "Give one label per item.")
    given, named = None, False
    features = aligned(features, index, "features", "labels")
    trusted = aligned(trusted, index, "marks of trust", "labels")
    if probs is not None:
        probs = aligned(probs, index, "probabilities", "labels")
        given, classes, named = columns_of_probs(probs, values, classes)
    codes, names, own = encode_labels(values, classes)
    vectors = None if features is None else checked_features(features, n)
    checked = None
    if given is not None:
        check_shape(given, n, names, values, classes)
        checked = check_probs(given, n, names)
    votes = None
    if raters is not None:
        codes, names, checked, votes = with_raters(raters, codes, names, own, checked, index, classes)
    if given is None and name_scores is None:
        check_labelled(codes)
    named_scores = (
        None if name_scores is None else given_scores(aligned(name_scores, index, "scores", "labels"), n, names)
    )
    rows = Rows(codes, names, np.arange(n), np.arange(n), index, probs=checked)
    record = training(rows, dynamics, checkpoints)
    links = graph_of(graph, n, rows.items, rows.first)
    settled = None if trusted is None else checked_trust(trusted, n)
    doubt = "" if checked is None else misplaced(checked, codes, names, named)
    if doubt:
        log.warning("%s", doubt)
    options = Options(device="cpu", seed=seed, cache=False)
    task = Task(codes, names, options, trusted=settled, only=wanted, training=False, votes=votes, record=record)
    given_vectors = None if vectors is None else Embedding(vectors, "given", "given as features=", "cpu")
    found = Results(embedding=given_vectors, graph=links, probs=checked, names=named_scores)
    frame = _judged(task, found, np.arange(n), ARRAYS, doubt)
    frame.index = pd.RangeIndex(n) if index is None else index
    return frame


def find_issues_in(
    dataset: Dataset,
    *,
    embedder: str | None = "auto",
    detectors: Sequence[str] | None = None,
    seed: int = 0,
    names: str | bool = "auto",
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Rank the labels of a dataset, without a store or a widget.

    Parameters
    ----------
    dataset
        What `explorer.read` returns. Its probabilities are used where it has any.
    embedder
        As in `explorer.Review`; `None` judges by the probabilities alone.
    names
        As in `explorer.Review`.

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

    wanted = known_detectors(detectors)
    if all(one is None for one in (embedder, dataset.probs, dataset.votes, dataset.graph)):
        raise DataError("There is nothing to judge the labels by.", "Give probabilities, or an embedder.")
    check_names(names, dataset.kind)
    if dataset.probs is None and len(dataset.classes) < 2:
        check_labelled(dataset.given)
    options = Options(embedder or "", device="cpu", seed=seed, cache=False, names=names)
    task = Task(dataset.given, dataset.classes, options, dataset, only=wanted, training=False, votes=dataset.votes)
    found = Results()
    if embedder is not None:
        embedding = embed(dataset, embedder, seed=seed, progress=progress)
        if embedding.failed:
            task = task.without(embedding.failed)
            kept = np.ones(len(dataset), dtype=bool)
            kept[list(embedding.failed)] = False
            embedding = replace(embedding, vectors=embedding.vectors[kept], failed={})
            dataset = task.dataset or dataset
        found = Results(embedding=embedding)
    frame = _judged(task, found, dataset.item_ids, DATA, doubts(dataset))
    if dataset.probs is None and frame["suggested_label"].isna().all():
        check_labelled(dataset.given)
    frame.insert(0, "where", [dataset.content.name(int(row)) for row in dataset.first_row])
    return frame.iloc[np.argsort(-np.nan_to_num(frame["p_error"], nan=-1), kind="stable")]


def _judged(task: Task, found: Results, ids: NDArray[Any], ways: Mapping[str, str], doubt: str) -> pd.DataFrame:
    """Run the stages that are wanting; the table in the order of the items, with facts about the whole in `attrs`."""
    from explorer import detectors

    if found.probs is None and (found.embedding is not None or task.dataset is not None):
        found = _through(stages.probe, task, found)
    measured = found.distances is not None or (found.graph is not None and found.graph.measured)
    if len(task.labels) > 1 and (task.links is not None or (found.embedding is not None and not measured)):
        found = _through(stages.graph, task, found)
    found = _through(stages.score, task, found)
    inputs, findings, combined = found.inputs, found.findings, found.combined
    assert inputs is not None and findings is not None and combined is not None  # noqa: PT018  # what a score is
    frame = detectors.table(ids, task.classes, inputs, findings, combined, sort=False)
    frame.attrs = {
        "failures": dict(findings.failures),
        "skipped": skipped(findings, inputs, ways),
        "note": _note(inputs, combined, [name for name in task.only or () if name in findings.skipped], ways),
        "warnings": [one for one in (doubt, misplaced_record(task.own, found.probs)) if one],
        "estimate": estimate(combined),
    }
    return frame


def _through(stage: stages.Stage, task: Task, found: Results) -> Results:
    for step in stage(task, found, Progress()):
        found = replace(found, **step.changes)
    return found


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
        "low": None if noise is None or rate is None else min(noise.range.low, rate),
        "high": None if noise is None or rate is None else max(noise.range.high, rate),
    }
