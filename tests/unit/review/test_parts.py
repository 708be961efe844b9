"""The parts of a review: what each tells, and that what is told row by row adds up to the whole."""

import inspect
import threading

import numpy as np
import pytest

import explorer
from explorer.labels import Edit
from explorer.labels import open as open_store
from explorer.labels.model.states import State
from explorer.pipeline.results import Results
from explorer.review import score_updates
from explorer.review.events import CellsChanged, Events, LabelsReset, LevelChanged, ScoresChanged, StagesChanged
from explorer.review.lock import StateLock

N = 300


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, N)
    x = (np.eye(8)[truth] * 3 + rng.normal(size=(N, 8))).astype(np.float32)
    given = np.where(rng.random(N) < 0.12, rng.integers(0, 4, N), truth)
    return x, truth, given


@pytest.fixture
def review(world, tmp_path):
    x, _, given = world
    made = explorer.Review(explorer.read(x, label=given), tmp_path / "s.labels.db", k=15, rater="ann")
    made.wait(progress=False)
    yield made
    made.close()


class Page:
    """What somebody shows who reads whole columns once, and then only rows, and levels."""

    def __init__(self, review):
        self.review, self.resets, self.heard = review, 0, threading.Condition()
        self.events = []
        self.read()
        review.events.subscribe(ScoresChanged, self.tell)

    def read(self):
        with self.review.state.lock:
            self.columns, self.version = self.review.scores.columns(), self.review.state.version
            self.levelless = self.review.scores.levelless()

    def tell(self, event):
        assert event.version == self.version + 1, "none is missed"
        with self.heard:
            self.events.append(event)
            if isinstance(event, LevelChanged):
                self.move(event.level)
            elif event.rows is None:
                self.resets += 1
                self.read()
            else:
                for name, values in (
                    ("p_error", event.values.p_error),
                    ("suggested", event.values.suggested),
                    ("is_label_issue", event.values.is_issue),
                ):
                    self.columns[name][event.rows] = values
                self.levelless[event.rows] = self.review.scores.levelless()[event.rows]
                for name, (rows, values) in event.values.flags.items():
                    self.columns[name][rows] = values
            self.version = event.version
            self.heard.notify_all()

    def move(self, level):
        """Bring all that is open to a level."""
        state, columns = self.review.state, self.columns
        rows = np.flatnonzero(~state.decided())
        columns["p_error"][rows] = level.move(self.levelless[rows])
        told = level.issues(
            columns["p_error"][rows], self.review.scores.fits()[rows], state.codes[rows], state.levelless.n_classes
        )
        columns["suggested"][rows], columns["is_label_issue"][rows] = told

    def agrees(self):
        with self.review.state.lock:
            for name, column in self.review.scores.columns().items():
                np.testing.assert_array_equal(self.columns[name], column, err_msg=name)
            assert self.review.counts()["suspects"] == self.columns["is_label_issue"].sum()
        return True


def test_rows_that_are_told_add_up_to_the_columns(review, world):
    page = Page(review)
    ids, truth = review.issues.index[:25], world[1]
    for item in ids:
        at = review.dataset.position(item)
        if truth[at] == review.dataset.given[at]:
            review.keep(item)
        else:
            review.relabel(item, int(truth[at]))
    review.mark(review.dataset.item_ids[200], "ambiguous")
    for _ in range(3):
        review.undo()
    review.clear(ids[0])
    assert review.issues is not None
    assert page.agrees()
    review.labels.apply([Edit(str(i), "set", "1") for i in review.dataset.item_ids[100:160]], kind="bulk")
    assert review.issues is not None
    assert page.agrees()
    assert not page.resets, "two thousand rows or fewer are never read anew"


def test_a_table_is_that_of_the_columns(review, world):
    for item in review.issues.index[:12]:
        review.relabel(item, "2")
    table = review.issues.reindex(review.dataset.item_ids)
    with review.state.lock:
        columns = review.scores.columns()
    np.testing.assert_array_equal(table["p_error"], columns["p_error"])
    np.testing.assert_array_equal(table["is_label_issue"], columns["is_label_issue"].astype(bool))
    ranked = review.scores.table
    assert ranked is review.scores.table, "made once"
    for item in ranked.index[[0, 7, 150]]:
        with review.state.lock:
            found = review.scores.of_item(review.dataset.position(item))
        assert found.rank == ranked.index.get_loc(item) + 1
        assert found.ranked == N


def test_learning_comes_with_every_tenth_decision_and_where_somebody_waits(review, monkeypatch):
    baseline, teach = review.state.baseline, type(review.state.baseline).teach
    taught, told, learnt = [], threading.Event(), threading.Event()

    def noted(self, inputs):
        taught.append(self.decisions)
        learnt.set()
        return teach(self, inputs)

    monkeypatch.setattr(type(baseline), "teach", noted)
    review.events.subscribe(ScoresChanged, lambda _: told.set())
    for number, item in enumerate(review.issues.index[:12], 1):
        told.clear()
        review.relabel(item, "3" if review.dataset.given[review.dataset.position(item)] != 3 else "0")
        assert told.wait(60)
        if number == 9:
            assert taught == []
        if number == 10:
            assert learnt.wait(60), "nobody waits, and no decision follows"
    assert review.scores.table is not None  # it waits
    assert taught[-1] == 12, "whoever waits reads what was learnt from all"
    assert taught[0] == 10
    for _ in range(3):
        review.undo()
    assert review.scores.table is not None
    assert taught[-1] == 9, "what is taken back is learnt from no longer"


