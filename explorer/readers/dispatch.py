"""`read`: look at what was given and hand it to the reader that knows it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from explorer.dataset.dataset import Dataset
from explorer.dataset.descriptions import described
from explorer.errors import DataError, UnknownName
from explorer.media.base import MediaKind
from explorer.readers import arrays, folder, frame, huggingface, other_columns, tabular, torchdata
from explorer.readers.column_check import doubts
from explorer.readers.options import Options
from explorer.readers.training import attach
from explorer.readers.vote_sources import voted
from explorer.utils.arrays import array_in
from explorer.utils.text import are, counted, printable

_log = logging.getLogger("explorer")

BESIDE = ("descriptions", "dynamics", "checkpoints", "graph")
"""Arguments that no reader sees: they are added to what was read."""


def read(
    source: Any,
    *,
    label: Any = None,
    image: str | None = None,
    text: str | None = None,
    features: Any = None,
    embedding: Any = None,
    probs: Any = None,
    key: str | None = None,
    kind: MediaKind | None = None,
    classes: Any = None,
    root: str | os.PathLike[str] | None = None,
    split: str | None = None,
    encoding: str | None = None,
    pixel_limit: int | None = None,
    descriptions: Mapping[Any, str] | None = None,
    raters: Any = None,
    votes: Any = None,
    dynamics: Any = None,
    checkpoints: Any = None,
    graph: Any = None,
    columns: Any = None,
    **unknown: Any,
) -> Dataset:
    """Read a labelled dataset. What is not given is inferred, and `Dataset.notes` says what was taken as what and why.

    Parameters
    ----------
    source
        One of: a folder with a sub-folder per class (pictures, or `.txt` files); a `.csv`, `.tsv`, `.parquet` or
        `.jsonl` file; a folder of Parquet parts; a `DataFrame`; a Hugging Face `Dataset` or `DatasetDict`; a map-style
        torch `Dataset` of (item, label); an array of pictures (uint8 [R, H, W] or [R, H, W, C]) or of vectors
        (float [R, D]); a list of strings or of pictures.
    label
        Name of the column with the given label, or the R labels themselves (list, array, tensor, Series). Empty cells
        are unlabelled. A Series whose index holds the names of the rows in another order is matched by them. `False`
        says that nothing is labelled: no column is taken as the label, nor are the sub-folders of a folder.
    image, text
        Name of the column with the picture (bytes, Hugging Face dicts, file paths) or the text.
    features
        Precomputed features, float [R, D] (array, tensor, DataFrame, sparse matrix), or the names of feature columns.
        Beside pictures or texts, the columns are the embedding; alone, they are the cells of a table.
    embedding
        Name of a column whose cells are lists of numbers, also as text: a precomputed embedding. An array [R, D] is
        taken as `features`.
    probs
        Predicted probabilities: an array [R, K] with columns in the order of the classes, a `DataFrame` whose
        columns are classes, a list of columns, or the prefix that such columns share. Columns that fit other classes
        much better than their own are warned of, here and in `review.status`.
    key
        Column (or named index) that names the items. For a folder, `"path"`. Without it an item is told by its content.
    kind
        "image", "text", "table" or "vector".
    classes
        All class values in order; needed only where a class occurs in no row.
    root
        Folder that file paths in the data may not leave. By default the folder of the file that names them.
    split
        Which part of a `DatasetDict`, or of a folder with `train/` and `test/`.
    encoding
        Of a text file that is not UTF-8, such as "cp1252".
    pixel_limit
        Most pixels that a picture may have before it is set aside; 64,000,000 by default.
    descriptions
        What belongs into a class, in a few words, by class: `{"0": "a handwritten zero"}`. A model of words and items
        compares them (see the method "names"). Where nothing is labelled they also name the classes; lists and arrays
        then need no `label`.
    raters
        Whoever else gave labels: columns of a table (`["ann", "gpt"]`, or with their kinds and families
        `{"gpt": {"kind": "model", "family": "gpt"}, "ann": "person"}`), or the labels themselves: a `DataFrame` or an
        array [R, raters], a mapping from names to R labels each. Kinds are person, model, function, import. A
        `labelling_function` is a rater too. Empty cells, `None` and NaN are abstentions. Votes never overwrite a label;
        where nothing else is the label, it is what most raters say.
    votes
        A table with a row a vote (or the path of one): item (key, or number of a row), rater, label, and where there
        are any time, confidence, kind, family. `raters` may say the kinds. Of several answers of a rater to one item
        the newest counts, without times none.
    dynamics
        How each row's label went through a training of your own, [R, T, 2]: the probability of the given label and its
        logit minus the largest other one, at each of T epochs; rows that were not recorded are NaN. An array, an
        `explorer.Recorder`, a `DataFrame` with the columns p_0, margin_0, p_1, margin_1 … (matched to the rows by its
        index, where that holds their names or keys), or the path of a .npy, .npz or .parquet file. Methods that read a
        training read it instead of the probe's.
    checkpoints
        Predictions of that training at C moments, [C, R, K], or a list of C of what `probs` takes, or such a path.
    graph
        Links between the rows that take the place of the nearest neighbours (citations, friendships): edges [E, 2] of
        row numbers or keys, edges [E, 3] with a weight each, a pair (edges, weights), a `DataFrame` of edges (source,
        target, weight), a sparse matrix, a `NeighbourGraph`, or the path of a file with one. A link is one of both
        ends; for directed ones give `NeighbourGraph.from_edges(…, directed=True)`.
    columns
        Which of the other columns are kept, for slices and exports (`Dataset.columns`): all by default, `False` for
        none, or a list of names, which are then no features of a table. Beside arrays, lists, folders and torch
        datasets: a `DataFrame`, Series or dict of values, one each row.

    Raises
    ------
    DataError
        What cannot be read or is ambiguous, with the candidates and the remedy.
    UnknownName
        A column, split, key, class or argument that does not exist, with the nearest that do.
    OutsideRoot
        A path in the data leads outside `root`. This ends the reading: such data is broken or hostile.

    Examples
    --------
    >>> dataset = read(["good film", "dull film", "fine play"], label=["+", "-", "+"])
    >>> dataset
    Dataset(3 text items, 2 classes, from a list of texts)
    """
    for name in unknown:
        known = ("source", *(field.name for field in fields(Options)), *BESIDE)
        raise UnknownName("argument of read called", name, known)
    if (
        label is None
        and descriptions is not None
        and raters is votes is None
        and isinstance(source, list | tuple | np.ndarray)
    ):
        label = False  # the classes are described, so none of the items need have a label
    options = Options(
        label,
        image,
        text,
        features,
        embedding,
        probs,
        key,
        kind,
        classes,
        root,
        split,
        encoding,
        pixel_limit,
        raters=raters,
        votes=votes,
        columns=columns,
    )
    beside = options.embedding_is_array
    values = options.columns if other_columns.are_values(options.columns) else None
    asked = options if values is None else replace(options, columns=None)
    dataset = voted(_read(source, asked.with_embedding_as_features() if beside else asked), asked)
    if values is not None:
        dataset = other_columns.with_values(dataset, values)
    if beside:
        dataset = replace(dataset, notes=(*dataset.notes, "embedding= is an array, and is taken as features="))
    dataset = described(dataset, descriptions)
    dataset = attach(dataset, dynamics=dynamics, checkpoints=checkpoints, graph=graph)
    for note in dataset.notes:
        _log.info("%s: %s", dataset.source or "dataset", note)
    if dataset.set_aside:
        aside = len(dataset.set_aside)
        _log.warning("%s: %s %s set aside; see set_aside_table().", dataset.source, counted(aside, "row"), are(aside))
    doubt = doubts(dataset)
    if doubt:
        _log.warning("%s: %s", dataset.source or "dataset", doubt)
        dataset = replace(dataset, notes=(*dataset.notes, doubt))
    return dataset


def _read(source: Any, options: Options) -> Dataset:
    if isinstance(source, str | os.PathLike):
        path = _path(source)
        return replace(_read_path(path, options), path=path.absolute())
    if isinstance(source, pd.DataFrame):
        options.only(
            "a DataFrame",
            "label image text features embedding probs key kind classes root pixel_limit raters votes columns",
        )
        return frame.from_frame(source, options, source="a DataFrame", root=Path.cwd())
    if isinstance(source, np.ndarray):
        return arrays.from_array(source, options)
    if isinstance(source, list | tuple):
        return arrays.from_list(list(source), options)
    # A source of one of these types exists only once its library is imported, so nothing heavy is loaded to ask.
    if "datasets" in sys.modules and huggingface.recognises(source):
        return huggingface.from_huggingface(source, options)
    if "torch" in sys.modules:
        import torch

        if isinstance(source, torch.Tensor):
            return arrays.from_array(array_in(source, "tensor's values"), options, channels_first=True)
    if hasattr(source, "toarray") and hasattr(source, "nnz"):
        return arrays.from_array(array_in(source, "rows"), options)
    if torchdata.recognises(source):
        return torchdata.from_torch(source, options)
    raise DataError(
        f"A {type(source).__module__}.{type(source).__name__} cannot be read as a dataset.",
        "Give a folder, a CSV, Parquet or JSONL file, a DataFrame, a Hugging Face or torch dataset, or an array.",
    )


def _path(source: str | os.PathLike[str]) -> Path:
    try:
        path = Path(source).expanduser()
    except (RuntimeError, TypeError) as error:  # a home that is none; a path of bytes
        raise DataError(f"{source!r} is no path ({error}).", "Give the path of a file or folder, as text.") from error
    if "\0" in str(path):
        raise DataError(f"{str(path)!r} is no path: it holds a NUL.", "Give the path of a file or folder.")
    return path


def _read_path(path: Path, options: Options) -> Dataset:
    try:
        folder_here, file_here, something = path.is_dir(), path.is_file(), path.exists()
        siblings = [p.name for p in path.parent.iterdir()] if not something and path.parent.is_dir() else []
        parts = folder_here and tabular.holds_parts(path)
    except (OSError, RuntimeError) as error:  # no permission, a name too long, links in a circle
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{printable(str(path))[:300]!r} cannot be read: {why}.", "Check the path.") from error
    if parts:
        return tabular.from_parts(path, options)
    if folder_here:
        return folder.from_folder(path, options)
    if file_here:
        return tabular.from_file(path, options)
    if something:
        raise DataError(f"{str(path)!r} is neither a file nor a folder.")
    raise UnknownName(
        "file or folder",
        path if not siblings else path.name,
        siblings,
        f"It was looked for in {path.parent.resolve()}.",
    )
