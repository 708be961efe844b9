"""A store on a PostgreSQL server: logins, rights, locks, lost connections."""

import dataclasses
import threading
import time

import pytest
from backend_help import Hand
from pg import as_login

from explorer import labels
from explorer.labels import Edit
from explorer.labels.model.drafts import CommitDraft
from explorer.labels.model.types import Rater, StoreError
from explorer.labels.storage.postgres import PostgresBackend


@pytest.fixture
def admin(pg_url):
    """Runs statements as the server's own user."""
    import psycopg

    with psycopg.connect(pg_url, autocommit=True) as db:
        yield lambda sql: db.execute(sql)


@pytest.fixture
def people(pg_url, admin):
    """Opens the store as a login; `boss`, who is no superuser, owns it and lets `ann` and `bob` in."""
    opened = []

    def enter(login, **options):
        backend = PostgresBackend(as_login(pg_url, login), **options)
        opened.append(backend)
        return backend

    for login in ("boss", "ann", "bob", "eve"):
        if not admin(f"SELECT 1 FROM pg_roles WHERE rolname = '{login}'").fetchone():
            admin(f"CREATE ROLE {login} LOGIN")
    database = admin("SELECT current_database()").fetchone()[0]
    admin(f"GRANT CREATE ON DATABASE {database} TO boss")
    boss = enter("boss")
    for login in ("ann", "bob"):
        boss.grant(login)
    Hand(boss).commit(kind="import")
    yield enter
    for backend in opened:
        backend.close()


def test_each_login_signs_with_its_own_name(people):
    ann, bob = people("ann"), people("bob")
    assert (ann.login, bob.login) == ("ann", "bob")
    made = Hand(ann).commit("a")
    assert made.rater == "ann"
    follow = Hand(bob)
    follow.newest = {("main", "a", "label"): made.events[0].id}
    follow.commit("a", "b")
    assert [r.name for r, *_ in ann.raters()] == ["boss", "ann", "bob"]
    assert list(ann.problems()) == []
    with pytest.raises(StoreError, match="has to be bob, who is logged in"):
        follow.commit("c", rater=Rater("ann"))
    with pytest.raises(StoreError, match="has to be bob"), bob.exclusive():
        bob.move_ref("v1", "tag", made.id, Rater("ann"), made.time, "")
    assert bob.refs().keys() == {"main"}


def test_the_decision_of_somebody_else_can_be_brought_in(people):
    ann = people("ann")
    made = Hand(ann).commit(Hand(ann).draft("a", rater=Rater("zoe", "import")))
    assert (made.rater, made.events[0].rater) == ("ann", "import:zoe")


def test_who_was_not_let_in_sees_nothing(people):
    with pytest.raises(StoreError, match="refused the login 'eve'.*permission denied|no label store"):
        people("eve")
    boss = people("boss")
    with pytest.raises(StoreError, match="no login 'nobody'"):
        boss.grant("nobody")


LOG = ["meta", "lane", "snapshot", "label_schema", "rater", "value", "tool", "commits", "events", "reflog"]


