"""The four floors of the package: imports only go down, and the heavy half stays out until it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "explorer"

FLOORS = {
    0: {"errors", "progress", "sealed", "spoken", "content", "dataset", "graph", "probe", "labels"},
    1: {"readers", "embedding", "layout", "detectors", "export"},
    2: {
        "review",
        "pipeline",
        "current",
        "evidence",
        "insight",
        "judging",
        "manifest",
        "status",
        "terminal",
        "api",
        "arguments",
        "home",
        "keeping",
        "sampler",
        "bench",
        "following",
        "lacking",
        "outgoing",
        "mixing",
        "sampling",
        "stopping",
    },
    3: {"panels", "cli", "lab"},
}
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}


def imports(path: Path) -> set[str]:
    """Rooms of the package that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            parts = node.module.split(".")
            if parts[0] == "explorer":
                found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("explorer.")}
    return found


def files() -> list[tuple[str, Path]]:
    """Every file of the package with its room."""
    listed = []
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room != "__init__":
            listed.append((room, path))
    return listed


def test_every_file_has_a_floor() -> None:
    assert {room for room, _ in files()} <= set(FLOOR_OF)


@pytest.mark.parametrize(("room", "path"), files(), ids=lambda v: str(v) if isinstance(v, str) else v.name)
def test_imports_go_down(room: str, path: Path) -> None:
    for other in imports(path) - {room}:
        if other in FLOOR_OF:
            assert FLOOR_OF[other] <= FLOOR_OF[room], f"{path.name} ({room}) imports {other} from a floor above"


def test_the_label_store_stands_alone() -> None:
    for room, path in files():
        if room == "labels":
            assert imports(path) <= {"labels", "errors"}, path


@pytest.mark.parametrize("module", ["explorer", "explorer.labels", "explorer.review.review"])
def test_scripts_import_no_widget_and_no_heavy_library(module: str) -> None:
    heavy = ("ipywidgets", "anywidget", "torch", "umap", "plotly", "sklearn", "faiss", "numba")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_files_fit_in_the_head() -> None:
    long = {str(p.relative_to(PACKAGE)): n for _, p in files() if (n := len(p.read_text().splitlines())) > 560}
    assert not long, f"these files hold two things: {long}"
