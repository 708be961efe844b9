"""The sets: one that comes with scikit-learn, those in the folder that EXPLORER_DATA names, and the user's own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError, MissingExtra, UnknownName
from explorer.readers.arrays import array_of_file
from explorer.tasks.classification import check_probs, encode_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

SETS = ("digits", "ag_news", "sst2", "cifar10n")

FOLDS = 5

ROUNDS = 300
"""Most iterations of logistic regression."""


@dataclass(frozen=True, eq=False)
class Known:
    """Items of which the true labels are known.

    Attributes
    ----------
    name
        What it is called.
    vectors
        float32 [N, D].
    truth
        int32 [N].
    n_classes
        K.
    labels
        int32 [N]: labels with errors of their own; `None` where errors are to be planted.
    probs
        float32 [N, K]: held-out probabilities that come with `labels`, or `None`.
    freedom
        Inverse weight of the penalty of logistic regression.
    """

    name: str
    vectors: NDArray[np.float32]
    truth: NDArray[np.int32]
    n_classes: int
    labels: NDArray[np.int32] | None = None
    probs: NDArray[np.float32] | None = None
    freedom: float = 1.0

    def held_out(self, labels: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return held-out probabilities float32 [N, K] under a model of some labels."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        few = int(np.bincount(labels)[np.unique(labels)].min())
        folds = StratifiedKFold(max(2, min(FOLDS, few)), shuffle=True, random_state=0)
        model = LogisticRegression(C=self.freedom, max_iter=ROUNDS)
        found = cross_val_predict(model, self.vectors, labels, cv=folds, method="predict_proba")
        probs = np.zeros((len(labels), self.n_classes), dtype=np.float32)
        probs[:, np.unique(labels)] = found
        return probs


def load(name: str) -> Iterator[Known]:
    """Load one of `SETS`; CIFAR-10N is two, with the probabilities of two models.

    Raises
    ------
    UnknownName
        No such set.
    DataError
        Its files are not in the folder that EXPLORER_DATA names.
    """
    if name not in SETS:
        raise UnknownName("set", name, SETS, "Add one of your own with name=folder.")
    if name == "digits":
        from sklearn.datasets import load_digits

        digits = load_digits()
        x = digits.data / 16
        yield Known(name, (x - x.mean(axis=0)).astype(np.float32), digits.target.astype(np.int32), 10)
    elif name == "cifar10n":
        yield from _cifar10n()
    else:
        yield _texts(name)


def own(name: str, place: str | Path) -> Known:
    """Load a set of the user's own.

    Parameters
    ----------
    place
        A folder with `features.npy` float [N, D] and `labels.npy` [N]. With `true.npy` too, the errors are those of
        `labels`, and `probs.npy` [N, K] may hold held-out probabilities (columns in the natural order of the classes);
        without it `labels` are taken for true, and errors are planted.

        Instead, whatever `explorer.read` takes (a folder of pictures, a CSV …), a folder that Hugging Face's
        `save_to_disk` wrote, or "hf:" and a name on their hub: it is embedded, and errors are planted in its labels.

    Raises
    ------
    DataError
        Files that are missing, of different lengths, or no numbers.
    """
    if str(place).startswith("hf:"):
        return _embedded(name, _hugging_face(str(place).removeprefix("hf:")))
    folder = Path(place).expanduser()
    if not folder.exists():
        raise DataError(f"There is no folder {str(folder)!r} for the set {name!r}.", "Check the path.")
    if any((folder / file).is_file() for file in ("dataset_info.json", "dataset_dict.json")):
        return _embedded(name, _hugging_face(str(folder)))
    if not (folder / "features.npy").is_file():
        return _embedded(name, folder)
    files = {part: folder / f"{part}.npy" for part in ("features", "labels", "true", "probs")}
    found = {part: array_of_file(file) if file.is_file() else None for part, file in files.items()}
    features, given, true = found["features"], found["labels"], found["true"]
    if given is None:
        raise DataError(f"The set {name!r} has no labels.", f"Put labels.npy into {folder}.")
    if features is None or features.ndim != 2 or features.dtype.kind not in "fiu":
        raise DataError(f"The features of the set {name!r} are no numbers [N, D].", "Write them with numpy.save.")
    _, names, _ = encode_labels([*given.tolist(), *([] if true is None else true.tolist())])
    labels, truth = (_codes(name, part, len(features), names) for part in (given, given if true is None else true))
    probs = None
    if true is not None and found["probs"] is not None:
        probs = check_probs(found["probs"], len(features), names)
    vectors = features.astype(np.float32)
    if not np.isfinite(vectors).all():
        raise DataError(f"The features of the set {name!r} hold NaN or infinite values.", "Leave these rows out.")
    return Known(name, vectors, truth, len(names), labels=None if true is None else labels, probs=probs)


def _embedded(name: str, source: Any) -> Known:
    from explorer.embedding import embed
    from explorer.readers.dispatch import read

    dataset = read(source)
    embedding = embed(dataset)
    kept = dataset.given >= 0
    kept[list(embedding.failed)] = False
    if not kept.any():
        raise DataError(f"The set {name!r} has no item with a label.", "Nothing is known of its truth.")
    used, truth = np.unique(dataset.given[kept], return_inverse=True)
    return Known(name, embedding.vectors[kept], np.asarray(truth, dtype=np.int32), len(used))


def _hugging_face(place: str) -> Any:
    """Load a Hugging Face dataset from a folder that `save_to_disk` wrote, or by its name from the hub."""
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra("A Hugging Face dataset", "datasets", "huggingface") from error
    found = datasets.load_from_disk(place) if Path(place).is_dir() else datasets.load_dataset(place)
    if isinstance(found, dict):  # of its parts the one to learn from, else the first
        found = found.get("train", next(iter(found.values())))
    return found


def _codes(name: str, values: NDArray[Any], n: int, names: tuple[str, ...]) -> NDArray[np.int32]:
    if values.shape != (n,):
        raise DataError(f"The set {name!r} has {n:,} rows of features and labels of the shape {values.shape}.")
    codes, _, _ = encode_labels(values.tolist(), names)
    if (codes < 0).any():
        raise DataError(f"The set {name!r} has items without a label.", "Leave them out: nothing is known of them.")
    return codes


def _data(*files: str) -> Path:
    """Return the folder with the reference data, if the files are there."""
    where = os.environ.get("EXPLORER_DATA")
    if where is None:
        raise DataError(f"{files[0]} is looked for in a folder.", "Point the variable EXPLORER_DATA at it.")
    for file in files:
        if not (Path(where) / file).is_file():
            raise DataError(f"There is no {file} in {where}.", "Point the variable EXPLORER_DATA at its folder.")
    return Path(where)


def _texts(name: str) -> Known:
    import pandas as pd

    folder = _data(f"{name}.csv", "text_minilm_vectors.npz")
    names = pd.read_csv(folder / f"{name}.csv")["label"]
    codes = np.asarray(names.astype("category").cat.codes, dtype=np.int32)
    with np.load(folder / "text_minilm_vectors.npz") as arrays:
        return Known(name, arrays[name].astype(np.float32), codes, int(codes.max()) + 1, freedom=10)


def _cifar10n() -> Iterator[Known]:
    import pandas as pd

    folder = _data("cifar10n.parquet", "cifar10n_aggregate_vectors.npz")
    frame = pd.read_parquet(folder / "cifar10n.parquet", columns=["clean", "aggregate"])
    classes = sorted(frame["clean"].unique())
    labels, truth = (
        np.asarray(pd.Categorical(frame[c], classes).codes, dtype=np.int32) for c in ("aggregate", "clean")
    )
    with np.load(folder / "cifar10n_aggregate_vectors.npz") as arrays:
        vectors = arrays["features"].astype(np.float32)
        for model in ("resnet18", "swin"):
            probs = arrays[f"oof_probs_{model}"].astype(np.float32)
            probs /= probs.sum(axis=1, keepdims=True)
            yield Known(f"cifar10n {model}", vectors, truth, len(classes), labels, probs)
