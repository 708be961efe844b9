"""What the history panel and the merge view ask the kernel, and what is told without asking."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from panels_help import Wire

import explorer
from explorer import labels as label_store
from explorer.labels.changes.merge import Merge
from explorer.labels.history.timeline import Wanted, timeline
from explorer.panels import registry, show, watcher
from explorer.review.review import Review

KEYS = [f"k{n:02d}" for n in range(40)]


def made(path: Path, **options: Any) -> Review:
    vectors = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    dataset = explorer.read(vectors, label=["cat", "dog"] * 20, key=KEYS, classes=["cat", "dog", "emu"])
    return Review(dataset, path, rater="ann", start=False, **options)


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    made_one = made(tmp_path / "s.labels.db")
    yield made_one
    made_one.close()


@pytest.fixture
def wire(review: Review, monkeypatch: pytest.MonkeyPatch) -> Wire:
    widget = show(review)
    return Wire(widget, review, monkeypatch)


def ask(wire: Wire, name: str, /, **args: Any) -> Any:
    """Make a call that is answered; what goes over the wire is plain JSON."""
    reply = wire.call(name, **args)
    assert reply["ok"], reply
    json.dumps(reply)
    return reply["result"]


def test_the_timeline_has_commits_with_their_first_changes(wire: Wire, review: Review) -> None:
    review.relabel("k00", "dog", why="it barks", reason="wrong")
    review.relabel(KEYS[1:21], "emu")
    review.labels.tag("v1", why="first")
    review.undo()
    body = ask(wire, "timeline")
    assert [(c["kind"], c["count"], len(c["entries"])) for c in body["commits"]] == [
        ("revert", 20, 12), ("bulk", 20, 12), ("edit", 1, 1), ("import", 0, 0),
    ]  # fmt: skip
    assert [c["undone"] for c in body["commits"]] == [False, True, False, False]
    assert [c["undoable"] for c in body["commits"]] == [True, False, True, False]
    assert [c["tags"] for c in body["commits"]] == [[], ["v1"], [], []]
    assert body["total"] == 4
    entry = body["commits"][2]["entries"][0]
    assert (entry["item"], entry["itemId"], entry["old"], entry["new"]) == (0, "k00", "cat", "dog")
    assert (entry["rater"], entry["why"], entry["reason"]) == ("ann", "it barks", "wrong")
    assert (entry["branch"], entry["mergedFrom"]) == ("main", None)
    assert dt.datetime.fromisoformat(entry["time"]).utcoffset() == dt.timedelta(0)
    assert body["branch"] == "main"
    assert body["labels"] == ["cat", "dog", "emu"]
    assert [(t["name"], t["why"]) for t in body["tags"]] == [("v1", "first")]
    assert [(b["name"], b["current"], b["ahead"]) for b in body["branches"]] == [("main", True, 0)]
    assert len(ask(wire, "timeline", limit=2)["commits"]) == 2
    assert ask(wire, "timeline", limit=2)["total"] == 4


def test_filters_show_matching_changes_and_count_all_commits_that_match(wire: Wire, review: Review) -> None:
    for n in range(6):
        review.relabel(KEYS[n], "emu")
    review.labels.apply(
        [label_store.Edit("k10", "set", "emu"), label_store.Edit("k11", "set", "cat")], kind="bulk", rater="bob"
    )
    review.mark("k12", "ambiguous")
    by_ann = ask(wire, "timeline", rater="ann", limit=3)
    assert (len(by_ann["commits"]), by_ann["total"]) == (3, 7)
    review.relabel("k20", "dog")
    assert ask(wire, "timeline", rater="ann", limit=3)["total"] == 8, "what is new is counted too"
    emus = ask(wire, "timeline", label="emu")
    newest = emus["commits"][0]
    assert (newest["count"], [e["itemId"] for e in newest["entries"]]) == (1, ["k10"])
    assert emus["total"] == 7
    assert [c["entries"][0]["itemId"] for c in ask(wire, "timeline", reason="ambiguous")["commits"]] == ["k12"]
    assert ask(wire, "timeline", item="k11", label="cat")["total"] == 1
    assert ask(wire, "timeline", item="k11", label="emu")["total"] == 0
    assert set(ask(wire, "timeline")["raters"]) >= {"ann", "bob"}


def test_the_rest_of_a_large_commit_comes_by_the_page(wire: Wire, review: Review) -> None:
    commit = review.relabel(KEYS, "emu")
    assert commit is not None
    page = ask(wire, "entries", commit=commit.id, offset=12, limit=5)
    assert (page["total"], [e["itemId"] for e in page["entries"]]) == (40, KEYS[12:17])
    assert ask(wire, "entries", commit=commit.id, offset=38, limit=50)["entries"][-1]["itemId"] == "k39"


def test_two_versions_compared(wire: Wire, review: Review) -> None:
    review.relabel(["k00", "k02"], "emu", why="taller")
    review.labels.tag("v1")
    review.relabel("k00", "dog")
    body = ask(wire, "diff", a="base", b="v1")
    assert [(r["item"], r["itemId"], r["old"], r["new"], r["why"]) for r in body["rows"]] == [
        (0, "k00", "cat", "emu", "taller"), (2, "k02", "cat", "emu", "taller"),
    ]  # fmt: skip
    assert body["counts"] == [["cat", "emu", 2]]
    assert body["b"] == review.labels.commit_id("v1")
    assert ask(wire, "diff", a="v1")["rows"][0]["new"] == "dog"
    moment = dt.datetime.now(dt.UTC).isoformat()
    assert ask(wire, "diff", a=moment, b="head")["total"] == 0
    assert (len(ask(wire, "diff", a="base", limit=1)["rows"]), ask(wire, "diff", a="base", limit=1)["total"]) == (1, 2)
    assert "v9" in wire.call("diff", a="v9")["error"]["message"]
    assert "no time" in wire.call("diff", a="2026-99-01")["error"]["message"]


def test_reverting_is_one_commit_and_refused_when_decided_otherwise_since(wire: Wire, review: Review) -> None:
    first = review.relabel(KEYS[:3], "emu")
    second = review.relabel("k05", "emu")
    assert first is not None
    assert second is not None
    reply = ask(wire, "revert", commits=[first.id, second.id], why="not yet", op_id="r1")
    assert {c["item"] for c in reply["cells"]} == {0, 1, 2, 5}
    assert review.counts()["reviewed"] == 0
    assert ask(wire, "revert", commits=[first.id, second.id], why="not yet", op_id="r1")["commit"] == reply["commit"]
    third = review.relabel("k00", "dog")
    review.relabel("k00", "emu", why="no: feathers")
    assert third is not None
    refused = wire.call("revert", commits=[third.id], op_id="r2")
    assert refused["error"]["type"] == "Conflict"
    assert [(c["item"], c["why"]) for c in refused["error"]["cells"]] == [(0, "no: feathers")]


def test_tags_and_branches_are_pushed_to_every_panel(wire: Wire, review: Review) -> None:
    review.relabel("k00", "emu")
    assert [t["name"] for t in ask(wire, "tag", name="v1", when="head")["tags"]] == ["v1"]
    assert wire.events() == ["cells", "versions"]
    assert ask(wire, "branch", name="try", at="v1", go=True)["branch"] == "try"
    assert "hello" in wire.events(), "another branch: every column anew"
    review.relabel("k02", "emu")
    assert {b["name"]: b["ahead"] for b in ask(wire, "versions")["branches"]} == {"main": 0, "try": 1}
    assert ask(wire, "hello")["store"]["branch"] == "try"
    assert ask(wire, "switch", name="main")["branch"] == "main"
    assert review.state.codes[2] == 0, "the columns are those of main"
    assert ask(wire, "untag", name="v1")["tags"] == []
    assert "mean 'try'" in wire.call("switch", name="tri")["error"]["remedy"]
    assert review.labels.current_branch == "main"


def diverged(review: Review) -> None:
    """Branch ben relabels three items, main two of them, one otherwise."""
    review.labels.branch("ben")
    review.labels.switch("ben")
    review.rater = "ben"
    review.relabel("k00", "emu", why="feathers")
    review.relabel("k02", "emu")
    review.relabel("k04", "emu")
    review.labels.switch("main")
    review.rater = "ann"
    review.relabel("k00", "dog", why="it barks")
    review.relabel("k02", "emu")


def test_a_merge_shows_both_sides_and_is_settled_step_by_step(wire: Wire, review: Review) -> None:
    diverged(review)
    view = ask(wire, "merge", source="ben")
    assert (view["taken"], view["same"], view["open"], view["upToDate"]) == (1, 1, 1, False)
    conflict = view["conflicts"][0]
    assert (conflict["item"], conflict["itemId"], conflict["pick"]) == (0, "k00", None)
    assert conflict["base"]["label"] == "cat"
    assert (conflict["ours"]["label"], conflict["ours"]["rater"], conflict["ours"]["why"]) == ("dog", "ann", "it barks")
    assert (conflict["theirs"]["label"], conflict["theirs"]["rater"]) == ("emu", "ben")
    refused = wire.call("mergeCommit", source="ben", op_id="m0")
    assert "k00" in refused["error"]["message"]

    settled = ask(wire, "resolve", source="ben", itemId="k00", pick="value", label="cat", why="both wrong")
    assert (settled["open"], settled["conflicts"][0]["value"]) == (0, "cat")
    assert ask(wire, "unresolve", source="ben", itemId="k00", field="label")["open"] == 1
    ask(wire, "resolve", source="ben", itemId="k00", pick="theirs")
    reply = ask(wire, "mergeCommit", source="ben", op_id="m1", why="ben is right")
    assert reply["merged"] == 2
    assert {c["item"] for c in reply["cells"]} == {0, 4}
    assert ask(wire, "mergeCommit", source="ben", op_id="m1")["commit"] == reply["commit"]
    assert review.state.codes[[0, 2, 4]].tolist() == [2, 2, 2]
    assert ask(wire, "merge", source="ben")["upToDate"]
    assert ask(wire, "mergeCommit", source="ben", op_id="m2")["merged"] == 0
    newest = ask(wire, "timeline")["commits"][0]
    assert (newest["kind"], newest["mergedFrom"], newest["undoable"]) == ("merge", "ben", True)
    assert {e["rater"] for e in newest["entries"]} == {"ben"}
    assert ask(wire, "card", item=0)["history"][0]["mergedFrom"] == "ben"


def test_aborting_a_merge_forgets_what_was_settled(wire: Wire, review: Review) -> None:
    diverged(review)
    ask(wire, "resolve", source="ben", itemId="k00", pick="ours")
    assert ask(wire, "mergeAbort", source="ben") is None
    assert ask(wire, "merge", source="ben")["open"] == 1
    assert "mean 'ben'" in wire.call("merge", source="bem")["error"]["remedy"]
    assert "'both'" in wire.call("resolve", source="ben", itemId="k00", pick="both")["error"]["message"]


def test_what_is_done_beside_the_review_shows_at_once_and_once(wire: Wire, review: Review) -> None:
    review.labels.set("k00", "emu", why="in the notebook")
    assert wire.events() == ["cells", "versions"]
    assert wire.sent[0][0]["cells"][0]["why"] == "in the notebook"
    review.labels.undo()
    assert (review.state.codes[0], review.state.states[0]) == (0, 0)
    wire.sent.clear()
    review.relabel("k01", "emu")
    assert wire.events() == ["cells"], "the review's own edits are told once"
    review.relabel("k01", "parrot", new_class=True)
    assert review.classes[-1] == "parrot"


def test_a_colleagues_commit_appears_without_a_click(
    review: Review, wire: Wire, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with label_store.open(tmp_path / "s.labels.db", rater="bob") as other:
        other.set("k07", "emu", why="from afar")
        other.tag("from-bob")
    assert wire.events() == []
    review.sync.look()
    assert wire.events() == ["cells", "versions"]
    assert [c["item"] for c in wire.sent[0][0]["cells"]] == [7]
    review.sync.look()
    assert len(wire.events()) == 2, "and is told once"


def watching() -> set[threading.Thread]:
    """Threads that look at a store."""
    return {thread for thread in threading.enumerate() if thread.name == "explorer-watch" and thread.is_alive()}


def test_the_store_is_watched_only_while_somebody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "SECONDS", 0.02)
    review = made(tmp_path / "w.labels.db")
    before = watching()
    widget = show(review)
    (thread,) = watching() - before
    assert thread.daemon
    with label_store.open(tmp_path / "w.labels.db", rater="bob") as other:
        other.set("k07", "emu")
    waited = time.monotonic()
    while review.state.codes[7] != 2 and time.monotonic() - waited < 10:
        time.sleep(0.01)
    assert review.state.codes[7] == 2
    assert show(review, "queue") is not widget
    assert watching() - before == {thread}, "one thread a review"
    review.close()
    thread.join(10)
    assert not thread.is_alive()


def test_a_merge_beside_other_writers_sends_every_cell_once(
    wire: Wire, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    review.labels.branch("ben")
    review.labels.switch("ben")
    review.relabel("k05", "emu")
    review.labels.switch("main")
    other = Wire(show(review, "queue"), review, monkeypatch)
    merge = Merge.commit

    def beside(found: Merge, *args: Any) -> Any:
        with label_store.open(review.labels.path, rater="cleo") as store:
            store.set("k07", "emu")
        found.refresh()
        return merge(found, *args)

    monkeypatch.setattr(Merge, "commit", beside)
    wire.sent.clear()
    other.sent.clear()
    reply = ask(wire, "mergeCommit", source="ben", op_id="m1")
    assert [cell["item"] for cell in reply["cells"]] == [5]
    assert [cell["item"] for push in wire.pushes("cells") for cell in push["cells"]] == [7]
    assert [cell["item"] for push in other.pushes("cells") for cell in push["cells"]] == [7, 5]


def test_slow_calls_exist_and_write_nothing() -> None:
    at_once = {"rerun", "helped", "helped_start", "helped_cancel"}
    slow = {name for name, handler in registry.HANDLERS.items() if handler.slow}
    unlocked = {name for name, handler in registry.HANDLERS.items() if not handler.locked}
    assert slow >= unlocked - at_once
    assert not slow & {"edit", "undo", "revert", "tag", "untag", "branch", "switch", "resolve", "mergeCommit"}


def test_the_binding_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path / "b.labels.db").close()
    vectors = np.random.default_rng(1).normal(size=(41, 3)).astype(np.float32)
    vectors[:39] = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)[:39]
    keys = [*KEYS, "new"]
    review = Review(
        explorer.read(vectors, label=["cat", "dog"] * 20 + ["cat"], key=keys), tmp_path / "b.labels.db", start=False
    )
    assert "1 added, 1 changed" in repr(review)
    widget = show(review)
    notes = Wire(widget, review, monkeypatch).call("hello")["result"]["dataset"]["notes"]
    assert any("1 added, 1 changed" in note for note in notes)
    review.close()


def test_a_page_of_history_is_quick_however_deep(tmp_path: Path) -> None:
    with label_store.open(tmp_path / "deep.labels.db", rater="ann") as store:
        import pandas as pd

        store.bind(pd.DataFrame({"item_id": KEYS, "content_hash": KEYS, "given_label": ["cat"] * 40}), ["cat", "dog"])
        asked: list[str] = []
        engine, run = store.working_copy.backend, store.working_copy.backend.all

        def counted(sql: str, /, **binds: Any) -> Any:
            found = run(sql, **binds)
            asked.append(sql)
            rows.append(len(found))
            return found

        rows: list[int] = []
        for n in range(300):
            store.set(KEYS[n % 40], "dog" if n // 40 % 2 else "cat")
        store.undo()
        engine.all = counted  # type: ignore[method-assign]
        timeline(store, 20)
        timeline(store, 20, Wanted(rater="ann"))
        assert sum(rows) < 400, "what is read follows from the page, not from the depth"
