"""Whose label it is, across undos and merges; votes; and how values show themselves."""

import dataclasses
import datetime as dt

import pytest
from labels_help import CLASSES, clock, opened, rows

from explorer import cli, labels
from explorer.errors import UnknownName

ODD = "<img src=x onerror=alert(1)>"


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path / "pets.labels.db", clock=clock()) as store:
        yield store


@pytest.fixture
def bob(store):
    with labels.open(store.path, rater="bob", clock=clock(dt.datetime(2026, 1, 2, 4, tzinfo=dt.UTC))) as bob:
        yield bob


def test_nobody_is_to_blame_for_a_given_label(store):
    blame = store.blame("a")
    assert (blame.decision, blame.chain, blame.votes) == (None, [], [])
    assert blame.cell == store.get("a")
    assert "nobody decided" in repr(blame)
    with pytest.raises(UnknownName):
        store.blame("zz")


def test_blame_names_who_when_why_and_what_they_saw(store, bob):
    store.set("a", "emu", why="first guess")
    seen = {"p_error": 0.93, "model": "vit", "score": 0.1}
    bob.set("a", "dog", why="it barks", reason="wrong", evidence=seen)
    blame = store.blame("a")
    by = blame.decision
    assert (by.rater, by.why, by.reason, by.old, by.new) == ("bob", "it barks", "wrong", "emu", "dog")
    assert by.time == dt.datetime(2026, 1, 2, 4, tzinfo=dt.UTC)
    assert dict(by.evidence) == seen
    assert [e.rater for e in blame.chain] == ["bob", "ann"]
    assert blame.table()["why"].tolist() == ["it barks", "first guess"]
    assert "bob" in repr(blame)
    assert "0.93" in repr(blame)


def test_blame_looks_through_undos_to_the_decision_that_holds_again(store, bob):
    store.set("a", "dog", why="it barks")
    bob.set("a", "emu")
    bob.undo()
    blame = store.blame("a")
    assert (blame.cell.rater, blame.decision.rater, blame.decision.why) == ("bob", "ann", "it barks")
    assert [e.undoes is not None for e in blame.chain] == [True, False, False]
    bob.undo()
    assert store.blame("a").decision is None
    assert len(store.blame("a").chain) == 4


def test_blame_survives_merges_even_of_merges(store, bob):
    store.branch("exp")
    store.branch("deep")
    bob.switch("deep")
    original = bob.set("a", "dog", why="it barks", evidence={"p_error": 0.5})
    bob.switch("exp")
    bob.merge("deep")
    store.merge("exp")
    blame = store.blame("a")
    assert blame.decision.event == original.events[0].id
    assert (blame.decision.rater, blame.decision.time, blame.decision.branch) == ("bob", original.time, "deep")
    assert [e.branch for e in blame.chain] == ["main", "deep"], "a merge copies the decision, not the merges before"
    assert store.get("a").rater == "bob"
    store.undo()
    assert store.blame("a").decision is None


def test_blame_of_a_settled_conflict_shows_both_sides(store, bob):
    bob.switch("exp", create=True)
    bob.set("a", "emu", why="runs")
    store.set("a", "dog", why="barks")
    store.merge("exp").resolve("a", "value", "cat", why="neither")
    store.merge("exp")
    blame = store.blame("a")
    assert (blame.decision.rater, blame.decision.new, blame.decision.why) == ("ann", "cat", "neither")
    assert sorted(e.why for e in blame.chain) == ["barks", "neither", "runs"]


# Votes


