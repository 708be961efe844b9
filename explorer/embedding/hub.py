"""Finding a pretrained model: a local folder, or a Hugging Face id; and refusing weights that are not safetensors."""

from __future__ import annotations

import functools
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from explorer.errors import DataError

_UNSAFE = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")


@dataclass(frozen=True)
class Located:
    """Where a model is.

    Attributes
    ----------
    name
        For people and for the cache: the id, or the last two parts of the folder's path.
    source
        A folder or an id that the model's library can load.
    revision
        What exactly it is: the commit, or a hash of the folder's files.
    """

    name: str
    source: str
    revision: str
    is_folder: bool


def locate(model: str, revision: str | None, remedy: str, needs: tuple[str, ...] = ("config.json",)) -> Located:
    """Find a model before anything of it is loaded.

    A folder is taken as it is; so is a complete snapshot in the local Hugging Face cache, without asking the network
    (pass another `revision` to get a newer one). Else the hub is asked for the commit and the list of files.

    Parameters
    ----------
    model
        A folder, or an id on the Hugging Face hub.
    revision
        Commit, branch or tag on the hub.
    remedy
        What to do instead if it cannot be had, for the error.
    needs
        Files that a model of this family has, its configuration first.

    Raises
    ------
    DataError
        No such folder or id, no network, or only pickled weights.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        _check_folder(folder, needs[0])
        folder = folder.resolve()
        return Located("/".join(folder.parts[-2:]), str(folder), _hash_folder(folder), is_folder=True)
    if folder.is_absolute() or model.startswith((".", "~")) or model.count("/") > 1:
        raise DataError(f"There is no folder {model!r}.", f"Give the folder of a model, {remedy}")
    snapshot = cached_snapshot(model, revision, needs)
    if snapshot is not None:
        return Located(model, str(snapshot), snapshot.name, is_folder=True)
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    failures: tuple[type[Exception], ...] = (HFValidationError, HfHubHTTPError, OSError, *_network_errors())
    try:
        info = HfApi().model_info(model, revision=revision, timeout=15)
    except failures as error:
        unreachable(model, error, remedy)
    files = [file.rfilename for file in info.siblings or []]
    if not any(name.endswith(".safetensors") for name in files) and any(name.endswith(_UNSAFE) for name in files):
        _refuse_pickle(model, None)
    return Located(model, model, str(info.sha), is_folder=False)


def cached_snapshot(model: str, revision: str | None, needs: tuple[str, ...]) -> Path | None:
    """Return the folder of a complete snapshot with safe weights in the local Hugging Face cache, or `None`."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = [try_to_load_from_cache(model, name, revision=revision) for name in needs]
    except HFValidationError:
        return None  # no possible id; the hub's own words follow when it is asked
    if not all(isinstance(path, str) for path in found):
        return None
    folder = Path(str(found[0])).parent
    # Weights in several files may be there in part; then the library finds out what is missing.
    whole = any(folder.glob("*.safetensors")) and not any(folder.glob("*.safetensors.index.json"))
    return folder if whole else None


def _network_errors() -> tuple[type[Exception], ...]:
    """Return the errors of the transport that the hub's package has loaded; in newer versions they are no `OSError`."""
    loaded = (sys.modules.get(name) for name in ("httpx", "httpx2"))
    return tuple(module.HTTPError for module in loaded if module is not None)


def unreachable(model: str, error: BaseException, remedy: str) -> NoReturn:
    """Raise the error for a model that cannot be had or cannot be loaded, by what the library said."""
    text = " ".join(str(error).split())
    if "safetensors" in text and ("bin" in text or "does not appear to have" in text or "no file named" in text):
        _refuse_pickle(model, error)
    kind = type(error).__name__
    if kind in ("RepositoryNotFoundError", "HFValidationError", "GatedRepoError", "RevisionNotFoundError"):
        raise DataError(
            f"The model {model!r} is not on the Hugging Face hub, or is not public ({kind}).",
            f"Check the name, give the folder of a model, {remedy}",
        ) from error
    raise DataError(
        f"The model {model!r} cannot be had: it is not in the local cache and the hub does not answer "
        f"({kind}: {text[:160]}).",
        f"Connect to the network once, give the folder of a model, {remedy}",
    ) from error


def _check_folder(folder: Path, config: str) -> None:
    if not (folder / config).is_file():
        raise DataError(f"The folder {str(folder)!r} holds no model: {config} is missing.", "Give a model's folder.")
    if not any(folder.rglob("*.safetensors")):
        if any(path.suffix in _UNSAFE for path in folder.rglob("*")):
            _refuse_pickle(str(folder), None)
        raise DataError(f"The folder {str(folder)!r} holds no weights (*.safetensors).", "Download it completely.")


def _refuse_pickle(model: str, error: BaseException | None) -> NoReturn:
    raise DataError(
        f"The model {model!r} has no weights in safetensors, only in a format that can run code when it is loaded.",
        "Take a revision or a model with *.safetensors, or convert it where you trust it: "
        "model.save_pretrained(folder, safe_serialization=True).",
    ) from error


def _hash_folder(folder: Path) -> str:
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".safetensors", ".json", ".txt", ".model"))
    stamp = tuple((str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in files if p.is_file())
    return _hash_files(stamp, str(folder))


@functools.lru_cache(maxsize=16)
def _hash_files(stamp: tuple[tuple[str, int, int], ...], folder: str) -> str:
    """Hash names and contents; the stamp (size and time) makes a changed file a new question."""
    sha = hashlib.sha256()
    for name, _, _ in stamp:
        sha.update(str(Path(name).relative_to(folder)).encode() + b"\n")
        with Path(name).open("rb") as file:
            sha.update(hashlib.file_digest(file, "sha256").digest())
    return sha.hexdigest()[:40]
