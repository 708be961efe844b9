"""The examples in the docstrings of detectors, graph, probe and utils run."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import explorer.detectors
import explorer.estimates
import explorer.graph
import explorer.probe
import explorer.utils

ROOMS = (explorer.detectors, explorer.graph, explorer.probe, explorer.utils)
MODULES = [found.name for room in ROOMS for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")]


@pytest.mark.parametrize("name", [*MODULES, "explorer.estimates.noise_range"])
def test_examples(name):
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert not failed
