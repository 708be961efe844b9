"""Opens JupyterLab on a notebook: the shipped quickstart, or one made for the user's data."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.errors import DataError, MissingExtra

QUICKSTART = "01_quickstart.ipynb"


@dataclass(frozen=True)
class ArrayFile:
    """A .npy file that stands for the array in it; in a notebook's code, how it is loaded."""

    path: str

    def __repr__(self) -> str:
        return f"np.load({str(Path(self.path).resolve())!r})"


def demo(folder: Path, *, browser: bool, port: int | None) -> int:
    """Put the manual into `folder` and open the quickstart; returns the server's exit status.

    A file that is there already stays as it is.
    """
    source = shipped()
    for part in [*source.glob("[0-9]*.ipynb"), *source.glob("pictures/*.webp")]:
        target = folder / part.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copyfile(part, target)
    return open_lab(folder / QUICKSTART, browser=browser, port=port)


def shipped() -> Path:
    """Find the manual that came with the package, notebooks and pictures: inside it, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / QUICKSTART).is_file():
            return folder
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


class ReviewNotebook:
    """The notebook that reviews one dataset: made where there is none, else opened as it is.

    Parameters
    ----------
    data
        The dataset's absolute path.
    options
        What `explorer.read` is told.
    store
        The label store.
    command
        What was typed.
    names
        What `explorer.Review` is told of class names.
    """

    def __init__(
        self,
        data: Path,
        options: dict[str, Any],
        store: Path | str,
        command: Sequence[str],
        names: str | bool = "auto",
    ) -> None:
        self._data = data
        said = "".join(f", {name}={value!r}" for name, value in options.items() if value is not None)
        arrays = any(isinstance(value, ArrayFile) for value in options.values())
        self._imports = "import numpy as np\n\nimport explorer" if arrays else "import explorer"
        self._read = f"dataset = explorer.read({str(data)!r}{said})"
        more = "" if names == "auto" else f", names={names!r}"
        self._review = f"review = explorer.Review(dataset, store={str(store)!r}{more})"
        self._command = shlex.join(command)

    def beside(self, name: str) -> Path:
        """Return NAME.review.ipynb in this folder, or NAME-2.review.ipynb and so on where that is another dataset's."""
        for number in itertools.count(1):
            base = name if number == 1 else f"{name}-{number}"
            path = Path(f"{base}.review.ipynb")
            if not path.exists():
                return self._make(path, base)
            if self._mine(path):
                return self._found(path)
            print(f"{path} is kept: it reviews another dataset.", file=sys.stderr)
        raise AssertionError("unreachable")

    def at(self, path: Path) -> Path:
        """Return a notebook of the user's choice; `DataError` if it is another dataset's."""
        if not path.exists():
            return self._make(path, path.name.removesuffix(".ipynb").removesuffix(".review"))
        if not self._mine(path):
            raise DataError(
                f"The notebook {str(path)!r} exists and reviews another dataset.",
                "Name a new one with --notebook.",
            )
        return self._found(path)

    def _make(self, path: Path, base: str) -> Path:
        title = f"# Review of {_verbatim(self._data.name)}\n\nMade by {_verbatim(self._command)}. Run all cells."
        cells = [
            ("markdown", title),
            ("code", f"{self._imports}\n\n{self._read}\ndataset"),
            ("code", f"{self._review}\nreview"),
            ("code", "review.issues.head(20)"),
            ("code", f"review.export({f'{base}.corrected.csv'!r})"),
        ]
        return write_notebook(path, cells)

    def _found(self, path: Path) -> Path:
        """Say where a notebook that exists does other things than it would if it were made now."""
        sources = "\n".join(code_in(path))
        if self._read not in sources or self._review not in sources:
            print(
                f"{path} exists and is opened as it is: it does not read the data and the store as this command says. "
                "--notebook NAME makes another.",
                file=sys.stderr,
            )
        return path

    def _mine(self, path: Path) -> bool:
        """Say whether a notebook reads this dataset, or nothing by its path."""
        read = {Path(path.parent, given).resolve() for given in paths_read(path)}
        return not read or self._data in read


def write_notebook(path: Path, cells: Sequence[tuple[str, str]]) -> Path:
    """Write a notebook of ("markdown" | "code", source) cells, with the kernel named so that no dialog asks for it."""
    format_of = _nbformat()
    make = {"markdown": format_of.v4.new_markdown_cell, "code": format_of.v4.new_code_cell}
    notebook = format_of.v4.new_notebook(
        cells=[make[kind](source, id=f"cell-{number}") for number, (kind, source) in enumerate(cells)],
        metadata={
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )
    path.write_text(format_of.writes(notebook, version=4) + "\n", encoding="utf-8")
    return path


def code_in(path: Path) -> list[str]:
    """Return the code of a notebook's cells; `DataError` for a file that is no notebook."""
    try:
        notebook = _nbformat().read(path, as_version=4)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise DataError(
            f"{path} exists and is no notebook that can be read.", "Name another one with --notebook."
        ) from error
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def paths_read(path: Path) -> list[str]:
    """Return the paths that a notebook gives to `explorer.read`, as far as they stand there as text."""
    found = []
    for source in code_in(path):
        try:
            tree = ast.parse(source)
        except SyntaxError:  # a magic, or something unfinished
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("explorer.read", "read") and node.args:
                given = node.args[0]
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    found.append(given.value)
    return found


def _nbformat() -> Any:
    try:
        import nbformat
    except ImportError as error:
        raise MissingExtra("Making a notebook", "nbformat", "lab") from error
    return nbformat


def _verbatim(text: str) -> str:
    """Quote text for Markdown, on one line and without backticks, so that nothing in it is markup."""
    return f"`{' '.join(text.replace('`', '').split())}`"
