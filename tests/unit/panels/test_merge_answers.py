"""What the kernel answers while a merge is settled, recorded for the tests of the merge view in widgets/merge.

`tests/fixtures/merge_answers.json` holds, for each scenario, the view in every way its conflicts can be settled, which
call leads from which to which, and the answer to the commit where all are settled or none. Write it anew with
`EXPLORER_RECORD=1 python -m pytest tests/unit/panels/test_merge_answers.py`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from panels_help import Wire

import explorer
from explorer import labels as label_store
from explorer.labels import Edit
from explorer.panels import show
from explorer.review.review import Review

FIXTURE = Path(__file__).parents[2] / "fixtures" / "merge_answers.json"
KEYS = [f"id-{n}" for n in range(6)]
CLASSES = ["cat", "dog", "newt"]
LABELS = ["cat", "cat", "dog", "dog", "newt", None]
TIME = dt.datetime(2026, 3, 1, 10, 5, tzinfo=dt.UTC)
OTHERS = {"id-3": "dog", "id-1": "newt"}
"""The label that each conflict can be settled by which is neither ours nor theirs."""


def both_conflicts(review: Review) -> None:
    """Items 3 and 1 were decided on both branches otherwise, item 2 alike, item 0 on shoes alone."""
    on(review, "shoes", "ben")
    review.labels.apply([Edit("id-3", "set", "newt", reason="wrong", evidence={"p_error": 0.93})])
    review.relabel("id-1", "toad", new_class=True)
    review.relabel("id-2", "newt")
    review.relabel("id-0", "newt")
    on(review, "main", "ann")
    review.relabel("id-3", "cat", why="<b>whiskers</b>")
    review.relabel("id-1", "dog")
    review.relabel("id-2", "newt")


def one_conflict(review: Review) -> None:
    """Item 3 was decided on both branches otherwise, item 0 on shoes alone."""
    on(review, "shoes", "ben")
    review.labels.apply([Edit("id-3", "set", "newt", reason="wrong", evidence={"p_error": 0.93})])
    review.relabel("id-0", "newt")
    on(review, "main", "ann")
    review.relabel("id-3", "cat", why="<b>whiskers</b>")


def no_conflict(review: Review) -> None:
    """Item 0 was decided on shoes alone."""
    on(review, "shoes", "ben")
    review.relabel("id-0", "newt")
    on(review, "main", "ann")


def nothing_new(review: Review) -> None:
    """Shoes has nothing that main has not."""
    on(review, "shoes", "ben")
    on(review, "main", "ann")


def on(review: Review, branch: str, rater: str) -> None:
    if branch == "shoes":
        review.labels.branch(branch)
    review.labels.switch(branch)
    review.rater = rater


SCENARIOS: dict[str, Callable[[Review], None]] = {
    "two": both_conflicts,
    "one": one_conflict,
    "none": no_conflict,
    "nothing": nothing_new,
}


class Kernel:
    """A review whose calls are answered with ids and times that are the same each time."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._names: dict[str, str] = {}

    def call(self, name: str, **args: Any) -> Any:
        reply = self.wire.call(name, source="shoes", **args)
        return self._steady(reply["result"] if reply["ok"] else {"refused": reply["error"]})

    def _steady(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: self._steady(v, k) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._steady(each, key) for each in value]
        if key in ("base", "theirs", "commit", "event") and isinstance(value, str):
            return self._names.setdefault(value, f"{key} {len(self._names)}")
        return value


@contextmanager
def kernel(scenario: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    folder.mkdir()
    vectors = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    dataset = explorer.read(vectors, label=LABELS, key=KEYS, classes=CLASSES)
    store = label_store.open(folder / "s.labels.db", rater="ann", clock=lambda: TIME)
    review = Review(dataset, store, start=False)
    try:
        SCENARIOS[scenario](review)
        widget = show(review)
        yield Kernel(Wire(widget, review, monkeypatch))
    finally:
        review.close()
        store.close()


def settled(view: dict[str, Any]) -> str:
    """Name a state by how each conflict is settled: "id-3 ours, id-1 value dog"."""
    chosen = [c for c in view["conflicts"] if c["pick"]]
    said = [" ".join([c["itemId"], c["pick"], *([c["value"]] if c["value"] else [])]) for c in chosen]
    return ", ".join(said)


def moves_of(view: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for conflict in view["conflicts"]:
        where = {"itemId": conflict["itemId"], "field": conflict["field"]}
        picks = {"pick": "ours"}, {"pick": "theirs"}, {"pick": "value", "label": OTHERS[conflict["itemId"]]}
        found += [("resolve", {**where, **pick}) for pick in picks]
        found.append(("unresolve", where))
    return [*found, ("mergeAbort", {})]


def recorded(scenario: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Go through every state and every move; each state is reached by the moves that first led there."""
    states: dict[str, Any] = {}
    moves: list[list[Any]] = []
    commits: dict[str, Any] = {}
    with kernel(scenario, folder / "settle", monkeypatch) as asked:
        first = asked.call("merge")
        ways: dict[str, list[tuple[str, dict[str, Any]]]] = {settled(first): []}
        states[settled(first)] = first
        for state in iter_growing(ways):
            for name, args in moves_of(first):
                asked.call("mergeAbort")
                for before, how in ways[state]:
                    asked.call(before, **how)
                answer = asked.call(name, **args)
                view = asked.call("merge") if answer is None else answer
                after = settled(view)
                moves.append([state, name, args, after])
                assert states.setdefault(after, view) == view
                ways.setdefault(after, [*ways[state], (name, args)])
    for number, (state, way) in enumerate(ways.items()):
        if states[state]["open"] and state:
            continue
        with kernel(scenario, folder / str(number), monkeypatch) as asked:
            asked.call("merge")
            for name, args in way:
                asked.call(name, **args)
            commits[state] = asked.call("mergeCommit", op_id="m1", why="")
    return {"states": states, "moves": moves, "commits": commits}


def iter_growing(ways: dict[str, Any]) -> Iterator[str]:
    done: set[str] = set()
    while rest := [state for state in ways if state not in done]:
        done.add(rest[0])
        yield rest[0]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_recorded_answers_are_what_the_kernel_says(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = json.loads(json.dumps(recorded(scenario, tmp_path, monkeypatch)))
    known = json.loads(FIXTURE.read_text("utf-8")) if FIXTURE.exists() else {}
    if os.environ.get("EXPLORER_RECORD"):
        known[scenario] = found
        FIXTURE.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert found == known[scenario]
