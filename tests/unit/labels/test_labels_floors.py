"""How the files of the label store may know each other: downwards only, and never in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from explorer import labels

ROOM = "explorer.labels"
FLOORS = {
    "display": 0,
    "model": 1,
    "storage": 2,
    "head": 3,
    "working_copy": 4,
    "history": 5,
    "changes": 6,
    "vote_writer": 7,
    "store": 8,
    "__init__": 9,
}
"""The floor of each file and folder of the room."""
OUTSIDE = {"explorer.errors"}
"""All that the room may know of the rest of the package."""


def files() -> dict[str, Path]:
    """The files of the room by module name."""
    folder = Path(labels.__file__).parent
    found = {}
    for path in folder.rglob("*.py"):
        parts = [ROOM, *path.relative_to(folder).with_suffix("").parts]
        found[".".join(parts)] = path
    return found


FILES = files()


def imported(path: Path) -> Iterator[str]:
    """The modules of this package that a file imports, also inside functions and for type checking only."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("explorer"))
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            if (node.module or "").startswith("explorer"):
                whole = [f"{node.module}.{alias.name}" for alias in node.names]
                yield from {name if name in FILES else str(node.module) for name in whole}


def floor(module: str) -> int:
    """The floor of a module of the room."""
    return FLOORS[module.removeprefix(f"{ROOM}.").split(".")[0]]


@pytest.mark.parametrize("module", FILES)
def test_a_file_knows_what_is_below_it_only(module: str) -> None:
    for other in imported(FILES[module]):
        if other in FILES:
            assert floor(other) <= floor(module), f"{module} imports {other}, which stands above it"
        else:
            assert other in OUTSIDE, f"{module} imports {other}, which is outside of the room"


def test_no_files_know_each_other_in_a_circle() -> None:
    graph = {module: {other for other in imported(path) if other in FILES} for module, path in FILES.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("module", FILES)
def test_no_private_name_of_another_file_or_object_is_used(module: str) -> None:
    for node in ast.walk(ast.parse(FILES[module].read_text())):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            assert own, f"{module}:{node.lineno} reaches for {ast.unparse(node)}"
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("explorer"):
            assert not [alias.name for alias in node.names if alias.name.startswith("_")], f"{module}:{node.lineno}"
