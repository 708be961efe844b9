"""Each scope says in a sentence why an item is in it, with numbers that the arrays bear out."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from other_issues_help import random_case

import explorer
from explorer.detectors import Findings, Inputs, run, update
from explorer.errors import UnknownName
from explorer.graph import build
from explorer.review.grow import farther, grow
from explorer.review.scope_members import OF_WHOLE
from explorer.review.scope_reasons import TELLERS, ScopeReason, scope_reason
from explorer.review.scopes import SCOPES

CLASSES = ("cat", "dog", "ship", "newt", "rare")
N = 900
TOLD = ("outlier", "near_duplicate", "conflicting_duplicate", "ambiguous", "underperforming", "imbalance", "non_iid")


@pytest.fixture(scope="module")
def judged() -> tuple[Inputs, Findings]:
    """Inputs with copies, outliers, a group of wrong labels, a rare class and rows in the order of the classes."""
    rng = np.random.default_rng(3)
    truth = np.sort(rng.integers(0, 4, N)).astype(np.int32)
    x = (np.eye(8)[truth] * 5 + rng.normal(size=(N, 8))).astype(np.float32)
    labels = truth.copy()
    near = np.flatnonzero(truth == 0)[:60]
    x[near] += 6 * np.eye(8, dtype=np.float32)[5]
    labels[near[:40]] = 1
    x[10] = -8 + rng.normal(size=8) * 9
    x[300:303] = x[300]
    labels[300:303] = 0, 0, 1
    x[400] = x[401]
    x[500] = x[501] + 1e-6
    labels[400:402] = labels[400]
    labels[500:502] = labels[500]
    labels[[700, 701, 702]] = 4
    graph = build(x, 20, ids=np.arange(N))
    probs = np.full((N, 5), 0.02, dtype=np.float32)
    probs[np.arange(N), truth] = 0.92
    probs[600] = 0.47, 0.03, 0.47, 0.02, 0.01
    hashes = np.array([row.tobytes().hex() for row in x], dtype=object)
    inputs = Inputs(labels, 5, graph=graph, probs=probs, vectors=x, content_hashes=hashes, seed=0)
    return inputs, run(inputs)


def reason(judged: tuple[Inputs, Findings], name: str, item: int) -> ScopeReason:
    inputs, findings = judged
    return scope_reason(name, item, inputs, findings, CLASSES)


@pytest.mark.parametrize("name", TOLD)
def test_every_flagged_item_has_one_sentence_and_no_other_has_a_set(judged, name):
    result = judged[1].results["plausible" if name == "ambiguous" else name]
    assert result.flags.any()
    for item in np.flatnonzero(result.flags)[:40]:
        said = reason(judged, name, int(item))
        assert re.fullmatch(r"[A-Z\d].*\.", said.text), said.text
        assert "\n" not in said.text
        assert not len(said.members) or item in said.members
        assert (np.diff(said.members) > 0).all()
    others = np.flatnonzero(~result.flags)
    assert all(not reason(judged, name, int(item)).text for item in others[:5])


def test_every_scope_tells_but_those_that_the_card_tells_anyway(judged):
    assert set(TELLERS) | {"random", "label", "unlabelled", "all", *OF_WHOLE} == {one.name for one in SCOPES}
    assert reason(judged, "random checks", 3).text.startswith("Drawn at random: your answer tells how many")
    assert not reason(judged, "unlabelled", 3).text
    assert reason(judged, "label", 3) == reason(judged, "everything", 3) == ScopeReason("", reason(judged, "all", 3)[1])
    with pytest.raises(UnknownName, match="outlyer"):
        reason(judged, "outlyer", 3)


def test_an_outlier_is_farther_than_so_many(judged):
    distance = judged[1].results["outlier"].score
    said = reason(judged, "outlier", 10).text
    found = re.match(r"Farther from its 10 nearest than ([\d.]+) % of all items \(([\d.]+) times the usual\)", said)
    assert found, said
    assert float(found[1]) == pytest.approx(100 * (distance < distance[10]).mean(), abs=0.06)
    assert float(found[2]) == pytest.approx(distance[10] / np.median(distance), abs=0.06)


def test_copies_are_counted_with_how_alike_they_are(judged):
    same = reason(judged, "near_duplicate", 400)
    assert same.text == "1 other is exactly the same."
    assert same.members.tolist() == [400, 401]
    almost = reason(judged, "near_duplicate", 500)
    assert almost.text == "1 other is almost the same; similarity over .999."
    assert reason(judged, "near_duplicate", 301).text == "2 others are exactly the same."


def test_labels_of_copies_are_counted_and_followed(judged):
    inputs, findings = judged
    said = reason(judged, "conflicting_duplicate", 300)
    assert said.text == "2 copies say cat, 1 says dog."
    assert said.members.tolist() == [300, 301, 302]
    labels = inputs.labels.copy()
    labels[302] = 0
    after = inputs.following(labels, np.array([302]))
    now = update(after, findings, np.array([302]))
    assert scope_reason("conflicting_duplicate", 302, after, now, CLASSES).text == "All 3 copies say cat now."
    labels = labels.copy()
    labels[300:303] = 2, -1, 1
    apart = inputs.following(labels, np.array([300, 301, 302]))
    now = update(apart, findings, np.array([300, 301, 302]))
    said = scope_reason("conflicting_duplicate", 300, apart, now, CLASSES)
    assert said.text == "1 copy says dog, 1 says ship, 1 has no label."


def test_a_group_says_how_many_are_wrong_and_names_its_items(judged):
    inputs, findings = judged
    result = findings.results["underperforming"]
    item = int(np.flatnonzero(result.flags)[0])
    said = reason(judged, "groups", item)
    found = re.match(r"In a group of (\d+) alike items of which the model gets ([\d.]+) % wrong \(elsewhere", said.text)
    assert found, said.text
    group = result.frozen["group"]
    assert said.members.tolist() == np.flatnonzero(group == group[item]).tolist()
    assert int(found[1]) == len(said.members)
    wrong = 1 - (inputs.probs[said.members].argmax(axis=1) == inputs.labels[said.members]).mean()
    assert float(found[2]) == pytest.approx(100 * wrong, abs=0.6)
    without = replace(inputs, probs=None)
    plain = run(without)
    flagged = np.flatnonzero(plain.results["underperforming"].flags)
    assert "its neighbours get" in scope_reason("groups", int(flagged[0]), without, plain, CLASSES).text


def test_an_item_between_two_classes_names_both(judged):
    result = judged[1].results["plausible"]
    texts = [reason(judged, "ambiguous", int(i)).text for i in np.flatnonzero(result.flags)]
    assert all(re.match(r"(As near to|Nearer to|Likely) ", text) for text in texts), texts
    if result.flags[600]:
        assert reason(judged, "ambiguous", 600).text.count("(.") == 2


def test_rare_classes_and_rows_count(judged):
    assert reason(judged, "imbalance", 700).text == "Its class, rare, has 3 labels of 900; an even share would be 180."
    item = int(np.flatnonzero(judged[1].results["non_iid"].flags)[0])
    assert re.match(r"The items most like it are [\d,]+ rows away; by chance", reason(judged, "non_iid", item).text)


def test_a_kind_is_told_where_it_recognises_its_own(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, N)
    x = (np.eye(6)[truth] * 4 + rng.normal(size=(N, 6))).astype(np.float32)
    given = np.where(rng.random(N) < 0.1, (truth + 1) % 3, truth)
    made = explorer.Review(explorer.read(x, label=given, key=range(N)), tmp_path / "s.labels.db", k=15, cache=False)
    made.wait("score", progress=False)
    table = made.queue_of("kind", decided=True)
    assert len(table)
    with made.scores.reading() as (inputs, findings):
        for item in table.index[:20]:
            at = made.dataset.position(item)
            said = scope_reason("kind", at, inputs, findings, made.classes)
            assert re.match(r"(Learnt|Hardly learnt) .*\.", said.text)
    made.close()


def test_a_selection_grows_by_steps_from_where_it_began():
    inputs = random_case(4, n=200, k=8)
    first = farther([5], inputs)
    assert len(first.positions) > 1
    assert first.positions[0] == 5
    second = farther([5], inputs, have=len(first.positions))
    assert len(second.positions) >= len(first.positions) + min(8, 200 - len(first.positions))
    assert set(first.positions) <= set(second.positions)
    assert first.positions.tolist() == second.positions[: len(first.positions)].tolist()
    assert len(farther([5], inputs, have=200).positions) <= 200
    assert grow([5], inputs).natural in (1, len(first.positions))
