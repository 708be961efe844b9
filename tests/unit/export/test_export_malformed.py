"""Files that are no exports, or were once: reading one gives its table or says what is wrong; writing loses nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from labels_help import opened

from explorer import export
from explorer.errors import DataError, ExplorerError
from explorer.labels import Edit

LONG = "a line of a log that somebody pasted\r\n" * 10_000
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORMATS = sorted(export.FORMATS)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """An export in each format, as bytes."""
    folder = tmp_path_factory.mktemp("exports")
    with opened(folder / "pets.labels.db") as store:
        store.apply(
            [Edit("a", "set", "dog", why="«é»\n", evidence={"p_error": 0.25}), Edit("b", "flag", reason="wrong")]
        )
        return {kind: export.write(store, folder / f"pets.{kind}").read_bytes() for kind in FORMATS}


def read_or_refused(path: Path) -> pd.DataFrame | None:
    try:
        return export.read(path)
    except ExplorerError as error:
        refusal = str(error)
    assert path.name in refusal
    return None


@pytest.mark.parametrize("kind", FORMATS)
def test_a_text_of_any_length_comes_back(tmp_path, kind):
    with opened(tmp_path / "one.labels.db") as store, opened(tmp_path / "two.labels.db") as other:
        store.set("a", "dog", why=LONG)
        before = csv.field_size_limit()
        assert export.import_into(other, export.write(store, tmp_path / f"x.{kind}")) is not None
        assert other.get("a").why == LONG
        assert csv.field_size_limit() == before  # it is the whole process's


def test_csv_and_jsonl_keep_what_ends_lines_elsewhere(tmp_path):
    why = "a\rb\r\nc\u2028d\u0085e\x1cf\x0cg"
    with opened(tmp_path / "pets.labels.db") as store:
        store.set("a", "dog", why=why)
        for kind in FORMATS:
            assert export.read(export.write(store, tmp_path / f"x.{kind}"))["why"][0] == why


def test_a_column_that_stands_there_twice_is_named(written, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(written["csv"].replace(b"reason", b"why", 1))
    with pytest.raises(DataError, match=r"x\.csv: The column 'why' stands there twice"):
        export.read(path)


@pytest.mark.parametrize(("column", "value"), [("time", "yesterday"), ("p_error", "high"), ("p_error", 10**400)])
def test_a_time_or_number_that_is_none_is_named(written, tmp_path, column, value):
    (tmp_path / "x.parquet").write_bytes(written["parquet"])
    table = export.read(tmp_path / "x.parquet").astype({column: object})
    table.loc[0, column] = value
    with pytest.raises(DataError, match=f"column '{column}'"):
        export.write(table, tmp_path / "y.csv")


def test_a_label_store_is_never_replaced_by_an_export(tmp_path):
    path = tmp_path / "pets.labels.db"
    (tmp_path / "link.csv").symlink_to(path)
    with opened(path) as store:
        store.set("a", "dog")
        for target in (path, tmp_path / "link.csv"):
            with pytest.raises(DataError, match="is a label store"):
                export.write(store, target, "csv")
    with opened(path) as store:
        assert store.get("a").value == "dog"
        assert store.verify().ok


@QUICK
@given(data=st.binary(max_size=300), kind=st.sampled_from(FORMATS))
def test_any_bytes_are_a_table_or_refused(tmp_path, data, kind):
    path = tmp_path / f"x.{kind}"
    path.write_bytes(data)
    assert read_or_refused(path) is None or not len(export.read(path))


@QUICK
@given(data=st.data(), kind=st.sampled_from(FORMATS))
def test_a_damaged_export_is_a_table_or_refused(written, tmp_path, data, kind):
    whole = bytearray(written[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=6))
        if not whole:
            break
    path = tmp_path / f"x.{kind}"
    path.write_bytes(bytes(whole))
    found = read_or_refused(path)
    if found is not None:
        assert tuple(found.columns) == export.COLUMNS
        # What was read can be written, and is the same again.
        pd.testing.assert_frame_equal(export.read(export.write(found, tmp_path / "y.jsonl")), found)


TEXT = st.text(st.characters(exclude_categories=()), max_size=5)  # half characters too
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@QUICK
@given(row=st.fixed_dictionaries(dict.fromkeys(export.COLUMNS, JSON)))
def test_rows_of_any_values_are_a_table_or_refused(tmp_path, row):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(row) + "\n")
    read_or_refused(path)


@QUICK
@given(data=st.data())
def test_a_table_of_any_values_leaves_a_store_whole(written, tmp_path, data):
    (tmp_path / "x.jsonl").write_bytes(written["jsonl"])
    table = export.read(tmp_path / "x.jsonl").astype(object)
    for _ in range(data.draw(st.integers(1, 3))):
        column = data.draw(st.sampled_from(export.COLUMNS))
        table.loc[data.draw(st.integers(0, len(table) - 1)), column] = data.draw(PLAIN)
    with opened(tmp_path / "pets.labels.db") as store:
        head = store.head
        try:
            export.import_into(store, table, add_classes=data.draw(st.booleans()))
        except ExplorerError:
            assert store.head == head
        assert store.verify().ok
