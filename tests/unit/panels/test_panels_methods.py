"""Methods and relations as a widget asks for them; review, store and detectors are real."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from panels_help import Page
from planted_help import Planted

import explorer
from explorer import detectors
from explorer.estimates.errors_left import Heard
from explorer.panels import registry
from explorer.panels.handlers.methods import sections
from explorer.review.events import Event, ScoresChanged
from explorer.review.review import Review


@pytest.fixture(scope="module")
def scored(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Review:
    dataset = explorer.read(planted.images[:300], label=planted.labels[:300], key=planted.keys[:300])
    review = Review(dataset, tmp_path_factory.mktemp("methods") / "s.labels.db", rater="ann")
    return review.wait(progress=False)


@pytest.fixture
def page(scored: Review) -> Iterator[Page]:
    before = scored.state.results
    yield Page(scored)
    scored.state.results = before


def swap(review: Review, **changes: Any) -> None:
    """Let the review hold other results until the end of the test."""
    review.state.results = dataclasses.replace(review.state.results, **changes)


def test_a_page_is_cut_at_its_underlined_headings() -> None:
    text = "High is bad.\n\nFormula\n-------\ns = a\n  + b\n\nWhen to trust it\n----------------\nOne.\n\nTwo.\n"
    assert sections(text) == [
        {"heading": "", "text": "High is bad."},
        {"heading": "Formula", "text": "s = a\n  + b"},
        {"heading": "When to trust it", "text": "One.\n\nTwo."},
    ]
    assert sections("") == []
    # A line of dashes under nothing, or a short one, is no heading.
    assert sections("a\n\n-----\nb --\n--") == [{"heading": "", "text": "a\n\n-----\nb --\n--"}]


@pytest.mark.parametrize("name", [*detectors.names(), "p_error"])
def test_every_method_has_a_page(page: Page, name: str) -> None:
    body = page.call("method", name=name)
    headings = [section["heading"] for section in body["sections"]]
    assert headings[:3] == ["", "Formula", "When to trust it"]
    assert all(section["text"] for section in body["sections"])
    assert body["title"][0].isupper()
    assert "_" not in body["title"]
    said = detectors.page(name)
    for section in body["sections"]:
        assert section["text"] in said


def test_an_unknown_method_is_refused_with_the_nearest(page: Page) -> None:
    with pytest.raises(explorer.ExplorerError, match="no method 'voter'.*'vote'"):
        page.call("method", name="voter")
    with pytest.raises(explorer.ExplorerError, match="no method"):
        page.call("method", name="../../etc/passwd")


def test_the_list_says_how_each_method_went(page: Page, scored: Review) -> None:
    findings = scored.results.findings
    assert findings is not None
    vote = dataclasses.replace(findings.results["vote"], stale=True)
    results = {k: v for k, v in findings.results.items() if k not in ("relation", "hoc")} | {"vote": vote}
    failures, skipped = {"relation": "ValueError: broken"}, {**findings.skipped, "hoc": "needs graph"}
    assert scored.results.inputs is not None
    inputs = dataclasses.replace(scored.results.inputs, graph=None)
    swap(scored, findings=detectors.Findings(results, failures, skipped), inputs=inputs)
    listed = {each["name"]: each for each in page.call("methods")}
    assert next(iter(listed)) == "p_error"
    assert set(detectors.names()) <= set(listed)
    assert (listed["relation"]["state"], listed["relation"]["note"]) == ("failed", "ValueError: broken")
    assert (listed["hoc"]["state"], listed["hoc"]["note"]) == (
        "skipped",
        "needs a neighbour graph: it could not be built, see review.status",
    )
    assert listed["vote"]["state"] == "stale"
    assert (listed["confident"]["state"], listed["confident"]["note"]) == ("ran", "")
    assert listed["confident"]["columns"][0] == "confident"
    assert listed["outlier"]["issue"] == "outlier"
    assert listed["p_error"]["state"] == "ran"


def test_before_there_are_scores_all_methods_wait(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    review = Review(explorer.read(vectors, label=["a", "b"] * 6), tmp_path / "s.labels.db", start=False)
    page = Page(review)
    assert {each["state"] for each in page.call("methods")} == {"waiting"}
    body = page.call("relations", item=0)
    assert "once the items are scored" in body["why"]
    assert len(page.array(body["mean"])) == 0


def test_a_line_names_its_method_and_its_push(page: Page, scored: Review) -> None:
    worst = scored.dataset.position(scored.issues.index[0])
    card = page.call("card", item=worst)
    methods = {line["method"] for line in card["why"]}
    assert {"vote", "confident"} <= methods <= set(detectors.names())
    pushes = [line["push"] for line in card["why"] if line["push"] is not None]
    assert pushes
    assert all(math.isfinite(push) for push in pushes)
    assert max(pushes) > 0, "something speaks against the worst label"
    combined = scored.results.combined
    assert combined is not None
    assert card["suggested_p"] == pytest.approx(float(combined.suggested_p[worst]))


def test_what_no_probability_is_made_of_travels_as_null(page: Page, scored: Review) -> None:
    results = scored.results
    assert results.inputs is not None
    assert results.findings is not None
    assert results.combined is not None
    item = int(np.flatnonzero(results.findings.results["outlier"].flags)[0])
    line = next(line for line in page.call("card", item=item)["why"] if line["method"] == "outlier")
    assert line["push"] is None


def test_relations_travel_as_columns(page: Page, scored: Review) -> None:
    inputs = scored.results.inputs
    assert inputs is not None
    rng = np.random.default_rng(0)
    watched = rng.dirichlet(np.ones(inputs.n_classes), size=(4, inputs.n)).astype(np.float16)
    inputs = dataclasses.replace(inputs, checkpoints=watched)
    swap(scored, inputs=inputs)
    item = int(np.flatnonzero(inputs.labels >= 0)[0])
    body = page.call("relations", item=item)
    assert (body["why"], body["checkpoints"]) == ("", 4)
    expected = detectors.relation_map(item, inputs)
    np.testing.assert_array_equal(page.array(body["neighbours"]), expected.neighbours)
    for name in ("mean", "variance", "last"):
        np.testing.assert_array_equal(page.array(body[name]), getattr(expected, name))
    np.testing.assert_array_equal(page.array(body["labels"]), scored.state.codes[expected.neighbours])


def test_relations_follow_the_labels_of_now(tmp_path: Path) -> None:
    vectors = np.abs(np.random.default_rng(0).normal(size=(40, 4))).astype(np.float32)
    review = Review(explorer.read(vectors, label=["a"] * 20 + ["b"] * 20), tmp_path / "s.labels.db", k=8)
    page = Page(review.wait(progress=False))
    assert review.results.inputs is not None
    watched = np.full((3, 40, 2), 0.5, np.float16)
    swap(review, inputs=dataclasses.replace(review.results.inputs, checkpoints=watched))
    body = page.call("relations", item=0)
    same = review.state.codes[page.array(body["neighbours"])] == review.state.codes[0]
    np.testing.assert_array_equal(page.array(body["mean"]) > 0, same)
    assert same.any()
    # A class that no checkpoint knows: nobody agrees with it.
    review.relabel(review.dataset.item_ids[0], "c", new_class=True)
    assert review.results.inputs is not None
    swap(review, inputs=dataclasses.replace(review.results.inputs, checkpoints=watched))
    assert (page.array(page.call("relations", item=0)["mean"]) < 0).all()


@pytest.mark.parametrize("item", [300, -1, "0", True])
def test_relations_of_no_item_are_refused(page: Page, item: Any) -> None:
    with pytest.raises(explorer.ExplorerError, match="no item 300" if item == 300 else "wrong argument 'item'"):
        page.call("relations", item=item)


def test_without_checkpoints_the_map_says_why(page: Page, scored: Review, tmp_path: Path) -> None:
    inputs = scored.results.inputs
    assert inputs is not None
    swap(scored, inputs=dataclasses.replace(inputs, checkpoints=None))
    assert "not watched" in page.call("relations", item=0)["why"]
    vectors = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    labels = np.arange(40) % 2
    probs = np.full((40, 2), 0.5, np.float32)
    given = Review(explorer.read(vectors, label=labels, probs=probs), tmp_path / "given.labels.db").wait(progress=False)
    assert "Probabilities were given" in Page(given).call("relations", item=0)["why"]
    one = Review(explorer.read(vectors, label=["a"] * 40), tmp_path / "one.labels.db").wait(progress=False)
    assert "No model was trained" in Page(one).call("relations", item=0)["why"]


def test_the_scores_say_whether_they_are_probabilities(page: Page) -> None:
    assert page.call("scores")["calibrated"] is True
    figure = page.call("figure", name="p_error")
    assert figure["layout"]["xaxis"]["tickformat"] == ".0%"


def test_how_many_are_left_and_an_audit(page: Page) -> None:
    said = page.call("left")
    assert said["basis"] == "model"
    assert said["low"] <= said["left"] <= said["high"] <= said["unreviewed"] == 300
    assert "nobody has decided on" in said["sentence"]
    assert said["drift"] == ""
    assert said["stop"]["suspects"].startswith("Stop here: about ")
    assert said["stop"]["cut"] == ""
    assert page.call("left", cut=300)["stop"]["cut"] == "Stop here: everything below this line has been decided on."
    assert said["more"].startswith("For ± ")
    assert (said["draws"], said["fewest"]) == (0, 10)
    rows = said["classes"]
    assert {row["name"] for row in rows} <= set(page.review.classes)
    assert sum(row["labels"] for row in rows) == 300
    assert [row["left"] for row in rows] == sorted((row["left"] for row in rows), reverse=True)
    mixed = page.array(page.call("scores")["draws"])
    assert page.call("scores")["audit_rate"] == page.review.audit_rate
    reply = page.call("audit", count=10)
    drawn = reply["items"]
    assert 0 < len(drawn) <= 10
    assert drawn[0] == mixed[0]
    assert not np.isin(drawn, page.array(reply["draws"])).any(), "the queue does not ask again"
    assert np.isin(drawn, page.array(page.call("scores")["asked"])).all(), "they keep their badge"
    assert drawn == [page.review.dataset.position(i) for i in page.review.audit(len(drawn))]
    with pytest.raises(explorer.ExplorerError, match="at least one"):
        page.call("audit", count=0)
    assert dt.datetime.fromisoformat(said["since"]).tzinfo is not None


def test_a_new_sample_is_a_call_without_arguments(page: Page) -> None:
    for item in page.call("audit", count=12)["items"]:
        page.review.keep(page.review.dataset.item_ids[item])
    before = page.call("left")
    assert before["basis"] == "audit"
    told: list[type[Event]] = []
    stop = page.review.events.subscribe(Event, lambda event: told.append(type(event)))
    reply = page.call("new_sample")
    stop()
    assert reply.keys() == {"draws"}
    draws = page.array(reply["draws"])
    assert draws.tolist() == page.array(page.call("scores")["draws"]).tolist()
    assert (page.review.state.states[draws] == 0).all(), "what is decided is asked no more"
    after = page.call("left")
    assert (after["basis"], after["draws"]) == ("model", 0)
    assert after["since"] > before["since"]
    assert after["unreviewed"] == before["unreviewed"]
    assert told == [ScoresChanged]


def test_how_many_are_left_is_reckoned_once_and_holds_nobody_up(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    heard, interval = [], Heard.interval

    def locked() -> bool:
        with page.review.state.lock:
            return True

    def watched(self: Heard, rows: np.ndarray) -> Any:
        with ThreadPoolExecutor(1) as other:  # somebody else who wants the lock meanwhile
            assert other.submit(locked).result(5), "the lock is held"
        heard.append(self)
        return interval(self, rows)

    monkeypatch.setattr(Heard, "interval", watched)
    said = page.call("left", cut=50)
    assert len({id(each) for each in heard}) == 1
    classes = len({int(code) for code in page.review.state.given})
    assert len(heard) <= classes + 3, "the whole once, the classes, two lines"
    monkeypatch.undo()
    assert said["stop"]["suspects"] == page.review.left_below(wait=False).sentence()
    assert said["stop"]["cut"] == page.review.left_below(50, wait=False).sentence()
    assert said["sentence"] == page.review.left(wait=False).sentence()
    assert registry.HANDLERS["left"].slow
    assert not registry.HANDLERS["left"].locked