def test_each_rater_has_one_vote_the_newest_that_stands(store, bob):
    store.set("a", "dog")
    store.set("a", "emu", why="second thought")
    bob.keep("a", reason="sure")
    votes = store.votes("a")
    assert votes[["item", "rater", "value", "op", "why", "reason"]].values.tolist() == [
        ["a", "bob", "emu", "keep", "", "sure"],
        ["a", "ann", "emu", "set", "second thought", ""],
    ]
    bob.set("a", "cat")
    bob.undo()
    assert store.votes("a")["op"].tolist() == ["keep", "set"], "what was taken back is no vote"
    store.set("b", "dog")
    everything = store.votes()
    assert sorted(zip(everything["item"], everything["rater"], strict=True)) == [
        ("a", "ann"),
        ("a", "bob"),
        ("b", "ann"),
    ]
    undone = store.undo()
    assert len(store.votes("b")) == 0
    store.revert(undone.id)
    assert len(store.votes("b")) == 1
    store.add_field("age", "number")
    bob.set("a", 3, field="age")
    assert store.votes(field="age")["value"].tolist() == [3.0]


def test_settling_cites_the_votes(store, bob):
    store.set("a", "dog")
    bob.set("a", "emu")
    events = store.votes("a")["event"].tolist()
    with labels.open(store.path, rater="eve") as eve:
        commit = eve.resolve("a", "dog", why="ann is right", evidence={"p_error": 0.5})
        assert commit.events[0].evidence == {"p_error": 0.5, "votes": events}
        assert eve.get("a").rater == "eve"
        one = eve.resolve("a", "emu", votes=events[:1], expected=eve.get("a").event)
        assert one.events[0].evidence == {"votes": events[:1]}
        with pytest.raises(UnknownName, match="no vote on this item 'nonsense'"):
            eve.resolve("a", "emu", votes=["nonsense"])


def test_a_vote_from_another_branch_comes_with_the_merge(store, bob):
    bob.switch("exp", create=True)
    bob.set("a", "emu")
    assert len(store.votes("a")) == 0
    store.merge("exp")
    assert store.votes("a")[["rater", "value"]].values.tolist() == [["bob", "emu"]]


# Reprs


def test_values_show_themselves_in_one_line_and_as_escaped_html(tmp_path):
    with labels.open(tmp_path / "x.db", rater=ODD, clock=clock()) as store:
        report = store.bind(rows((ODD, "h", ODD), ("b", "h2", "cat")), [ODD, "cat", "dog"])
        store.branch("exp")
        commit = store.set(ODD, "cat", why=ODD, evidence={"p_error": 0.5, "name": ODD})
        with pytest.raises(labels.Conflict) as caught:
            store.set(ODD, "dog", expected="0" * 64)
        with labels.open(store.path, rater="bob", branch="exp") as bob:
            bob.set(ODD, "dog", why=ODD)
        merge = store.merge("exp")
        shown = [
            report,
            commit,
            store.get(ODD),
            store.blame(ODD),
            merge,
            store.verify(),
            store,
            caught.value,
            store.bind(rows((ODD, "h", "dog"), ("b", "h2", "cat"))),
        ]
        for value in shown:
            html = value._repr_html_()
            assert html.startswith("<div")
            assert "<img" not in html, type(value)
            assert "<script" not in html
            assert len(repr(value)) < 600, type(value)
        assert f"conflict by {ODD}" in repr(store.get(ODD))
        assert commit.id[:12] in repr(commit)
        assert "1 conflict, 1 open; not committed" in repr(merge)
        assert "2 items" in repr(store)
        assert "all as written" in repr(store.verify())
        assert repr(merge.conflicts[0]).endswith("open)")
        assert "&lt;img" in merge._repr_html_()


def test_long_tables_are_cut_and_counted(tmp_path):
    items = [f"i{n}" for n in range(50)]
    with labels.open(tmp_path / "x.db", rater="ann") as store:
        report = store.bind(rows(*items), CLASSES)
        assert store.bind(rows(*items[:20]), CLASSES)._repr_html_().count("<td") <= 3
        commit = store.apply([labels.Edit(i, "set", "dog") for i in items[:20]])
        store.bind(rows(*items), CLASSES)
        commit = store.apply([labels.Edit(i, "set", "emu") for i in items])
        assert "and 30 more" in commit._repr_html_()
        assert str(report) == "nothing changed"


# Votes that were withdrawn


