"""What both backends do: rows in, rows out, history over branches, and the cache of newest events."""

import dataclasses
import datetime as dt
import random

import pytest
from backend_help import ITEMS, START, Hand, found, schema

from explorer.labels.model.drafts import CommitDraft
from explorer.labels.model.hashing import event_id
from explorer.labels.model.refs import Resolution
from explorer.labels.model.types import Rater, StoreError


def test_an_empty_store(backend):
    assert backend.tip("main") is None
    assert backend.refs() == {}
    assert backend.commits() == backend.heads("main") == []
    assert found(backend) == []
    assert backend.tip("other") is None


def test_a_commit_comes_back_as_it_was_written(hand, again):
    first = hand.commit(kind="import")
    full = hand.draft(
        "0f" * 32, "emu", reason="wrong", why="«é»\n", evidence={"p_error": 0.93, "names": ["x"]}, op_id="mine"
    )
    made = hand.commit(full, "é–ü", "a", message="three", kind="bulk")
    assert (made.parent, made.position, made.branch) == (first.id, 1, "main")
    assert [e.op_id for e in made.events] == ["mine", "main/1:1", "main/1:2"]
    for backend in (hand.backend, again()):
        assert backend.commit(made.id) == made
        assert backend.tip("main") == dataclasses.replace(made, events=(), root="")
        logged = backend.events(made, first)
        assert [x.event for x in logged] == list(made.events)
        assert {(x.commit, x.kind, x.rater, x.snapshot, x.decided, x.branch) for x in logged} == {
            (made.id, "bulk", hand.rater.name, hand.snapshot.id, hand.snapshot.id, "main")
        }
        assert backend.log_rows(made, 2) == logged[:0:-1]
        assert backend.event("a", made.events[2].id) == logged[2]
        assert backend.event("b", made.events[2].id) is None
        assert backend.commit("nonsense") is backend.commit("00" * 32) is None
        assert backend.snapshot(made.snapshot).digest() == made.snapshot
        assert backend.schema(made.schema) == hand.schema
        backend.close()


def test_the_ids_are_hashes_with_the_content_of_the_snapshot(hand):
    made = hand.commit("a", hand.draft("b", content_hash="hash of b"), hand.draft("c", content_hash="older"))
    assert [e.content_hash for e in made.events] == [None, None, "older"]
    assert [event_id(e, f"hash of {e.item}") for e in made.events] == [e.id for e in made.events]


def test_a_writer_that_saw_another_tip_writes_nothing(hand, again):
    first = hand.commit("a")
    hand.commit("a")
    late = again()
    with late.exclusive():
        draft = dataclasses.replace(_draft(hand), events=(hand.draft("b"),))
        assert late.append("main", draft, first.id) is None
        assert late.append("main", draft, None) is None
    late.close()
    assert hand.backend.count_events(hand.backend.tip("main")) == 2


def _draft(hand, **more):
    return CommitDraft("edit", hand.rater, hand.now(), "", hand.snapshot, hand.schema, **more)


