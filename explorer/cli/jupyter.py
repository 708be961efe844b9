"""Opens JupyterLab on a notebook: the shipped quickstart, or one made for the user's data."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.errors import DataError, MissingExtra

QUICKSTART = "01_quickstart.ipynb"


@dataclass(frozen=True)
class ArrayFile:
    """A .npy file that stands for the array in it; in a notebook's code, how it is loaded."""

    path: str

    def __repr__(self) -> str:
        return f"np.load({str(Path(self.path).resolve())!r})"


def demo(folder: Path, *, browser: bool, port: int | None) -> int:
    """Put the manual's notebooks into `folder` and open the quickstart; returns the server's exit status.

    A notebook that is there already stays as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in shipped():
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)
    return open_lab(folder / QUICKSTART, browser=browser, port=port)


def shipped() -> list[Path]:
    """Find the notebooks that came with the package: inside it, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / QUICKSTART).is_file():
            return sorted(folder.glob("[0-9]*.ipynb"))
    raise DataError("The notebooks did not come with this installation.", "Install the package again.")


def open_lab(notebook: Path, *, browser: bool, port: int | None) -> int:
    """Serve JupyterLab on a notebook until it is stopped; prints the URL where no browser is opened."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtra("Opening JupyterLab", "jupyterlab", "lab")
    notebook = notebook.resolve()
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={notebook.parent}"]
    command.append(f"--LabApp.default_url=/lab/tree/{notebook.name}")
    if port is not None:
        command.append(f"--ServerApp.port={port}")
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # containers: Jupyter refuses root unless told
    print(f"Opening {notebook}", flush=True)
    if not browser:
        print("JupyterLab prints its address below; open it in a browser. Ctrl+C stops the server.", flush=True)
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 0


def write_notebook(path: Path, cells: Sequence[tuple[str, str]]) -> Path:
    """Write a notebook of ("markdown" | "code", source) cells, with the kernel named so that no dialog asks for it."""
    body = {
        "cells": [
            {
                "cell_type": kind,
                "id": f"cell-{number}",
                "metadata": {},
                "source": source,
                **({"execution_count": None, "outputs": []} if kind == "code" else {}),
            }
            for number, (kind, source) in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def review_cells(
    data: Path, read_options: dict[str, object], store: Path | str, command: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the cells of a notebook that reviews one dataset."""
    options = "".join(f", {name}={value!r}" for name, value in read_options.items() if value is not None)
    arrays = any(isinstance(value, ArrayFile) for value in read_options.values())
    imports = "import numpy as np\n\nimport explorer" if arrays else "import explorer"
    return [
        ("markdown", f"# Review of {_verbatim(data.name)}\n\nMade by {_verbatim(shlex.join(command))}. Run all cells."),
        ("code", f"{imports}\n\ndataset = explorer.read({str(data)!r}{options})\ndataset"),
        ("code", f"review = explorer.Review(dataset, store={str(store)!r})\nreview"),
        ("code", "review.issues.head(20)"),
        ("code", f"review.export({f'{data.stem}.corrected.csv'!r})"),
    ]


def _verbatim(text: str) -> str:
    """Quote text for Markdown, on one line and without backticks, so that nothing in it is markup."""
    return f"`{' '.join(text.replace('`', '').split())}`"
