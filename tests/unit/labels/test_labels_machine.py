"""The store against plain dicts: any sequence of edits, undos, branches, merges and rebinds gives what the model gives.

The same sequences run on a file and on a PostgreSQL server.
"""

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from labels_help import CLASSES, rows
from store_machine import StoreMachine, raised

from explorer import labels
from explorer.labels import StoreError

databases = itertools.count()


class FileMachine(StoreMachine):
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        super().__init__(Path(self.folder.name) / "x.labels.db", ("ann", "bob"))

    def teardown(self):
        super().teardown()
        self.folder.cleanup()


def server_machine(server):
    """A machine with a new database for each sequence; its login is the rater, whichever handle writes."""
    import psycopg

    class ServerMachine(StoreMachine):
        def __init__(self):
            self.database = f"machine{next(databases)}"
            self.do(f"CREATE DATABASE {self.database}")
            super().__init__(server.get_uri(database=self.database), ("postgres", "postgres"))

        def do(self, command):
            with psycopg.connect(server.get_uri(), autocommit=True) as db:
                db.execute(command)

        def teardown(self):
            super().teardown()
            self.do(f"DROP DATABASE {self.database} WITH (FORCE)")

    return ServerMachine


def settled(examples, steps):
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def test_on_a_file():
    run_state_machine_as_test(FileMachine, settings=settled(25, 20))


def test_on_a_server(pg_server):
    run_state_machine_as_test(server_machine(pg_server), settings=settled(8, 20))


@pytest.mark.soak
@pytest.mark.timeout(1800)  # a failure is made smaller, which takes longer than the sequences
def test_on_a_file_for_long():
    run_state_machine_as_test(FileMachine, settings=settled(300, 60))


@pytest.mark.soak
@pytest.mark.timeout(1800)  # a failure is made smaller, which takes longer than the sequences
def test_on_a_server_for_long(pg_server):
    run_state_machine_as_test(server_machine(pg_server), settings=settled(60, 60))


def test_a_revert_also_takes_back_what_a_merge_said_again(tmp_path):
    with labels.open(tmp_path / "x.labels.db", rater="ann") as store:
        store.bind(rows("a", "b"), CLASSES, keyed=True)
        store.branch("x")
        ours = store.set("a", "dog")
        store.switch("x")
        store.set("a", "emu")
        store.switch("main")
        store.merge("x", resolve="ours")
        reverted = store.revert(ours.id)
        assert store.get("a").value == "cat"
        raised(StoreError, store.revert, ours.id)
        assert store.undo() is None  # of the merge nothing is left either
        store.revert(reverted.id)
        assert store.get("a").value == "dog"


def test_a_revert_of_an_undo_puts_back_what_it_took_away_also_over_a_merged_decision(tmp_path):
    """The merge said the decision again that the undo restored: the revert is about neither."""
    with labels.open(tmp_path / "x.labels.db", rater="ann") as store:
        store.bind(rows("a", "b"), CLASSES, keyed=True)
        store.branch("x")
        store.set("b", "dog")
        store.switch("x")
        store.set("a", "emu")
        store.switch("main")
        store.merge("x")
        store.flag("a")
        undone = store.undo()
        assert (store.get("a").value, store.get("a").state) == ("emu", "relabelled")
        store.revert(undone.id)
        assert (store.get("a").value, store.get("a").state) == ("emu", "flagged")