def test_what_raises_is_not_written(hand):
    first = hand.commit("a")

    def fail():
        with hand.backend.exclusive():
            value = {"spans": [{"start": 0, "end": 3, "class": "x"}]}
            new = dataclasses.replace(_draft(hand), schema=schema(["cat", "owl"]), events=(hand.draft("b", value),))
            hand.backend.append("main", new, first.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert hand.backend.tip("main").id == first.id
    assert hand.backend.count_events(first) == 1
    value = {"spans": [{"start": 0, "end": 3, "class": "x"}]}
    made = hand.commit(hand.draft("b", value), schema=schema(["cat", "owl"]))  # nothing of it is remembered wrongly
    assert hand.backend.commit(made.id) == made
    assert found(hand.backend) == []


@pytest.mark.parametrize(
    "value",
    [
        None, "dog", {"classes": ["cat", "dog"]}, {"number": 1.5}, {"boxes": []}, {"soft": {"cat": 0.5, "dog": 0.5}},
        {"candidates": ["cat"]}, {"spans": [{"start": 0, "end": 2, "class": "é"}]},
    ],
)  # fmt: skip
def test_values_of_every_type_come_back(hand, again, value):
    made = hand.commit(hand.draft("a", value, old=value, field="what"), "a")
    backend = again()
    assert backend.commit(made.id) == made
    assert [x.event.new for x in backend.heads("main")] == [value, "dog"]
    changed = backend.changed(made, None, "what")
    assert changed.items == ["a"]
    assert [changed.values[n] for n in (changed.old[0], changed.new[0])] == [value, value]
    backend.close()
    assert found(hand.backend) == []


def test_operation_ids_are_known_whoever_made_them(hand):
    stem = hand.commit(*(hand.draft(x, op_id=f"{'ab' * 16}:{i}") for i, x in enumerate("abc")))
    own = hand.commit(hand.draft("a", op_id="one"), hand.draft("b", op_id="two:1"))
    wanted = [f"{'ab' * 16}:{i}" for i in range(4)] + ["one", "two:1", "two", f"{'ab' * 16}:01", "main/0:0"]
    assert hand.backend.commit_of(wanted) == {f"{'ab' * 16}:{i}": stem.id for i in range(3)} | {
        "one": own.id,
        "two:1": own.id,
    }
    assert hand.backend.commit_of([f"none:{i}" for i in range(5000)]) == {}
    for op_id in ("one", f"{'ab' * 16}:0"):
        with pytest.raises(StoreError):
            hand.commit(hand.draft("c", op_id=op_id))
    assert len(hand.backend.commits(own)) == 2


def test_a_second_edit_of_a_cell_follows_the_first(hand):
    hand.commit("a")
    made = hand.commit(hand.draft("a", "emu"), hand.draft("a", "cat"), hand.draft("a", {"number": 1.0}, field="size"))
    assert made.events[1].previous == made.events[0].id
    # The helper names the newest event of the cell; the first in a new field has none.
    assert made.events[2].previous is None
    heads = hand.backend.heads("main")
    assert [(x.event.field, x.event.new) for x in heads] == [("label", "cat"), ("size", {"number": 1.0})]
    assert found(hand.backend) == []


def test_a_commit_is_never_earlier_than_its_parent(hand):
    first = hand.commit("a")
    second = hand.commit("a", time=START - dt.timedelta(days=1))
    assert second.time == first.time
    assert hand.backend.commit_at(second, first.time).id == second.id
    assert found(hand.backend) == []


def test_heads_keep_the_newest_event_of_each_rater(hand, backend):
    bob = Rater("bob", "model")
    hand.commit("a")
    hand.commit(hand.draft("a", "emu", rater=bob))
    last = hand.commit("a", "b")
    assert [(x.rater, x.event.new) for x in backend.heads("main")] == [
        ("bob", "emu"), (hand.rater.name, "dog"), (hand.rater.name, "dog"),
    ]  # fmt: skip
    assert backend.heads_at(last) == backend.heads("main")
    raters = {r.id: (n, since <= until) for r, n, since, until in backend.raters()}
    assert raters == {hand.rater.id: (3, True), "model:bob": (1, True)}


def test_a_branch_goes_its_own_way(hand, backend):
    commits = [hand.commit(item) for item in "abc"]
    hand.branch("wild", commits[1])
    other = hand.commit("a", branch="wild")
    last = hand.commit("d")
    assert (other.parent, other.position, other.branch) == (commits[1].id, 2, "wild")
    assert [c.id for c in backend.commits(other)] == [other.id, commits[1].id, commits[0].id]
    assert [c.id for c in backend.commits(other, limit=2)] == [other.id, commits[1].id]
    assert [c.id for c in backend.commits(other, before=commits[1])] == [commits[0].id]
    assert len(backend.commits()) == 5
    assert [x.event.item for x in backend.heads("wild")] == ["b", "a"]
    assert backend.heads("wild") == backend.heads_at(other)
    assert [x.event.item for x in backend.heads("main")] == ["a", "b", "c", "d"]
    assert [x.event.item for x in backend.events(other, commits[0])] == ["b", "a"]
    assert [x.event.item for x in backend.log_rows(other, None)] == ["a", "b", "a"]
    assert [x.event.item for x in backend.log_rows(other, 1, before=other)] == ["b"]
    assert [x.branch for x in backend.item_events(other, "a", "label")] == ["wild", "main"]
    assert [x.branch for x in backend.item_events(last, "a", "label")] == ["main"]
    assert backend.count_events(other) == 3
    assert backend.commit_at(other, commits[2].time).id == commits[1].id
    assert backend.merge_base(other, last).id == commits[1].id
    assert backend.is_ancestor(commits[1], other)
    assert not backend.is_ancestor(commits[2], other)
    assert {ref.name: ref.kind for ref in backend.refs().values()} == {"main": "branch", "wild": "branch"}
    assert found(backend) == []


def test_a_branch_that_is_made_anew_has_a_lane_of_its_own(hand, backend):
    first = hand.commit("a")
    hand.branch("wild", first)
    old = hand.commit("b", branch="wild")
    hand.delete("wild")
    assert backend.tip("wild") is None
    assert backend.heads("wild") == []
    hand.branch("wild", first)
    new = hand.commit("c", branch="wild")
    assert (old.branch, new.branch) == ("wild", "wild~2")
    assert [x.event.item for x in backend.heads("wild")] == ["a", "c"]
    moves = [(m.old, m.new, m.rater, m.why) for m in backend.reflog("wild")]
    me = hand.rater.name
    assert moves == [
        (None, first.id, me, "because"), (old.id, None, me, "done"), (None, first.id, me, "because"),
    ]  # fmt: skip
    assert backend.commit(old.id) == old
    assert found(backend) == []


def test_tags_move_and_go(hand, backend):
    first, second = hand.commit("a"), hand.commit("b")
    hand.branch("v1", first, kind="tag")
    hand.branch("v1", second, kind="tag")
    assert backend.refs()["v1"].commit_id == second.id
    with pytest.raises(StoreError, match="is a tag already"):
        hand.branch("v1", second)
    hand.delete("v1", kind="tag")
    assert "v1" not in backend.refs()
    with pytest.raises(StoreError, match="no tag"):
        hand.delete("v1", kind="tag")
    assert [(m.old, m.new) for m in backend.reflog()] == [(second.id, None), (first.id, second.id), (None, first.id)]
    with pytest.raises(StoreError, match="no commit"):
        hand.branch("v2", dataclasses.replace(first, id="00" * 32), kind="tag")
    assert found(backend) == []


def test_commits_are_found_by_the_start_of_their_id(hand, backend):
    made = hand.commit("a")
    for n in (1, 4, 7, 8, 9, 64):
        assert [c.id for c in backend.commits_like(made.id[:n])] == [made.id]
    for prefix in ("", "nonsense", made.id[:8].upper() + "g", "0" * 64, "0" * 65):
        assert backend.commits_like(prefix) == []


def test_an_undo_that_is_undone_counts_no_more(hand, backend):
    first, second = hand.commit("a"), hand.commit("b")
    hand.commit(kind="schema", message="nothing")
    undo = hand.undo(second)
    assert [c.id for c in backend.undoable(undo, None, 5)] == [first.id]
    redo = hand.undo(undo)
    assert [c.id for c in backend.undoable(redo, None, 5)] == [second.id, first.id]
    assert backend.undoable(redo, None, 1)[0].events == second.events
    assert [c.id for c in backend.undoable(redo, None, 5, before=second)] == [first.id]
    assert backend.undoable(redo, "nobody", 5) == []
    assert [c.id for c in backend.undoable(undo, hand.rater.name, 5)] == [first.id]


def test_what_was_settled_of_a_merge_is_kept_until_it_is_dropped(hand, backend, again):
    hand.commit("a")
    one = Resolution("main", "wild", "a", "label", "e1", "e2", "value", {"number": 2.0}, "ann", START, "sure")
    two = dataclasses.replace(one, item="b", pick="ours", value=None)
    with backend.exclusive():
        backend.keep_resolution(one)
        backend.keep_resolution(two)
        backend.keep_resolution(dataclasses.replace(one, why="surer"))
    other = again()
    assert other.resolutions("main", "wild") == [dataclasses.replace(one, why="surer"), two]
    assert other.resolutions("wild", "main") == []
    with other.exclusive():
        other.drop_resolutions("main", "wild", "a", "label")
    assert backend.resolutions("main", "wild") == [two]
    with backend.exclusive():
        backend.drop_resolutions("main", "wild")
    assert backend.resolutions("main", "wild") == []
    other.close()


def test_others_notice_a_commit_on_their_branch(hand, backend, again):
    hand.commit("a")
    hand.branch("wild")
    other = again()
    before = other.data_version("main")
    assert other.data_version("main") == before
    hand.commit("b")
    assert other.data_version("main") != before
    assert [x.event.item for x in other.heads("main")] == ["a", "b"]
    other.close()


def test_one_consistent_state_is_seen_while_reading(hand, backend, again):
    hand.commit("a")
    other = again()
    if not other.login:
        other.close()
        pytest.skip("a writer of a file waits for its readers")
    with other.reading():
        before = other.tip("main")
        hand.commit("b")
        with other.reading():
            assert other.tip("main") == before
    assert other.tip("main") != before
    other.close()


@pytest.mark.parametrize("seed", range(4))
def test_random_histories_agree_with_the_plain_way(hand, backend, seed):
    """Branches, merges, deletions and undos at random, against sets and lists."""
    chance = random.Random(seed)
    parents, events, tips = {}, {}, {}
    made = hand.commit("a")
    parents[made.id], events[made.id], tips["main"] = [], list(made.events), made
    commits = {made.id: made}
    for step in range(40):
        branch = chance.choice(list(tips))
        what = chance.random()
        if what < 0.15 and len(tips) < 5:
            name, at = f"b{step}", chance.choice(list(commits.values()))
            hand.branch(name, at)
            tips[name] = at
            continue
        if what < 0.2 and branch != "main":
            hand.delete(branch)
            del tips[branch]
            continue
        more = {}
        if what < 0.45:
            theirs = chance.choice(list(commits.values()))
            more = {"merge_parent": theirs.id, "kind": "merge"}
        items = chance.sample(ITEMS, chance.randint(0, 3))
        made = hand.commit(*items, branch=branch, **more)
        parents[made.id] = [tips[branch].id, *([more["merge_parent"]] if more else [])]
        events[made.id], commits[made.id], tips[branch] = list(made.events), made, made

    def reached(commit):
        todo, seen = [commit], set()
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo += parents[one]
        return seen

    def line(commit):
        while True:
            yield commit
            if not parents[commit]:
                return
            commit = parents[commit][0]

    below = {c: reached(c) for c in commits}
    for a in chance.sample(sorted(commits), min(12, len(commits))):
        path = list(line(a))
        assert [c.id for c in backend.commits(commits[a])] == path
        newest = {e.item: e for c in reversed(path) for e in events[c]}
        assert {x.event.item: x.event for x in backend.heads_at(commits[a])} == newest
        assert [x.event for x in backend.events(commits[a], None)] == [e for c in reversed(path) for e in events[c]]
        for b in chance.sample(sorted(commits), min(8, len(commits))):
            assert backend.is_ancestor(commits[a], commits[b]) == (a in below[b])
            common = below[a] & below[b]
            best = {c for c in common if not any(c != d and c in below[d] for d in common)}
            base = backend.merge_base(commits[a], commits[b])
            assert base.id in best
            assert base.time == max(commits[c].time for c in best)
    for branch, tip in tips.items():
        assert backend.tip(branch).id == tip.id
        assert backend.heads(branch) == backend.heads_at(tip)
    before = {branch: backend.heads(branch) for branch in tips}
    assert found(backend) == []
    backend.rebuild_heads()
    assert {branch: backend.heads(branch) for branch in tips} == before
    assert found(backend) == []


def test_limits_are_named(hand, backend, monkeypatch):
    from explorer.labels.storage import rows

    monkeypatch.setattr(rows, "ORDERS", 2)
    with pytest.raises(StoreError, match="at most 2 events"):
        hand.commit("a", "b", "c")
    monkeypatch.setattr(rows, "LANES", 1)
    hand.commit("a")
    with pytest.raises(StoreError, match="branches, which is all"):
        hand.branch("wild")
    assert list(backend.refs()) == ["main"]


def test_the_view_for_people_is_readable(hand, backend):
    hand.commit(hand.draft("0f" * 32, "emu", why="é"), hand.draft("é–ü", None, op="flag"), kind="bulk")
    seen = backend.all('SELECT item, field, op, old, new, why, kind, branch, "commit", rater FROM log ORDER BY item')
    tip = backend.tip("main").id
    me = hand.rater.name
    assert seen == [
        ("0f" * 32, "label", "set", '{"class":"cat"}', '{"class":"emu"}', "é", "bulk", "main", tip, me),
        ("é–ü", "label", "flag", '{"class":"cat"}', "null", "", "bulk", "main", tip, me),
    ]
    assert "2026-01-02" in str(backend.all("SELECT min(time) FROM log")[0][0])


def test_the_view_for_people_reads_ids_of_32_and_64_digits(backend):
    items = ["0f" * 16, "0f" * 32, "word"]
    Hand(backend, items=items).commit(*items, kind="bulk")
    assert {row[0] for row in backend.all("SELECT item FROM log")} == set(items)


def test_a_branch_that_begins_where_another_one_goes_on_does_not_take_its_newest_labels(hand, again):
    """Between the look for a branch at the same commit and the copy of its cache, somebody writes to that branch."""
    if not hand.backend.login:
        pytest.skip("a file has one writer, whatever the branch")
    backend, other = hand.backend, again()
    start = hand.commit("a")
    hand.branch("wild", start)
    theirs = Hand(other)
    ask, due = backend.all, [True]

    def interrupted(sql, /, **binds):
        if due and sql.startswith("INSERT INTO head"):
            due.clear()
            theirs.commit("a", branch="wild")
        return ask(sql, **binds)

    hand.commit("b", branch="wild")
    tip = backend.tip("wild")
    theirs.newest = dict(hand.newest)
    backend.all = interrupted
    with backend.exclusive():
        backend.move_ref("new", "branch", tip.id, hand.rater, hand.now(), "")
    backend.all = ask
    assert backend.heads("new") == backend.heads_at(tip)
    assert found(backend) == []
    other.close()


def test_the_commits_that_one_is_ahead_of_another(hand, backend):
    start = [hand.commit("a") for _ in range(3)][-1]
    hand.branch("wild", start)
    theirs = [hand.commit("b", branch="wild") for _ in range(2)]
    main = hand.commit("c")
    assert (backend.ahead(theirs[-1], main), backend.ahead(main, theirs[-1])) == (2, 1)
    merged = hand.commit("b", kind="merge", merge_parent=theirs[0].id)
    assert (backend.ahead(theirs[-1], merged), backend.ahead(merged, theirs[-1])) == (1, 2)
    assert backend.ahead(merged, merged) == 0


def test_looking_for_undos_and_merges_passes_over_all_other_rows(hand, backend):
    if backend.login:
        pytest.skip("a server plans by what is in its tables")
    commit = hand.commit("a")
    asked = []
    ask = backend.all
    backend.all = lambda sql, /, **binds: asked.append((sql, binds)) or ask(sql, **binds)
    backend.undoable(commit, None, 1)
    backend.merge_base(commit, commit)
    backend.all = ask
    plans = [ask(f"EXPLAIN QUERY PLAN {sql}", **binds)[0][3] for sql, binds in asked if "IS NOT NULL" in sql]
    assert len(plans) >= 2
    assert all("events_undoes" in plan or "commits_merge" in plan for plan in plans), plans