@pytest.mark.parametrize("login", ["boss", "ann", "postgres"])
def test_nobody_changes_what_is_written_not_even_the_owner(people, pg_url, admin, login):
    ann = people("ann")
    hand = Hand(ann)
    hand.commit("a")
    hand.branch("v1", kind="tag")
    import psycopg

    with psycopg.connect(as_login(pg_url, login), autocommit=True) as db:
        db.execute("SET search_path = labels")
        for table in LOG:
            column = db.execute(f"SELECT * FROM {table} LIMIT 1").description[-1].name
            if table == "meta" and login == "postgres":
                continue  # not part of the log, and a superuser has every right
            for statement in (
                f"UPDATE {table} SET {column} = {column}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with pytest.raises(psycopg.Error, match="permission denied|append-only"):
                    db.execute(statement)
        if login == "ann":  # a table of her own does not fool the check of the signature
            db.execute("CREATE TEMP TABLE rater AS SELECT 1 AS n, 'ann' AS name")
            db.execute("SET search_path = pg_temp, labels")
            with pytest.raises(psycopg.Error, match="has to be ann"):
                db.execute(
                    "INSERT INTO commits SELECT n + 100, id, n, NULL, 1, time, '', 0, schema, snapshot, tool, NULL "
                    "FROM commits ORDER BY n DESC LIMIT 1"
                )
    assert list(ann.problems()) == []
    hand.commit("b")


def test_a_lost_connection_says_so_and_the_next_call_works(people, admin):
    ann = people("ann")
    hand = Hand(ann)
    first = hand.commit(hand.draft("a", op_id="one"))
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ann' AND pid <> pg_backend_pid()"
    admin(kill)
    with pytest.raises(StoreError, match=r"was lost.*same op_id") as lost:
        ann.tip("main")
    assert lost.value.transient
    assert ann.tip("main").id == first.id

    def cut_while_writing():
        with ann.exclusive():
            draft = CommitDraft("edit", hand.rater, hand.now(), "", hand.snapshot, hand.schema, (hand.draft("b"),))
            ann.append("main", draft, first.id)
            admin(kill)

    with pytest.raises(StoreError, match=r"was lost.*same op_id"):
        cut_while_writing()
    assert ann.tip("main").id == first.id
    assert ann.commit_of(["one"]) == {"one": first.id}
    hand.commit(hand.draft("b", {"number": 3.0}, field="size"))
    assert list(ann.problems()) == []


def test_one_writer_at_a_time_on_a_branch_and_two_on_two(people):
    ann, bob = people("ann"), people("bob", timeout=0.3)
    Hand(ann).branch("wild")
    with ann.exclusive():
        before = time.monotonic()
        with pytest.raises(StoreError, match="locked"), bob.exclusive():
            raise AssertionError
        assert time.monotonic() - before > 0.2  # it waited for as long as it was told
        Hand(bob).commit("b", branch="wild")
    with bob.exclusive():
        pass
    with pytest.raises(StoreError, match="no branch 'other'"), bob.exclusive("other"):
        pass


def test_many_writers_lose_nothing_and_double_nothing(people):
    failures, made = [], []

    def work(login):
        backend = people(login, timeout=30)
        try:
            hand = Hand(backend)
            for n in range(15):
                with backend.exclusive():
                    tip = backend.tip("main")
                    before = backend.item_events(tip, "a", "label")
                    draft = hand.draft(
                        "a", {"number": float(n)}, previous=before[0].event.id if before else None, op_id=f"{login}{n}"
                    )
                    said = CommitDraft("edit", hand.rater, hand.now(), "", hand.snapshot, hand.schema, (draft,))
                    made.append(backend.append("main", said, tip.id))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(login,)) for login in ("ann", "bob", "boss")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    boss = people("boss")
    tip = boss.tip("main")
    assert tip.position == 45
    chain = [x.event for x in boss.item_events(tip, "a", "label")]
    assert [e.previous for e in chain] == [*(e.id for e in chain[1:]), None]
    assert {e.op_id for e in chain} == {f"{login}{n}" for login in ("ann", "bob", "boss") for n in range(15)}
    assert list(boss.problems()) == []


def test_two_at_once_make_one_store(pg_url):
    backends, failures = [], []

    def enter():
        try:
            backends.append(PostgresBackend(pg_url))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len({backend.store_id() for backend in backends}) == 1
    for backend in backends:
        backend.close()
        with pytest.raises(StoreError, match="is closed"):
            backend.tip("main")


def test_stores_of_one_database_are_apart(pg_url):
    joined = "&" if "?" in pg_url else "?"
    one, two = PostgresBackend(pg_url), PostgresBackend(f"{pg_url}{joined}store=photos")
    Hand(one).commit("a")
    assert two.tip("main") is None
    assert two.path.endswith("store=photos")
    assert one.store_id() != two.store_id()
    one.close()
    two.close()
    with pytest.raises(StoreError, match="cannot be the name of a store"):
        PostgresBackend(f"{pg_url}{joined}store=a;drop")


