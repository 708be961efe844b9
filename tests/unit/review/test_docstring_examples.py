"""The examples in the docstrings of a review and its parts say what is so."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer import reports, review

KEPT = Path(__file__).parents[2] / "fixtures" / "sample_v2" / "items.npz"
MODULES = [
    name
    for package in (review, reports)
    for _, name, _ in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory):
    items = np.load(KEPT)
    dataset = explorer.read(items["x"], label=items["given"], key=[f"k{i:02d}" for i in range(60)])
    made = explorer.Review(dataset, tmp_path_factory.mktemp("docs") / "s.labels.db", rater="ann", k=8)
    made.wait("score", progress=False)
    yield made
    made.close()


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, reviewed):
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    found = doctest.testmod(importlib.import_module(name), extraglobs={"review": reviewed}, optionflags=options)
    assert not found.failed
