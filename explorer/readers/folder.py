"""A folder with a sub-folder per class → `Dataset`. Pictures, or one text per `.txt` file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd

from explorer.dataset.build import build
from explorer.dataset.dataset import Dataset, SetAside
from explorer.errors import DataError, Option, OutsideRoot, Said, UnknownName
from explorer.media.base import Content, MediaKind
from explorer.media.image import ImageFiles
from explorer.media.text import Texts
from explorer.readers.columns import IMAGE_SUFFIXES
from explorer.readers.options import NO_LABEL, Options
from explorer.readers.probabilities import align
from explorer.tasks.classification import natural
from explorer.utils.text import are, counted, listed, printable

_SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"}
_LITTER = {"__macosx", "thumbs.db", "desktop.ini", "__pycache__"}


class TextFiles(Texts):
    """Texts that stood in files: rows are named by path."""

    def __init__(self, texts: list[str | None], paths: list[str]) -> None:
        super().__init__(texts)
        self.paths = paths

    def name(self, row: int) -> str:
        """Return the path below the folder."""
        return printable(self.paths[row])


def from_folder(path: Path, options: Options) -> Dataset:
    """Read every file below the class folders, in natural order; the class is the first folder below `path`."""
    options.only("a folder", "label features probs key kind classes root split encoding pixel_limit raters votes")
    if options.label is not None and options.label is not False:
        raise DataError(
            Said("{} has no meaning for a folder: the sub-folder is the label.", Option("label")),
            Said("Leave it out; {} says that the sub-folders are no classes.", NO_LABEL),
        )
    if options.key is not None and (not isinstance(options.key, str) or options.key != "path"):
        raise UnknownName("key for a folder", options.key, ["path"])
    base = _part(path.resolve(), options.split)
    root = options.folder(base).resolve()
    if not base.is_relative_to(root):
        raise DataError(f"The folder {str(base)!r} is not inside root={str(root)!r}.", "Give a folder that holds it.")
    labelled = options.label is None
    files, left_out = _files(base, root, loose=not labelled)
    kind = options.kind or _kind(files, base)
    suffixes = IMAGE_SUFFIXES if kind == "image" else (".txt",)
    if kind not in ("image", "text"):
        raise DataError(f"A folder cannot be read as kind {kind!r}.", "Give kind='image' or kind='text'.")
    chosen = [f for f in files if f.lower().endswith(suffixes)]
    labels = [f.split("/", 1)[0] if labelled else None for f in chosen]
    notes = [
        f"each sub-folder is a class ({len(set(labels))}), its {kind} files are the items"
        if labelled
        else f"the {kind} files are the items; none is labelled",
        *left_out,
        *_rest(files, chosen, base, kind, labelled=labelled),
    ]
    aside: list[SetAside] = []
    content: Content
    if kind == "image":
        content = ImageFiles(root, [(base / f).relative_to(root).as_posix() for f in chosen], options.most_pixels)
    else:
        texts, aside = _texts(base, chosen, options.encoding or "utf-8-sig")
        content = TextFiles(texts, chosen)
    classes: Any = options.classes
    probs = None
    if options.probs is not None:
        given = align(options.probs, None, labels, classes)
        probs, classes = given.values, given.classes
    return build(
        content,
        labels,
        keys=chosen if options.key == "path" else None,
        features=options.features,
        probs=probs,
        classes=classes,
        row_index=pd.Index(chosen, name="path", dtype=object),
        label_name="folder",
        source=f"{path.name or str(path)}/",
        set_aside=aside,
        notes=notes,
    )


def _part(base: Path, split: str | None) -> Path:
    """Go into the split's folder; folders that look like splits and not like classes need one."""
    folders = _folders(base)
    if split is not None:
        if split not in folders:
            raise UnknownName("split", split, folders)
        return base / split
    nested = any(p.is_dir() for name in folders for p in (base / name).iterdir())
    if folders and nested and all(name.lower() in _SPLITS for name in folders):
        raise DataError(
            f"The sub-folders of {str(base)!r} look like splits, not classes: {listed(folders)}.",
            f"Say which one to read, such as split={folders[0]!r}.",
        )
    return base


def _files(base: Path, root: Path, *, loose: bool) -> tuple[list[str], list[str]]:
    """List the files below the sub-folders in natural order as paths below `base`, and say what else there is.

    No link may leave `root`. With `loose`, the files that lie directly in the folder belong to them.
    """

    def fail(error: OSError) -> None:
        raise DataError(f"{error.filename}: the folder cannot be read ({error.strerror}).", "Check its permissions.")

    files: list[str] = []
    left, linked = 0, 0
    for place, folders, names in os.walk(base, onerror=fail):
        here = Path(place)
        folders[:] = [name for name in folders if not _hidden(name)]
        for name in list(folders):
            if (here / name).is_symlink():
                _inside(here / name, root)
                linked += 1  # it lies inside the root, so its files are met at their own place
        for name in names:
            if _hidden(name):
                continue
            if here == base and not loose:
                left += 1
                continue
            if (here / name).is_symlink():
                _inside(here / name, root)
            files.append((here / name).relative_to(base).as_posix())
    notes: list[str] = []
    if left:
        notes.append(f"{counted(left, 'file')} directly in the folder {are(left)} in no class: left out")
    if linked:
        notes.append(f"{counted(linked, 'linked folder')} {are(linked)} not followed")
    return sorted(files, key=lambda path: (_natural_path(path), path)), notes


