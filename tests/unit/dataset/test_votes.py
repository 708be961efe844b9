"""Votes as columns: positions, codes, one answer an item, plurality; and functions that vote."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import explorer
from explorer.dataset.labelling_function import LabellingFunction, labelling_function
from explorer.dataset.votes import RaterVotes, Votes, one_each
from explorer.errors import Cancelled, DataError, UnknownName
from explorer.progress import Progress


def rater(name, items, codes, kind="person", **more):
    return RaterVotes(name, kind, more.pop("family", ""), np.int32(items), np.int32(codes), **more)


def votes():
    return Votes((rater("ann", [0, 2, 3], [1, 0, -1]), rater("gpt", [1, 2], [1, 1], "model", family="g")), 4)


def test_the_matrix_has_a_column_a_rater_and_minus_one_for_none():
    assert votes().matrix().tolist() == [[1, -1], [-1, 1], [0, 1], [-1, -1]]
    assert votes().names == ("ann", "gpt")
    assert len(votes()) == 2
    assert repr(votes()) == "Votes(2 raters, 4 items, 4 votes)"
    assert repr(votes().rater("ann")) == "RaterVotes('ann', person, 2 votes, 1 abstention)"
    with pytest.raises(UnknownName, match="rater 'gtp'.*'gpt'"):
        votes().rater("gtp")


def test_answers_are_triplets_by_item_without_abstentions():
    items, raters, codes = votes().answers()
    assert list(zip(items.tolist(), raters.tolist(), codes.tolist(), strict=True)) == [
        (0, 0, 1), (1, 1, 1), (2, 0, 0), (2, 1, 1),
    ]  # fmt: skip
    assert [len(part) for part in Votes((), 3).answers()] == [0, 0, 0]


def test_votes_follow_their_items():
    moved = votes().moved(np.int32([2, -1, 0, 1]), 3)
    assert moved.matrix().tolist() == [[0, 1], [-1, -1], [1, -1]]
    assert moved.rater("ann").items.tolist() == [0, 1, 2]


def test_a_dataset_without_some_items_has_votes_on_the_rest():
    dataset = explorer.read(list("abcd"), label=list("xyxy"), raters={"ann": ["x", None, "y", "y"]})
    less = dataset.without({0: "broken", 1: "broken"})
    assert less.votes is not None
    assert less.votes.matrix().tolist() == [[1], [1]]


def test_plurality_takes_the_first_of_the_classes_that_tie():
    both = Votes((rater("a", [0, 1], [1, 0]), rater("b", [0, 1], [0, 0])), 3)
    labels, ties = both.plurality(2)
    assert (labels.tolist(), ties) == ([0, 0, -1], 1)
    assert Votes((), 2).plurality(1)[0].tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("items", "codes", "match"),
    [([1, 0], [0, 0], "ascending"), ([0, 0], [0, 0], "ascending"), ([-1], [0], "ascending"), ([0], [0, 1], "lengths")],
)
def test_columns_that_do_not_fit_are_refused(items, codes, match):
    with pytest.raises(DataError, match=match):
        rater("ann", items, codes)


def test_names_kinds_and_positions_are_checked():
    with pytest.raises(UnknownName, match="kind of rater 'robot'"):
        rater("ann", [0], [0], "robot")
    with pytest.raises(DataError, match="name is ' '"):
        rater(" ", [0], [0])
    with pytest.raises(DataError, match="Two raters are called 'ann'"):
        Votes((rater("ann", [0], [0]), rater("ann", [0], [0])), 1)
    with pytest.raises(DataError, match="item 3 of 2 items"):
        Votes((rater("ann", [3], [0]),), 2)


def slow_one_each(items, codes, times):
    """The rule as it is said: the newest counts; of several classes at that moment none does."""
    said: dict[int, list[tuple[int, int]]] = {}
    for item, code, time in zip(items, codes, times, strict=True):
        said.setdefault(item, []).append((time, code))
    found = {}
    for item, answers in said.items():
        last = max(time for time, _ in answers)
        named = {code for time, code in answers if time == last and code >= 0}
        found[item] = next(iter(named)) if len(named) == 1 else -1
    return dict(sorted(found.items()))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("timed", [False, True])
def test_one_answer_an_item_is_the_slow_rule(seed, timed):
    draw = np.random.default_rng(seed)
    m = int(draw.integers(0, 60))
    items, codes = draw.integers(0, 12, m).astype(np.int32), draw.integers(-1, 3, m).astype(np.int32)
    times = draw.integers(0, 4, m) if timed else np.zeros(m, dtype=np.int64)
    found = one_each(items, codes, None, times if timed else None)
    assert dict(zip(found.items.tolist(), found.codes.tolist(), strict=True)) == slow_one_each(
        items.tolist(), codes.tolist(), times.tolist()
    )
    assert (np.diff(found.items) > 0).all()


def test_confidence_stays_with_its_answer():
    found = one_each(np.int32([1, 0, 1]), np.int32([2, 1, -1]), np.float32([0.5, 0.25, 0.75]))
    assert found.items.tolist() == [0, 1]
    assert found.codes.tolist() == [1, 2]
    assert found.confidence is not None
    assert found.confidence.tolist() == [0.25, 0.5]


# Labelling functions


def news():
    return explorer.read(["a late goal", "a late bus", "rates rise"], label=["Sports", "Local", "Business"])


def test_a_function_votes_for_its_class_or_names_one():
    @labelling_function("mentions_goal", votes_for="Sports")
    def goal(text):
        """Say whether there is a goal."""
        return "goal" in text

    @labelling_function
    def rates(text):
        return "Business" if "rates" in text else None

    assert goal("no goal"), "it is called as the function was"
    assert goal.__doc__ == "Say whether there is a goal."
    assert goal.apply(news()).values == ["Sports", None, None]
    assert rates.name == "rates"
    assert rates.apply(news()).values == [None, None, "Business"]
    dataset = explorer.read(["a late goal", "a bus"], label=["Sports", "Local"], raters=[goal])
    assert dataset.votes is not None
    said = dataset.votes.rater("mentions_goal")
    assert (said.kind, said.voted, said.abstentions) == ("function", 1, 1)


def test_an_item_that_a_function_raises_on_is_an_abstention():
    function = LabellingFunction("third", lambda text: text.split()[2] and "Sports")
    applied = function.apply(news())
    assert (applied.values, applied.failed) == (["Sports", "Sports", None], 1)
    assert applied.note("third") == (
        "'third' raised on 1 item, where it abstains; the first: row 2: IndexError: list index out of range"
    )


def test_a_function_tells_how_far_it_is_and_can_be_stopped():
    asked: list[str] = []
    stages = []
    cancel = threading.Event()
    dataset = explorer.read([f"text {number}" for number in range(250)], label=["a", "b"] * 125)
    function = LabellingFunction("count", lambda text: asked.append(text), votes_for="a")
    function.apply(dataset, Progress(report=stages.append, interval=0))
    assert [stage.done for stage in stages] == [0, 100, 200, 250]
    assert (stages[0].total, stages[0].note) == (250, "count")

    def stop(stage):
        if stage.done >= 100:
            cancel.set()

    asked.clear()
    with pytest.raises(Cancelled):
        function.apply(dataset, Progress(report=stop, cancel=cancel, interval=0))
    assert len(asked) < 250


def test_a_function_that_always_raises_is_an_error_that_names_it_and_the_first_item():
    with pytest.raises(DataError, match=r"'broken' raised on all of the 3 items\. row 0: ZeroDivisionError") as caught:
        LabellingFunction("broken", lambda _text: 1 / 0).apply(news())
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_function_that_votes_for_one_class_and_returns_another_is_refused():
    with pytest.raises(DataError, match="returned 'Local', and votes for 'Sports' alone"):
        LabellingFunction("odd", lambda _text: "Local", votes_for="Sports").apply(news())


def test_what_is_no_function_is_refused():
    with pytest.raises(DataError, match="is no function"):
        labelling_function("name")("text")
    with pytest.raises(DataError, match="name of the labelling function"):
        labelling_function(" ")(len)