def test_read_only_reads_and_refuses_to_write(pg_url):
    with pytest.raises(StoreError, match="no label store"):
        PostgresBackend(pg_url, read_only=True)
    backend = PostgresBackend(pg_url)
    hand = Hand(backend)
    hand.commit("a")
    reader = PostgresBackend(pg_url, read_only=True)
    assert len(reader.heads("main")) == 1
    with pytest.raises(StoreError, match="read-only"), reader.exclusive():
        pass
    with pytest.raises(StoreError, match="read-only"):
        reader.all("DELETE FROM head")
    backend.close()
    reader.close()


def test_a_newer_format_is_refused(pg_url, admin):
    PostgresBackend(pg_url).close()
    admin("UPDATE labels.meta SET value = '3' WHERE key = 'format'")
    with pytest.raises(StoreError, match="format 3.*up to format 2"):
        PostgresBackend(pg_url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hush%21hush@127.0.0.1:1/x",
        "postgresql://ann@127.0.0.1:1/x?password=hush%21hush",
        "postgresql://ann:hush!hush@127.0.0.1:port/x",
        "postgresql://ann:hush!hush@[/x",
    ],
)
def test_a_password_is_never_shown(url, caplog):
    with pytest.raises(StoreError) as caught:
        PostgresBackend(url, timeout=1)
    error = caught.value
    while error is not None:
        assert "hush" not in f"{error} {error!r} {error.args}"
        error = None if error.__suppress_context__ and error.__cause__ is None else error.__cause__ or error.__context__
    assert "hush" not in caplog.text


def test_what_stands_for_an_engine_shows_no_login_and_no_password(pg_url):
    backend = PostgresBackend(pg_url.replace("postgres:@", "postgres:hush@"))
    assert "hush" not in f"{backend.path} {backend!r} {vars(backend)}"
    assert "postgres@" not in backend.path
    with pytest.raises(StoreError) as caught:
        backend.all("SELECT nonsense")
    assert "hush" not in str(caught.value)
    backend.close()


def test_a_database_that_is_not_there_is_named(pg_url):
    url = pg_url.replace("/t", "/none", 1)
    with pytest.raises(StoreError, match='cannot be reached.*"none'):
        PostgresBackend(url)


def test_text_that_the_server_cannot_hold_is_refused(people):
    hand = Hand(people("ann"))
    made = hand.commit("a")
    with pytest.raises(StoreError, match="NUL"):
        hand.commit(hand.draft("b", why="a\0b"))
    assert hand.backend.tip("main") == dataclasses.replace(made, events=(), root="")


def test_the_log_of_a_deleted_branch_has_the_last_commit_of_whoever_was_still_writing(people, pg_url):
    writer = Hand(people("ann"))
    writer.branch("wild")
    with labels.open(as_login(pg_url, "bob")) as store:
        with writer.backend.exclusive("wild"):
            tip = writer.backend.tip("wild")
            draft = CommitDraft(
                "edit", writer.rater, writer.now(), "", writer.snapshot, writer.schema, (writer.draft("a"),)
            )
            last = writer.backend.append("wild", draft, tip.id)
            deleting = threading.Thread(target=store.delete_branch, args=("wild",), kwargs={"force": True})
            deleting.start()
            deleting.join(0.3)
            assert deleting.is_alive(), "it waits for the writer"
        deleting.join(10)
        newest = store.reflog("wild").iloc[0]
        assert newest["old"] == last.id
        assert store.verify().ok


def test_a_person_gives_labels_under_the_login_only(people, pg_url):
    people("ann")
    with labels.open(as_login(pg_url, "ann")) as store:
        edit = Edit("a", "set", "dog")
        head = store.head
        for call in (
            lambda: store.apply([edit], rater="bob"),
            lambda: store.apply([dataclasses.replace(edit, rater=Rater("bob"))]),
        ):
            with pytest.raises(StoreError, match="login is 'ann'.*as the person 'bob'.*import"):
                call()
        assert store.head == head
        for rater in (Rater("ann"), Rater("vit", "model"), Rater("bob", "import")):
            store.apply([dataclasses.replace(edit, rater=rater)])
        store.apply([edit], rater="ann")
        assert store.verify().ok
