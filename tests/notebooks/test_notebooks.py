"""Every notebook runs from top to bottom, in a fresh kernel, and says what it promises."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def text_of(notebook: Any) -> str:
    """All printed text and plain results of a notebook."""
    parts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            parts.append(output.get("text", ""))
            parts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(parts)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Execute a notebook in an empty folder with an empty cache."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))

    def execute(name: str) -> Any:
        notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
        work = tmp_path / "work"
        work.mkdir()
        NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": work}}).execute()
        return notebook, work

    return execute


def test_there_are_no_other_notebooks() -> None:
    names = {"01_quickstart.ipynb", "02_your_own_data.ipynb", "03_label_store.ipynb"}
    assert {p.name for p in NOTEBOOKS.glob("*.ipynb")} == names


def test_quickstart_finds_the_planted_flips(run: Any) -> None:
    notebook, work = run("01_quickstart.ipynb")
    text = text_of(notebook)
    mean = re.search(r"mean ([\d.]+)%", text)
    assert mean, text
    assert float(mean[1]) >= 90, "mean share of planted flips in the top 5 % over five draws"
    assert (work / "quickstart.labels.db").is_file()
    assert "digit-" in (work / "quickstart.corrected.csv").read_text()


def test_quickstart_can_be_run_again_on_its_own_store(run: Any, tmp_path: Path) -> None:
    _, work = run("01_quickstart.ipynb")
    notebook = nbformat.read(NOTEBOOKS / "01_quickstart.ipynb", as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": work}}).execute()
    assert "planted flips" in text_of(notebook)


def test_your_own_data_reads_every_kind(run: Any) -> None:
    notebook, _ = run("02_your_own_data.ipynb")
    text = text_of(notebook)
    assert "broken.png" in text
    assert "Did you mean 'label'?" in text
    for kind in ("image", "text", "table", "vector"):
        assert re.search(rf"Dataset\([\d,]+ {kind} items", text), kind


def test_label_store_walks_through_versions(run: Any) -> None:
    notebook, work = run("03_label_store.ipynb")
    text = text_of(notebook)
    assert "3 taken, 0 the same on both sides, 1 in conflict" in text
    shares = {
        name: float(share) for name, share in re.findall(r"(base|v1|head): ([\d.]+)% of the labels are right", text)
    }
    assert shares["base"] == 95.0
    assert shares["base"] < shares["v1"] < shares["head"]
    assert "all as written" in text
    assert "ben said so" in text
    rows = (work / "labels-v1.csv").read_text().splitlines()
    assert len(rows) == 601
    assert sum(",relabelled," in row for row in rows) == 5, "what came after v1 is not in it"


@pytest.mark.parametrize("label", ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>"])
def test_markup_in_labels_stays_text_in_exported_html(tmp_path: Path, label: str) -> None:
    from nbconvert import HTMLExporter

    source = f"""
import numpy as np, explorer
vectors = np.random.default_rng(0).normal(size=(30, 3)).astype("float32")
dataset = explorer.read(vectors, label=[{label!r}, "good"] * 15)
review = explorer.Review(dataset, store="s.labels.db")
review.relabel(0, "good", why={label!r})
display(review.issues.head(), review.labels.log(), review.corrected(), dataset)
review"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    for cell in notebook.cells:
        cell.source = ""  # what the person typed is theirs; here it is about what came from the data
    body, _ = HTMLExporter().from_notebook_node(notebook)
    assert label not in body
    assert label.replace("<", "&lt;").replace(">", "&gt;") in body