def test_an_undo_that_a_merge_brings_withdraws_the_vote_and_is_none(store, bob):
    bob.set("a", "dog")
    store.branch("exp")
    store.switch("exp")
    store.undo()
    assert len(store.votes("a")) == 0
    store.switch("main")
    merged = store.merge("exp").made
    assert store.get("a").state == "given"
    for votes in (store.votes("a"), store.votes()):
        assert votes[["rater", "value"]].values.tolist() == []
    assert store.blame("a").votes == []
    store.branch("next", merged.parent)
    store.switch("next")
    store.merge("main")  # what a merge brought over is brought over again
    assert len(store.votes("a")) == len(store.votes()) == 0
    store.undo()
    assert store.votes("a")["rater"].tolist() == ["bob"], "with the merge taken back the vote stands again"


def test_an_undo_that_a_merge_brings_leaves_the_votes_before_it(store, bob):
    store.set("a", "emu")
    bob.set("a", "dog")
    bob.switch("exp", create=True)
    bob.undo()
    store.merge("exp")
    for votes in (store.votes("a"), store.votes()):
        assert votes[["rater", "value"]].values.tolist() == [["ann", "emu"]]
    bob.set("a", "cat")
    store.merge("exp")
    assert store.votes("a")[["rater", "value"]].values.tolist() == [["bob", "cat"], ["ann", "emu"]]


def test_going_back_to_the_given_label_withdraws_ones_own_vote_only(store, bob):
    store.set("a", "dog")
    bob.set("a", "emu")
    store.clear("a")
    for votes in (store.votes("a"), store.votes()):
        assert votes[["rater", "value"]].values.tolist() == [["bob", "emu"]]
    store.undo()
    assert store.votes("a")["rater"].tolist() == ["bob", "ann"]


# Who settled


@pytest.mark.parametrize(("pick", "value"), [("ours", None), ("theirs", None), ("value", "cat")])
@pytest.mark.parametrize("why", ["", "looked <twice>"])
def test_blame_says_who_settled_a_conflict_and_why(store, bob, pick, value, why):
    bob.switch("exp", create=True)
    bob.set("a", "emu")
    store.set("a", "dog")
    with labels.open(store.path, rater="carl") as carl:
        merge = carl.merge("exp")
        merge.resolve("a", pick, value, why=why)
        merge.commit()
    said = f"settled by carl: {why}" if why else "settled by carl"
    expected = {"pick": pick, "by": "carl"} | ({"why": why} if why else {})
    assert store.get("a").evidence["resolved"] == expected
    blame = store.blame("a")
    assert blame.settled == said
    assert said in repr(blame).splitlines()[0]
    assert blame.table()["settled"].dropna().tolist() == [said]
    assert said.replace("<", "&lt;").replace(">", "&gt;") in blame._repr_html_()
    store.undo()
    assert store.blame("a").settled == ""


def test_blame_reads_what_older_stores_say_of_a_settled_conflict(store, bob):
    bob.switch("exp", create=True)
    bob.set("a", "emu")
    store.set("a", "dog")
    store.merge("exp", resolve="ours")
    newest = store.blame("a").chain[0]
    older = dataclasses.replace(newest, evidence={"resolved": {"pick": "ours", "rater": "ann", "why": "so"}})
    assert older.settled == "settled by ann: so"


def test_a_cleared_cell_has_the_given_label_and_nobody_gave_it(store):
    store.set("a", "dog")
    store.clear("a", why="misread")
    for text in (repr(store.get("a")), repr(store.blame("a"))):
        assert "given label, cleared by ann at" in text
        assert "given by" not in text


def test_the_command_says_who_settled_a_conflict(store, bob, capsys):
    bob.switch("exp", create=True)
    bob.set("a", "emu")
    store.set("a", "dog")
    store.merge("exp", resolve="theirs", why="bob was there")
    assert cli.main(["blame", store.path, "a"]) == 0
    assert "settled by ann: bob was there\n" in capsys.readouterr().out
    assert cli.main(["blame", store.path, "a", "--format", "jsonl"]) == 0
    assert '"settled by ann: bob was there"' in capsys.readouterr().out
