"""The README's code and commands do what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with what the README's examples read, some of it mislabelled."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    digits = load_digits(n_class=2)
    names = np.array(["boot", "sneaker"])[digits.target]
    names[:6] = np.where(names[:6] == "boot", "sneaker", "boot")
    for number, (image, name) in enumerate(zip(digits.images[:120], names, strict=False)):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * 255 / 16).astype("uint8")).save(folder / f"{number:03d}.png")
    words = (("great", "good"), ("dull", "bad"))
    rows = [f"a {word} film {n},{label},{label},{label},lab {n % 2}" for n in range(40) for word, label in words]
    (tmp_path / "data.csv").write_text("text,label,ann,bob,source\n" + "\n".join(rows) + "\n")
    return tmp_path


def test_the_code_runs_as_it_stands(work: Path) -> None:
    digits = load_digits()
    space: dict[str, Any] = {"X": digits.data / 16, "y": digits.target, "P": None}
    for block in BLOCKS:
        exec(block, space)
    assert (work / "photos.labels.db").is_file()
    assert len(space["review"].labels.log()) == 1
    assert (work / "corrected.parquet").is_file()
    assert "is_label_issue" in space["table"]
    assert space["rated"].raters.names == ("ann", "bob", "says_great")


def test_the_commands_run_as_they_stand(work: Path) -> None:
    from explorer import cli

    commands = [shlex.split(line, comments=True)[1:] for line in re.findall(r"(?m)^    (explorer .*)$", README)]
    assert [command[0] for command in commands] == ["review", "log", "export", "issues", "issues"]
    status = [cli.main([*command, *(["--print", "3"] if command[0] == "review" else [])]) for command in commands]
    assert status[:3] == [0, 0, 0]
    assert status[3] in (0, 1), "1 is an answer: too many labels are wrong"
    assert status[4] == 0
    assert len((work / "corrected.csv").read_text().splitlines()) == 81


def test_it_is_short_and_shows_the_explorer_in_both_themes() -> None:
    assert len(README.splitlines()) <= 170
    for theme in ("light", "dark"):
        assert f"notebooks/pictures/explorer-{theme}.webp" in README