def test_learning_can_be_turned_off(review, monkeypatch):
    monkeypatch.setattr(score_updates, "LEARN_EVERY", 10**9)
    monkeypatch.setattr(type(review.state.baseline), "teach", lambda *_: 1 / 0)
    for item in review.issues.index[:11]:
        review.keep(item)
    assert review.issues is not None
    assert review.scores.error is None


def test_counts_are_those_of_the_states(review):
    rng = np.random.default_rng(0)
    ids = review.dataset.item_ids
    for _ in range(40):
        item, what = str(rng.choice(ids)), rng.integers(5)
        if what == 0:
            review.relabel(item, int(rng.integers(4)))
        elif what == 1:
            review.keep(item)
        elif what == 2:
            review.mark(item, "wrong")
        elif what == 3:
            review.clear(item)
        else:
            review.undo()
    counts, states = review.counts(), review.state.states
    for state in (State.RELABELLED, State.KEPT, State.FLAGGED):
        assert counts[state.value] == (states == state.code).sum()
    assert counts["reviewed"] == counts["relabelled"] + counts["kept"] + counts["flagged"] + counts["left_out"]


def test_a_change_tells_the_cells_that_it_wrote(review):
    told = []
    review.events.subscribe(CellsChanged, told.append)
    ids = [str(i) for i in review.dataset.item_ids[[5, 9]]]
    written = review.decisions.edit("set", ids, label="1")
    assert written.positions == (5, 9)
    assert [cell.value for cell in written.cells] == ["1", "1"]
    assert [event.commit.id for event in told] == [written.commit.id], "once"
    assert told[0].cells == written.cells
    assert review.decisions.edit("keep", []) is None
    assert [review.state.event_of(p) for p in (5, 9)] == [cell.event for cell in written.cells]


def test_an_older_run_publishes_nothing(world, tmp_path):
    x, _, given = world
    review = explorer.Review(explorer.read(x, label=given), tmp_path / "s.labels.db", start=False)
    state, told = review.state, []
    review.events.subscribe(StagesChanged, told.append)
    first = state.generation
    second = state.begin_run(state.options)
    assert not state.publish(first, Results(layout_name="old"), state.dataset)
    assert state.results.layout_name is None
    assert state.publish(second, Results(layout_name="new"), state.dataset)
    assert state.results.layout_name == "new"
    assert state.read().generation == second
    review.close()


def test_two_reviews_of_one_store_never_wait_for_each_other(world, tmp_path):
    x, _, given = world
    with open_store(tmp_path / "s.labels.db", rater="ann") as store:
        pair = [explorer.Review(explorer.read(x, label=given), store, start=False) for _ in range(2)]
        ids = [str(i) for i in pair[0].dataset.item_ids]

        def decide(review, part):
            for item in part:
                review.keep(item)

        threads = [
            threading.Thread(target=decide, args=(review, ids[n::2][:60]), daemon=True) for n, review in enumerate(pair)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive()
        for review in pair:
            review.sync.catch_up()
            assert review.counts()["kept"] == 120
            review.sync.close()


def test_work_that_is_left_is_done_when_the_lock_is_free():
    lock, done = StateLock(), []
    lock.later(lambda: done.append("at once"))
    assert done == ["at once"]
    with lock:
        with lock:
            lock.later(lambda: done.append("later"))
            assert done == ["at once"]
        assert done == ["at once"], "somebody holds it still"
    assert done == ["at once", "later"]
    other = threading.Thread(target=lambda: lock.later(lambda: done.append("beside")))
    with lock:
        other.start()
        other.join()
        assert "beside" not in done
    assert done[-1] == "beside"


def test_a_handler_that_fails_costs_no_other(caplog):
    events, heard = Events(), []
    events.subscribe(LabelsReset, lambda _: 1 / 0)
    stop = events.subscribe(LabelsReset, heard.append)
    events.emit(LabelsReset())
    assert len(heard) == 1
    assert "LabelsReset" in caplog.text
    stop()
    events.emit(LabelsReset())
    assert len(heard) == 1


def test_completion_offers_what_is_for_people(review):
    names = dir(review)
    assert 30 <= len(names) <= 42
    assert all(hasattr(type(review), name) or name in vars(review) for name in names)
    assert {"sample", "scores", "issues", "relabel", "left"} <= set(names)
    assert not {"state", "events", "sync", "runs"} & set(names)
    assert all(inspect.getdoc(getattr(type(review), name, review.labels)) for name in names)


def test_the_sample_says_itself_in_a_sentence(review):
    review.sample.draw(3)
    text = repr(review.sample)
    assert text.startswith(f"A random sample of {N} items since ")
    assert "3 were asked about, and 10% of the queue is drawn from it" in text
    review.sample.rate = 0
    assert "none of the queue" in repr(review.sample)
    assert review.sample.since == review.sample_since
    assert f"Scores of {N} items" in repr(review.scores)
    assert review.scores.updated is not None
