"""The examples in the docstrings of what reads and holds data run as they are written."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import explorer

ROOMS = ("media", "tasks", "dataset", "readers", "layout", "embedding")


def modules() -> list[str]:
    found = []
    for room in ROOMS:
        package = importlib.import_module(f"{explorer.__name__}.{room}")
        found += [m.name for m in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    return found


@pytest.mark.parametrize("name", modules())
def test_examples_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
