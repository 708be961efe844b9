"""Findings to read while others follow the labels in place."""

import numpy as np
import pytest
from updates_help import State, begun, copied, digits, followed, held_by, same, unaltered

from explorer import detectors
from explorer.detectors.copies import Snapshots


@pytest.fixture(scope="module")
def start():
    inputs, truth = digits()
    return begun(inputs), truth


def step(now: State, truth, number: int) -> State:
    worst = np.argsort(-np.nan_to_num(now.combined.p_error), kind="stable")
    item = int(worst[number])
    return followed(now, {item: int(truth[item])}, inplace=True)


def test_later_updates_do_not_show_in_it(start):
    first, truth = start
    run = held_by(first)
    as_run = copied(run)
    now, snapshots, taken = first, Snapshots(first.findings), []
    for number in range(4):
        now = step(now, truth, number)
        findings = snapshots.take(now.findings)
        held = held_by(State(now.inputs, findings, first.combined))
        told = {name: repr(dict(result.summary)) for name, result in snapshots.take(now.findings).results.items()}
        taken.append((findings, held, copied(held), told))
    for findings, held, was, told in taken:
        unaltered(held, was)
        for name, result in findings.results.items():
            assert repr(dict(result.summary)) == told[name], f"{name}: a summary that is read later"
    unaltered(run, as_run)


def test_it_says_what_the_findings_say_and_can_be_followed(start):
    first, truth = start
    now, snapshots = step(first, truth, 0), Snapshots(first.findings)
    taken = snapshots.take(now.findings)
    for name, result in now.findings.results.items():
        same(name, taken.results[name], result, atol=0)
    item = int(np.argsort(-np.nan_to_num(now.combined.p_error), kind="stable")[5])
    inputs = now.inputs.relabelled({item: int(truth[item])})
    held = held_by(State(now.inputs, taken, first.combined))
    was = copied(held)
    theirs = detectors.update(inputs, taken, [item], inplace=True)  # nobody owns a snapshot: it is copied
    unaltered(held, was)
    ours = detectors.update(inputs, now.findings, [item], inplace=True)
    for name, result in ours.results.items():
        same(name, theirs.results[name], result, atol=0)


def test_what_the_run_made_and_no_update_touches_is_shared(start):
    first, truth = start
    now = step(first, truth, 1)
    taken = Snapshots(first.findings).take(now.findings)
    kernel = first.findings.results["relation"].frozen["kernel"]
    assert taken.results["relation"].frozen["kernel"] is kernel
    assert taken.results["vote"].score is not now.findings.results["vote"].score
    assert taken.results["vote"].frozen["seen"] is now.findings.results["vote"].frozen["seen"]
