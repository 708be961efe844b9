"""The examples in all docstrings run, and say what is so."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import explorer

ITEMS = Path(__file__).parents[1] / "fixtures" / "sample_v2" / "items.npz"
MODULES = [
    found.name for found in pkgutil.walk_packages(explorer.__path__, "explorer.") if "__main__" not in found.name
]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[explorer.Review]:
    """Review sixty vectors: the `review` that examples speak of."""
    items = np.load(ITEMS)
    dataset = explorer.read(items["x"], label=items["given"], key=[f"k{i:02d}" for i in range(60)])
    made = explorer.Review(dataset, tmp_path_factory.mktemp("docs") / "s.labels.db", rater="ann", k=8)
    made.wait("score", progress=False)
    yield made
    made.close()


@pytest.fixture
def review(reviewed: explorer.Review) -> Iterator[explorer.Review]:
    """Lend it to the examples of one module; what they decide on is taken back, since the scores follow decisions."""
    yield reviewed
    decided = reviewed.dataset.item_ids[reviewed.state.decided()].tolist()
    if decided:
        reviewed.clear(decided)
        reviewed.scores.ready()


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, review: explorer.Review) -> None:
    module = importlib.import_module(name)
    given = {name: value for name, value in {"np": np, "review": review}.items() if not hasattr(module, name)}
    assert not doctest.testmod(module, extraglobs=given, optionflags=OPTIONS).failed
