"""Did it help, what failed and what is behind, as a widget asks for them; review, store and detectors are real."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from panels_help import Page, Wire
from planted_help import Planted

import explorer
from explorer import detectors
from explorer.estimates.helped import ROUNDS
from explorer.panels import show, wire
from explorer.panels.comparison import MOST, payload
from explorer.review.review import Review


def ask(review: Review, name: str, **args: Any) -> Any:
    """Return what a page of the browser gets."""
    return Page(review).call(name, **args)


def until(found: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ended(review: Review) -> dict[str, Any]:
    """Wait until it has come to an end, and return where it stands."""
    until(lambda: ask(review, "helped")["state"] != "running")
    return dict(ask(review, "helped"))


@pytest.fixture(scope="module")
def vectors(planted: Planted) -> np.ndarray:
    return planted.images[:200].reshape(200, -1).astype(np.float32)


@pytest.fixture
def review(planted: Planted, vectors: np.ndarray, tmp_path: Path) -> Iterator[Review]:
    """200 digits by their vectors, a few of them flipped; embedded and scored."""
    dataset = explorer.read(vectors, label=planted.labels[:200], key=planted.keys[:200])
    made = Review(dataset, tmp_path / "s.labels.db", rater="ann", k=20).wait(progress=False)
    yield made
    made.close()


def correct(review: Review, planted: Planted) -> list[str]:
    items = [planted.keys[i] for i in planted.flipped if i < 200]
    for item in items:
        review.relabel(item, str(planted.truth[planted.keys.index(item)]))
    return items


def test_it_runs_beside_everything_else_and_says_what_came_out(
    review: Review, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(review, "helped") == {"state": "none", "stage": None, "result": None, "error": None, "since": 0}
    with pytest.raises(explorer.ExplorerError, match=r"^No label has been kept or changed yet.*Keep or change some"):
        ask(review, "helped_start")
    with pytest.raises(explorer.ExplorerError, match=r"^No label has been kept or changed yet.*Keep or change some"):
        review.helped()
    review.mark(planted.keys[0], "ambiguous")
    with pytest.raises(explorer.ExplorerError, match="so there is nothing to judge on"):
        ask(review, "helped_start")
    review.clear(planted.keys[0])
    items = correct(review, planted)
    review.keep([planted.keys[i] for i in range(60) if planted.keys[i] not in items])
    page = Wire(show(review), review, monkeypatch)
    assert ask(review, "helped_start")["state"] == "running"
    found = ended(review)
    assert (found["state"], found["error"], found["stage"]) == ("done", None, None)
    result = found["result"]
    assert result["changed"] == len(items)
    assert result["judged"] == sum(each["judged"] for each in result["classes"])
    assert result["low"] <= result["difference"] <= result["high"]
    assert result["difference"] == pytest.approx(result["after"] - result["before"])
    assert {each["name"] for each in result["classes"]} <= set(review.classes), "classes by name"
    assert result["verdict"] == review.helped().verdict()
    page.until(lambda: any(content.get("state") == "done" for content, _ in page.sent))
    moving = [each["stage"] for each in page.pushes("helped") if each["state"] == "running"]
    assert {stage["total"] for stage in moving} == {2 * ROUNDS}
    assert {stage["note"] for stage in moving} == {"taught on the given labels", "taught on the corrected labels"}
    # Labels that change afterwards make it old.
    assert found["since"] == 0
    review.relabel(planted.keys[100], "3" if planted.labels[100] != 3 else "4")
    assert ask(review, "helped")["since"] == 1
    # So does what is judged: a label that is kept.
    review.keep(planted.keys[120])
    assert ask(review, "helped")["since"] == 2
    review.keep(planted.keys[0])
    assert ask(review, "helped")["since"] == 2, "kept before already"


def test_only_one_at_a_time_and_calls_are_answered_meanwhile(
    review: Review, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(review, planted)
    go, begun = threading.Event(), []
    real = review.helped

    def slow(progress: Any) -> Any:
        begun.append(progress)
        assert go.wait(60)
        return real(progress)

    monkeypatch.setattr(review, "helped", slow)
    ask(review, "helped_start")
    until(lambda: len(begun) == 1)
    assert ask(review, "helped_start")["state"] == "running"
    assert ask(review, "hello")["dataset"]["n"] == 200
    review.keep(planted.keys[0])
    assert ask(review, "helped_cancel")["state"] == "running", "it stops at the next step"
    go.set()
    assert ended(review)["state"] == "cancelled"
    assert len(begun) == 1
    assert ask(review, "helped_start")["state"] == "running"
    assert ended(review)["state"] == "done"


def test_what_goes_wrong_is_said(review: Review, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    correct(review, planted)

    def broken(_progress: Any) -> Any:
        raise RuntimeError("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(review, "helped", broken)
        ask(review, "helped_start")
        found = ended(review)
    assert found["state"] == "failed"
    assert found["error"] == {"message": "RuntimeError: no memory", "remedy": ""}
    ask(review, "helped_start")
    assert ended(review)["error"] is None


def test_without_an_embedding_it_is_refused(vectors: np.ndarray, planted: Planted, tmp_path: Path) -> None:
    dataset = explorer.read(vectors, label=planted.labels[:200], key=planted.keys[:200])
    waiting = Review(dataset, tmp_path / "s.labels.db", start=False)
    with pytest.raises(explorer.ExplorerError, match=r"not embedded yet.*Wait"):
        ask(waiting, "helped_start")
    assert ask(waiting, "failures") == {"methods": [], "following": ""}


def test_of_very_many_classes_those_with_most_items_travel() -> None:
    from explorer.estimates.helped import Helped

    n = 2 * MOST + 10
    shares = dict.fromkeys(("before", "after"), 1.0) | dict.fromkeys(("difference", "low", "high"), 0.0)
    table = pd.DataFrame({"judged": np.where(np.arange(n) % 2, 3, 1), **shares})
    body = payload(Helped(1.0, 1.0, 0.0, 0.0, 0.0, int(table["judged"].sum()), 1, True, table))
    assert len(body.classes) == MOST
    assert body.omitted == n - MOST
    assert {each.judged for each in body.classes} == {3}
    nothing = payload(Helped(np.nan, np.nan, np.nan, np.nan, np.nan, 0, 0, False, table.iloc[:0]))
    assert wire.pack(nothing)[0]["before"] is None


def test_a_method_that_raises_is_named_everywhere_and_the_rest_go_on(
    planted: Planted, vectors: np.ndarray, tmp_path: Path
) -> None:
    @explorer.detector("my_method", needs=("probs",))
    def my_method(inputs: Any) -> Any:
        """A high score means nothing."""
        raise ValueError("<b>no</b>")

    try:
        dataset = explorer.read(vectors, label=planted.labels[:200], key=planted.keys[:200])
        review = Review(dataset, tmp_path / "s.labels.db", k=20).wait(progress=False)
        said = ask(review, "failures")
        assert said["methods"] == [{"name": "my_method", "title": "My method", "error": "ValueError: <b>no</b>"}]
        assert said["following"] == ""
        listed = {each["name"]: each for each in ask(review, "methods")}
        assert (listed["my_method"]["state"], listed["my_method"]["note"]) == ("failed", "ValueError: <b>no</b>")
        assert listed["vote"]["state"] == "ran"
        table = review.detectors
        assert tuple(table.loc["my_method", ["state", "note"]]) == ("failed", "ValueError: <b>no</b>")
        assert table.loc["vote", "state"] == "done"
        assert review.issues.p_error.notna().all()
    finally:
        explorer.forget("my_method")


def test_a_method_registered_since_says_what_brings_it_in(review: Review) -> None:
    @explorer.detector("late", needs=("probs",))
    def late(inputs: Any) -> Any:
        """A high score means nothing."""
        return np.zeros(inputs.n)

    try:
        assert tuple(review.detectors.loc["late", ["state", "note"]]) == (
            "skipped",
            "registered since the last run; review.rerun() runs it",
        )
    finally:
        explorer.forget("late")


def test_scores_that_could_not_follow_are_said(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(detectors, "update", broken)
    review.relabel(review.dataset.item_ids[0], "3" if review.state.codes[0] != 3 else "4")
    until(lambda: ask(review, "failures")["following"] != "")
    assert ask(review, "failures")["following"] == "ValueError: broken"
    assert review.detectors.loc["vote", "note"] == "has not followed the labels: ValueError: broken"


def test_stale_methods_say_since_when_and_before_how_many_changes(planted: Planted, tmp_path: Path) -> None:
    @explorer.detector("shown", needs=("probs",))
    def shown(inputs: Any) -> Any:
        """A high score means that the model is unsure."""
        return 1 - inputs.probs.max(axis=1)

    try:
        x = planted.images[:200].reshape(200, -1).astype(np.float32)
        dataset = explorer.read(x, label=planted.labels[:200], key=planted.keys[:200])
        review = Review(dataset, tmp_path / "s.labels.db", k=20).wait(progress=False)

        def entry() -> dict[str, Any]:
            review.scores.ready()
            return next(each for each in ask(review, "methods") if each["name"] == "shown")

        assert (entry()["state"], entry()["since"], entry()["changes"]) == ("ran", None, 0)
        before = dt.datetime.now(dt.UTC)
        review.relabel(planted.keys[0], "3" if planted.labels[0] != 3 else "4")
        first = entry()
        assert (first["state"], first["note"], first["changes"]) == ("stale", "", 1)
        assert before <= dt.datetime.fromisoformat(first["since"]) <= dt.datetime.now(dt.UTC)
        review.relabel(planted.keys[1], "3" if planted.labels[1] != 3 else "4")
        assert (entry()["changes"], entry()["since"]) == (2, first["since"])
        review.keep(planted.keys[2])
        assert entry()["changes"] == 2, "a label that is kept is no change"
        assert review.detectors.loc["shown", "stale_since"] == dt.datetime.fromisoformat(first["since"])
        ask(review, "rerun", embedder="")
        review.wait("score", progress=False)
        assert entry()["state"] == "ran"
        assert set(detectors.names()) >= {"shown"}
    finally:
        explorer.forget("shown")