def _inside(link: Path, root: Path) -> None:
    try:
        target = link.resolve()
    except (OSError, RuntimeError):  # links in a circle lead nowhere: the file cannot be read
        return
    if not target.is_relative_to(root):
        raise OutsideRoot(
            f"The link {str(link)!r} leads outside {str(root)!r}.",
            Said("Remove it, or give the folder that holds everything as {}.", Option("root")),
        )


def _kind(files: list[str], base: Path) -> MediaKind:
    images = sum(f.lower().endswith(IMAGE_SUFFIXES) for f in files)
    texts = sum(f.lower().endswith(".txt") for f in files)
    if not images and not texts:
        _nothing(files, base)
    if images and texts and min(images, texts) > 0.1 * max(images, texts):
        raise DataError(
            f"The folder {str(base)!r} holds {counted(images, 'picture')} and {counted(texts, 'text file')}.",
            "Say which are the items: kind='image' or kind='text'.",
        )
    return "image" if images >= texts else "text"


def _nothing(files: list[str], base: Path) -> None:
    """Explain why a folder has no items."""
    direct = [p.name for p in base.iterdir() if p.is_file() and not _hidden(p.name)]
    tables = sorted(name for name in direct if name.lower().endswith((".csv", ".tsv", ".parquet", ".jsonl")))
    if {"state.json", "dataset_info.json", "dataset_dict.json"} & set(direct):
        raise DataError(
            f"The folder {str(base)!r} was written by datasets.save_to_disk.",
            f"Read it with its library: explorer.read(datasets.load_from_disk({str(base)!r})).",
        )
    if len(tables) == 1:
        raise DataError(
            f"The folder {str(base)!r} has no sub-folders with pictures or texts, but the table {tables[0]!r}.",
            f"Read the table: explorer.read({str(base / tables[0])!r}).",
        )
    if tables:
        raise DataError(
            f"The folder {str(base)!r} has no sub-folders with pictures or texts, but {len(tables)} tables: "
            f"{listed(tables)}.",
            "Read one of them; or put them together with pandas.concat, and read that.",
        )
    if direct and not files:
        raise DataError(
            f"The folder {str(base)!r} holds {counted(len(direct), 'file')} but no sub-folders to take classes from.",
            Said(
                "Put the files of each class in a sub-folder of its name, or give a table with paths and labels. If "
                "nothing is labelled, say so with {}.",
                NO_LABEL,
            ),
        )
    if files:
        suffixes = sorted({Path(f).suffix.lower() or "(none)" for f in files})
        raise DataError(
            f"The folder {str(base)!r} holds no pictures and no .txt files, only {listed(suffixes)}.",
            f"Pictures end in {', '.join(IMAGE_SUFFIXES)}.",
        )
    raise DataError(f"The folder {str(base)!r} is empty.", "Check the path.")


def _rest(files: list[str], chosen: list[str], base: Path, kind: str, *, labelled: bool) -> list[str]:
    """Say what in the folder is no item; raises where nothing is one."""
    if not chosen:
        _nothing(files, base)
    notes: list[str] = []
    others = sorted(set(files) - set(chosen))
    if others:
        notes.append(f"{counted(len(others), 'file')} of another kind left out: {listed(others, 3)}")
    filled = {f.split("/", 1)[0] for f in chosen}
    empty = [name for name in _folders(base) if name not in filled]
    if empty and labelled:
        notes.append(f"no {kind} files in {listed(empty)}: no class is made of {'it' if len(empty) == 1 else 'them'}")
    return notes


def _folders(base: Path) -> list[str]:
    return sorted(p.name for p in base.iterdir() if p.is_dir() and not _hidden(p.name))


def _texts(base: Path, files: list[str], encoding: str) -> tuple[list[str | None], list[SetAside]]:
    """Read the texts; a file that cannot be read is set aside."""
    try:
        "".encode(encoding)
    except (LookupError, ValueError) as error:
        raise DataError(f"There is no encoding {encoding!r}.", 'Common ones are "utf-8" and "cp1252".') from error
    texts: list[str | None] = []
    aside: list[SetAside] = []
    for row, name in enumerate(files):
        try:
            texts.append((base / name).read_text(encoding=encoding))
        except UnicodeDecodeError as error:
            texts.append(None)
            aside.append(
                SetAside(
                    row,
                    printable(name),
                    Said("byte {} is not {}; see {}", error.start, encoding.removesuffix("-sig"), Option("encoding")),
                )
            )
        except (UnicodeError, LookupError) as error:
            texts.append(None)
            aside.append(SetAside(row, printable(name), f"is not {encoding} ({error})"))
        except OSError as error:
            texts.append(None)
            aside.append(SetAside(row, printable(name), f"cannot be read ({error.strerror})"))
    return texts, aside


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LITTER


def _natural_path(path: str) -> list[tuple[tuple[int, int, str], ...]]:
    """Sort key: folder by folder, numbers by value."""
    return [natural(piece) for piece in path.split("/")]
