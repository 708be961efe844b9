"""Findings to read while others follow the labels in place."""

import numpy as np
import pytest
from updates_help import State, begun, copied, digits, followed, held_by, same, unaltered

from explorer import detectors


@pytest.fixture(scope="module")
def start():
    inputs, truth = digits()
    return begun(inputs), truth


def step(now: State, truth, number: int) -> State:
    worst = np.argsort(-np.nan_to_num(now.combined.p_error), kind="stable")
    item = int(worst[number])
    return followed(now, {item: int(truth[item])}, inplace=True)


def shared(now: State) -> State:
    """Hand the findings out, and go on from what is left."""
    return now._replace(findings=now.findings.shared())


def test_later_updates_do_not_show_in_it(start):
    first, truth = start
    run = held_by(first)
    as_run = copied(run)
    now, taken = first, []
    for number in range(4):
        now = shared(step(now, truth, number))
        held = held_by(State(now.inputs, now.findings, first.combined))
        told = {name: repr(dict(result.summary)) for name, result in now.findings.results.items()}
        taken.append((now.findings, held, copied(held), told))
    now = step(step(now, truth, 4), truth, 5)
    for findings, held, was, told in taken:
        unaltered(held, was)
        for name, result in findings.results.items():
            assert repr(dict(result.summary)) == told[name], f"{name}: a summary that is read later"
    unaltered(run, as_run)


def test_it_says_what_the_findings_say_and_can_be_followed(start):
    first, truth = start
    now = step(first, truth, 0)
    taken = now.findings.shared()
    for name, result in now.findings.results.items():
        same(name, taken.results[name], result, atol=0)
    item = int(np.argsort(-np.nan_to_num(now.combined.p_error), kind="stable")[5])
    inputs = now.inputs.relabelled({item: int(truth[item])})
    held = held_by(State(now.inputs, taken, first.combined))
    was = copied(held)
    theirs = detectors.update(inputs, taken, [item], inplace=True)  # nobody owns what is shared: it is copied
    unaltered(held, was)
    ours = detectors.update(inputs, now.findings, [item], inplace=True)
    for name, result in ours.results.items():
        same(name, theirs.results[name], result, atol=0)


def test_sharing_copies_nothing_and_the_verdict_goes_on(start):
    first, truth = start
    now = step(first, truth, 1)
    taken = now.findings.shared()
    for name, result in now.findings.results.items():
        assert taken.results[name].score is result.score
    on = step(now._replace(findings=taken), truth, 2)
    assert on.combined.moved is not None, "only whom the change reaches was judged again"
    assert on.findings.results["vote"].score is not taken.results["vote"].score
    again = step(on, truth, 3)
    assert again.findings.results["vote"].score is on.findings.results["vote"].score, "in place once more"


def test_a_verdict_that_is_shared_is_not_written_to(start):
    first, truth = start
    now = step(first, truth, 0)
    kept = now.combined.shared()
    was = [array.copy() for array in (kept.p_error, kept.suggested, kept.suggested_p, kept.is_issue)]
    step(now._replace(combined=kept), truth, 1)
    for array, before in zip((kept.p_error, kept.suggested, kept.suggested_p, kept.is_issue), was, strict=True):
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("inplace", [False, True])
def test_a_verdict_names_whom_it_moved(start, inplace):
    now, truth = start
    names = ("p_error", "suggested", "suggested_p", "is_issue")
    for number in range(5):
        before = {name: getattr(now.combined, name).copy() for name in names}
        worst = np.argsort(-np.nan_to_num(now.combined.p_error), kind="stable")
        item = int(worst[number])
        now = followed(now, {item: int(truth[item])}, inplace=inplace)
        differs = np.zeros(now.inputs.n, bool)
        for name in names:
            after = getattr(now.combined, name)
            differs |= (
                after != before[name] if after.dtype != np.float32 else after.view("i4") != before[name].view("i4")
            )
        np.testing.assert_array_equal(now.combined.moved, np.flatnonzero(differs))
        assert 0 < len(now.combined.moved) < 400
    assert start[0].combined.moved is None
