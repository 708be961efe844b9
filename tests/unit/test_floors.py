"""How the package is laid out: imports only go down, no files in a circle, nobody reaches into another's class.

Imports inside functions and for type checking count like all others. A name that a package's face (`__init__`) hands
on counts as an import of the file that defines it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "explorer"

FLOORS = {
    0: {
        *("errors", "progress", "utils", "engine", "media", "tasks", "dataset", "graph", "probe", "labels"),
        *("consensus", "training"),
    },
    1: {"readers", "embedding", "layout", "estimates", "detectors", "export", "reports", "cues", "language_models"},
    2: {"pipeline", "review", "bench"},
    3: {"panels", "cli"},
}
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
LOOSE = {"__init__.py", "__main__.py", "errors.py", "progress.py"}

LABELS = ("display", "model", "storage", "head", "working_copy", "history", "changes")
"""Inside the label store, from the ground up; `store.py` and the package's face stand above all."""

HANDED_ON = {"_replace", "_asdict", "_fields", "_make", "_repr_mimebundle_", "_repr_html_", "_display_"}
"""Names with an underscore that are public by the convention of Python, IPython or marimo."""

SOURCE_LINES, TEST_LINES, HOUSE_FLOORS = 400, 500, 10


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Dotted name of a file of the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in sources()}


@cache
def handed_on(face: str) -> dict[str, str]:
    """By name that a package's face imports: the module that it comes from."""
    found = {}
    for node in ast.walk(tree(FILES[face])):
        if isinstance(node, ast.ImportFrom) and node.module == face:
            found.update({alias.asname or alias.name: f"{face}.{alias.name}" for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and node.module in FILES:
            found.update({alias.asname or alias.name: home(node.module, alias.name) for alias in node.names})
    return found


def home(module: str, name: str) -> str:
    """Return the module that `from module import name` comes from in the end."""
    if FILES[module].name == "__init__.py":
        given = handed_on(module) if FILES[module] != PACKAGE / "__init__.py" else {}
        if name in given:
            return given[name]
        if f"{module}.{name}" in FILES:
            return f"{module}.{name}"
    return module


def imports(path: Path) -> set[str]:
    """Modules of the package that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in FILES:
            # `__version__` and `__doc__` say what the package is; they bring nothing along.
            found |= {home(node.module, alias.name) for alias in node.names if not alias.name.startswith("__")}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in FILES}
    return found - {name_of(path)}


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "explorer"


GRAPH = {name: imports(path) for name, path in FILES.items()}
ROOMS = {
    here: {room(other) for name, others in GRAPH.items() if room(name) == here for other in others} - {here}
    for here in {room(name) for name in FILES} - {"explorer"}
}


def test_nothing_lies_loose() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} <= LOOSE
    assert set(ROOMS) == set(FLOOR_OF) - (FLOOR_OF.keys() - ROOMS.keys())
    assert set(ROOMS) <= set(FLOOR_OF)


@pytest.mark.parametrize("here", sorted(ROOMS))
def test_imports_go_down(here: str) -> None:
    for other in sorted(ROOMS[here]):
        # The package's face hands on the best of all rooms: whoever stands inside takes it where it lies.
        assert other != "explorer", f"{here} imports the package's face"
        assert FLOOR_OF[other] <= FLOOR_OF[here], f"{here} imports {other} from a floor above"


def test_no_files_stand_in_a_circle() -> None:
    try:
        tuple(TopologicalSorter(GRAPH).static_order())
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


def test_the_house_has_few_floors() -> None:
    height: dict[str, int] = {}
    for here in TopologicalSorter(ROOMS).static_order():
        height[here] = 1 + max((height[other] for other in ROOMS[here]), default=0)
    assert max(height.values()) <= HOUSE_FLOORS, height


def test_the_label_store_stands_alone() -> None:
    assert ROOMS["labels"] <= {"errors"}


def test_the_label_store_is_built_in_floors() -> None:
    def floor(module: str) -> int:
        part = module.split(".")[2] if module.count(".") > 1 else ""
        return LABELS.index(part) if part in LABELS else len(LABELS)

    for name in (name for name in FILES if room(name) == "labels" and FILES[name].name != "__init__.py"):
        for other in GRAPH[name]:
            if room(other) == "labels":
                assert floor(other) <= floor(name), f"{name} imports {other}"


@pytest.mark.parametrize("module", ["explorer", "explorer.labels", "explorer.review"])
def test_scripts_import_no_widget_and_no_heavy_library(module: str) -> None:
    heavy = ("ipywidgets", "anywidget", "torch", "umap", "plotly", "sklearn", "faiss", "numba")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# What a class may know of another ------------------------------------------------------------------------------------


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in HANDED_ON


def classes(module: ast.Module) -> list[ast.ClassDef]:
    return [node for node in ast.walk(module) if isinstance(node, ast.ClassDef)]


def own(cls: ast.ClassDef) -> set[str]:
    """Private names that a class defines: its methods, fields, and what its methods set on themselves."""
    found = {item.name for item in cls.body if isinstance(item, ast.FunctionDef)}
    for node in ast.walk(cls):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            found.add(node.attr)
        if isinstance(node, (ast.AnnAssign, ast.Assign)):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in found if private(name)}


def reaches(path: Path) -> list[str]:
    """Private attributes that a file takes from something else than `self`, where its own classes have none such."""
    module = tree(path)
    mine = set().union(*map(own, classes(module)), set())
    libraries = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module not in FILES)
        for alias in node.names
    }
    found = []
    for node in ast.walk(module):
        if not (isinstance(node, ast.Attribute) and private(node.attr)):
            continue
        root = node.value
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            continue
        if isinstance(root, ast.Name) and root.id in libraries:
            continue
        if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id == "super":
            continue
        if node.attr not in mine:
            found.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_class_reaches_into_another(path: Path) -> None:
    assert not reaches(path)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_private_name_is_imported(path: Path) -> None:
    taken = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module in FILES
        for alias in node.names
        if private(alias.name)
    ]
    assert not taken


def test_no_mixin_holds_state() -> None:
    """Of the classes of ours that a class inherits from, at most one sets attributes on itself."""
    known = {cls.name: cls for path in sources() for cls in classes(tree(path))}

    def holds(cls: ast.ClassDef) -> bool:
        sets = any(
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
            for node in ast.walk(cls)
        )
        return sets or any(holds(known[base]) for base in bases(cls))

    def bases(cls: ast.ClassDef) -> list[str]:
        names = [ast.unparse(base).split("[")[0].split(".")[-1] for base in cls.bases]
        return [name for name in names if name in known and name != cls.name]

    for cls in known.values():
        assert len([base for base in bases(cls) if holds(known[base])]) <= 1, f"{cls.name} is a tower of mixins"


# Files that fit in the head -------------------------------------------------------------------------------------------


def long(paths: list[Path], limit: int) -> dict[str, int]:
    counted = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return {name: count for name, count in counted.items() if count > limit}


def test_files_fit_in_the_head() -> None:
    assert not long(sources(), SOURCE_LINES), "these files hold two things"


def test_test_files_fit_in_the_head() -> None:
    assert not long(sorted((ROOT / "tests").rglob("*.py")), TEST_LINES), "these files test two things"
