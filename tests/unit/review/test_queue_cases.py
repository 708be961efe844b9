"""The mixed queue is made here and in the browser: both read the same cases."""

import json
from pathlib import Path

import numpy as np
import pytest

from explorer.review.mixed_queue import mixed_with_places
from explorer.review.sample.rate import every

FIXTURE = json.loads((Path(__file__).parents[2] / "fixtures" / "queue_cases.json").read_text("utf-8"))
ITEMS = 100


@pytest.mark.parametrize("case", FIXTURE["cases"], ids=lambda case: case["name"])
def test_queue_of_a_case(case):
    places = None
    for number, step in enumerate(case["steps"]):
        decided = np.isin(np.arange(ITEMS), step["decided"])
        found, places = mixed_with_places(step["ranked"], case["draws"], step["every"], decided, places)
        assert found.order.tolist() == step["items"], f"step {number}"
        assert found.order[found.drawn].tolist() == step["drawn"], f"step {number}"


def test_rates_of_the_cases():
    assert [every(rate) for rate, _ in FIXTURE["rates"]] == [r for _, r in FIXTURE["rates"]]
