"""Methods that did not run say in plain words what they lack and how to give it."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer import cli, detectors
from explorer.detectors import Inputs
from explorer.detectors.protocol import Need
from explorer.errors import DataError
from explorer.pipeline import requirements


@pytest.fixture
def voices():
    """Probabilities of 3 classes for 120 items, the first of which is wrong."""
    labels = np.arange(120) % 3
    truth = labels.copy()
    truth[0] = 1
    return labels, np.where(np.arange(3) == truth[:, None], 0.9, 0.05)


def test_every_need_is_explained_wherever_it_can_lack():
    for words in (requirements.WORDS, requirements.ARRAYS, requirements.DATA, requirements.REVIEW):
        assert set(words) == set(get_args(Need))
    nothing = Inputs(np.zeros(2, np.int32), 1)
    for name in detectors.names():
        said = requirements.needs(name, nothing, requirements.ARRAYS)
        assert all(f"{requirements.WORDS[need]}: " in said for need in detectors.get(name).needs)
    assert requirements.needs("archaeology", nothing, requirements.REVIEW) == (
        "needs the course of a training: read the data with dynamics= of your own training, or without probs=, and "
        "label items of at least two classes, and items planted into a training: read the data without probs=, and "
        "have 700 items or more"
    )


def test_labels_known_to_be_right_can_be_given(voices):
    labels, probs = voices
    frame = explorer.find_issues(labels, probs=probs)
    assert frame.attrs["skipped"]["conformal"] == (
        "needs labels known to be right: give trusted=, one True or False per label"
    )
    trusted = np.arange(120) > 20
    for given in (trusted, trusted.tolist(), pd.Series(trusted)):
        frame = explorer.find_issues(labels, probs=probs, trusted=given)
        assert "conformal" not in frame.attrs["skipped"]
        assert frame.conformal_raw[:21].idxmax() == 0
    none = explorer.find_issues(labels, probs=probs, trusted=np.zeros(120, bool))
    assert "conformal" in none.attrs["skipped"]
    for bad in (trusted[:50], [1, 2, 3], trusted.astype(int)):
        with pytest.raises(DataError, match="120 marks were expected. Give True or False for each label"):
            explorer.find_issues(labels, probs=probs, trusted=bad)


def test_a_review_says_it_of_each_method(review):
    table = review.detectors
    assert (table.state == "skipped").any()
    assert table.note["conformal"] == "needs labels known to be right: keep or change some labels, then review.rerun()"
    assert table.note["archaeology"].endswith("have 700 items or more")
    assert not table.note.str.contains("probs$|trusted|suites").any(), "names of arguments say nothing here"


def test_the_list_of_methods_explains_their_needs(capsys):
    assert cli.main(["methods"]) == 0
    out = capsys.readouterr().out
    for need in get_args(Need):
        assert f"  {need:<12} {requirements.WORDS[need]}: " in out
    assert "trusted=" in out
