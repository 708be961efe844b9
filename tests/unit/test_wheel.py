"""The wheel carries the built bundle and the quickstart, and nothing that people do not need."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Build a wheel from a copy without any built file, as `pip install` from a checkout does; name → size."""
    work = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns("node_modules", "static", ".venv", ".git", "test-results", "__pycache__", "tests")
    shutil.copytree(REPO, work / "source", ignore=ignored)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", work, work / "source"]
    subprocess.run(command, check=True)
    with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
        return {info.filename: info.file_size for info in wheel.infolist()}


def test_the_bundle_is_inside(names: dict[str, int]) -> None:
    assert names["explorer/static/widget.js"] > 100_000
    assert names["explorer/static/widget.css"] > 1_000


def test_the_quickstart_is_inside(names: dict[str, int]) -> None:
    assert "explorer/notebooks/01_quickstart.ipynb" in names
    shipped = {name.removeprefix("explorer/") for name in names if name.startswith("explorer/notebooks/")}
    manual = [*(REPO / "notebooks").glob("*.ipynb"), *(REPO / "notebooks").glob("pictures/*.webp")]
    assert shipped == {str(path.relative_to(REPO)) for path in manual}
    assert "explorer/py.typed" in names


def test_the_methods_pages_are_inside(names: dict[str, int]) -> None:
    pages = {path.name for path in (REPO / "explorer" / "detectors" / "pages").glob("*.md")}
    assert "p_error.md" in pages
    assert {f"explorer/detectors/pages/{name}" for name in pages} <= set(names)


def test_sources_of_the_widgets_are_not(names: dict[str, int]) -> None:
    assert not [name for name in names if name.endswith(".ts") or "node_modules" in name]


def test_no_file_names_a_package_registry() -> None:
    hosts = ["registry.npmjs" + ".org", "files.pythonhosted" + ".org"]
    listed = subprocess.run(["git", "ls-files"], cwd=REPO, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        path = REPO / name
        if path.is_file() and path.suffix not in {".png", ".webp", ".db", ".npz"}:
            text = path.read_text(encoding="utf-8")
            assert not [host for host in hosts if host in text], name
