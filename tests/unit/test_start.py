"""Starting is quick because it imports little: what it may not import is held here, and no time."""

from __future__ import annotations

import subprocess
import sys

import pytest

import explorer

HEAVY = {"numpy", "pandas", "sqlite3", "importlib.metadata", "typing", "argparse", "re", "logging", "pathlib"}


def imported(code: str) -> set[str]:
    """Return the modules that a Python of its own has imported by running this, beyond those that it starts with."""
    lines = ["import sys", "before = set(sys.modules)", code]
    lines.append("print('modules:', *sorted(set(sys.modules) - before))")
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("modules:")[2].split())


def test_the_package_imports_nothing_heavy() -> None:
    found = imported("import explorer, explorer.errors")
    assert "explorer" in found
    assert not found & HEAVY


def test_the_version_is_read_when_it_is_asked_for() -> None:
    found = imported("import explorer; assert explorer.__version__")
    assert "importlib.metadata" in found
    assert "__version__" in dir(explorer)


@pytest.mark.parametrize("given", [[], ["-h"], ["--help"]])
def test_the_overview_of_the_command_imports_nothing_heavy(given: list[str]) -> None:
    found = imported(
        f"from explorer.cli import main\ntry:\n    assert main({given}) == 0\nexcept SystemExit:\n    pass"
    )
    assert "explorer.cli" in found
    assert not found & HEAVY
