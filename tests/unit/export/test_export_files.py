"""Corrected labels to CSV, Parquet and JSONL and back: exact, whole or not at all, and clear about what is refused."""

import csv
import json
import os

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from labels_help import CLASSES, clock, opened

import explorer
from explorer import export
from explorer.errors import DataError, UnknownName

FORMATS = ["csv", "parquet", "jsonl"]


def table(**columns):
    n = len(next(iter(columns.values()))) if columns else 1
    filled = {
        "item_id": [f"i{i}" for i in range(n)],
        "given_label": ["cat"] * n,
        "corrected_label": ["dog"] * n,
        "state": ["relabelled"] * n,
        "rater": ["ann"] * n,
        "time": pd.to_datetime(["2026-01-02T03:04:05.678901Z"] * n, utc=True).astype("datetime64[us, UTC]"),
        "why": [""] * n,
        "reason": [""] * n,
        "p_error": [0.1 + 0.2] * n,
        "version": ["abc"] * n,
    }
    return pd.DataFrame(filled | columns)


@pytest.fixture
def corrected(tmp_path):
    with opened(tmp_path / "x.labels.db", clock=clock()) as store:
        store.set("a", "dog", why='=SUM("A1")', reason="wrong", evidence={"p_error": 0.1 + 0.2})
        store.keep("c", why="two\r\nlines, and a comma")
        store.set("d", None)
        yield export.frame(["d", "a", "b", "c"], store)


def test_a_table_without_ids_is_joined_by_the_items_of_its_rows(tmp_path):
    """As the page of `export.write` says: rows of one content are one item, and a row may be set aside."""
    frame = pd.DataFrame({"text": ["a b", "c d", "a b", None, "e f"], "label": ["x", "y", "x", "y", "x"]})
    dataset = explorer.read(frame, label="label", text="text")
    item = dataset.row_item
    assert item.tolist() == [0, 1, 0, -1, 2]
    exported = table(item_id=dataset.item_ids.tolist(), corrected_label=["x", "z", "x"])
    export.write(exported, tmp_path / "x.csv")
    rows = frame[item >= 0].assign(item_id=dataset.item_ids[item[item >= 0]])
    joined = rows.merge(export.read(tmp_path / "x.csv"), on="item_id", how="left")
    assert joined["text"].tolist() == ["a b", "c d", "a b", "e f"]
    assert joined["corrected_label"].tolist() == ["x", "z", "x", "x"]


def test_the_frame_follows_the_datasets_order(corrected):
    assert list(corrected.columns) == list(export.COLUMNS)
    assert corrected["item_id"].tolist() == ["d", "a", "b", "c"]
    assert corrected["state"].tolist() == ["relabelled", "relabelled", "given", "kept"]
    assert corrected["corrected_label"].isna().tolist() == [True, False, False, False]
    assert corrected["corrected_label"].tolist()[1:] == ["dog", "cat", "cat"]
    assert corrected["version"].nunique() == 1


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_written_is_what_is_read(corrected, tmp_path, kind):
    path = export.write(corrected, tmp_path / f"out.{kind}")
    pd.testing.assert_frame_equal(export.read(path), corrected)
    assert [p.name for p in tmp_path.iterdir() if "out" in p.name] == [f"out.{kind}"]


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["=1+1", "+1", "-1", "@x", "NA", "nan", "None", " x ", '"', "\r", "\n", "\ufeff", "1,5", "007"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(text, text.filter(bool) | st.none(), text, st.floats(allow_infinity=False)), max_size=5))
@pytest.mark.parametrize("kind", FORMATS)
def test_any_text_and_number_comes_back_exactly(tmp_path, kind, rows):
    ids, names, whys, errors = zip(*rows, strict=True) if rows else ((), (), (), ())
    wanted = table(item_id=list(ids), corrected_label=list(names), why=list(whys), p_error=list(errors))
    path = export.write(wanted, tmp_path / f"any.{kind}")
    found = export.read(path)
    for column, values in (("item_id", ids), ("corrected_label", names), ("why", whys)):
        assert [None if v != v else v for v in found[column]] == list(values)
    pd.testing.assert_series_equal(found["p_error"], wanted["p_error"].astype(float), check_exact=True)


def test_the_files_are_plain_csv_and_json(corrected, tmp_path):
    with export.write(corrected, tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[1]["why"] == '=SUM("A1")'
    assert rows[1]["p_error"] == repr(0.1 + 0.2)
    lines = export.write(corrected, tmp_path / "x.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["corrected_label"] is None


def test_a_csv_that_a_spreadsheet_saved_again_is_read(corrected, tmp_path):
    path = export.write(corrected, tmp_path / "x.csv")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert export.read(path)["item_id"].tolist() == ["d", "a", "b", "c"]


def test_unknown_formats_list_the_known_ones(tmp_path):
    with pytest.raises(UnknownName, match=r"no export format 'xlsx'.*'csv', 'parquet', 'jsonl'") as refused:
        export.write(table(), tmp_path / "x.xlsx")
    assert str(refused.value).count("parquet") == 1
    with pytest.raises(UnknownName, match=r"'parquett'.*Did you mean 'parquet'"):
        export.write(table(), tmp_path / "x", format="parquett")
    assert export.write(table(), tmp_path / "no ending", format="CSV").exists()
    assert list(export.read(tmp_path / "no ending", format="csv")["item_id"]) == ["i0"]


@pytest.mark.parametrize("label", [["cat", "dog"], 3, 2.5, {"start": 1}, (1, 2, 3, 4), [[1], [2, 3]]])
def test_labels_that_are_no_class_labels_are_refused(tmp_path, label):
    with pytest.raises(DataError, match="Only class labels can be exported so far"):
        export.write(table(corrected_label=pd.Series([label], dtype=object)), tmp_path / "x.csv")
    assert not any(tmp_path.iterdir())


def test_columns_and_states_are_checked(tmp_path):
    with pytest.raises(UnknownName, match="no column 'why'"):
        export.write(table().drop(columns="why"), tmp_path / "x.csv")
    with pytest.raises(UnknownName, match="no column 'extra'"):
        export.write(table().assign(extra=1), tmp_path / "x.csv")
    with pytest.raises(UnknownName, match="no state 'relabeled'.*'relabelled'"):
        export.write(table(state=["relabeled"]), tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"a,b\n1,2\n", "no column 'item_id'"),
        ("x.csv", b"item_id\n1,2\n", "Line 2 has 2 fields"),
        ("x.csv", b"\xff\xfe\x00", "can't decode"),
        ("x.csv", b"", "no column 'item_id'"),
        ("x.jsonl", b"{}\nnope\n", "Line 2 is no JSON"),
        ("x.jsonl", b"[1]\n", "is a JSON list"),
        ("x.parquet", b"PAR1 no", "x.parquet"),
    ],
)
def test_a_file_that_is_no_export_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        export.read(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_time_that_is_no_time_is_named(tmp_path):
    path = export.write(table(), tmp_path / "x.csv")
    path.write_text(path.read_text().replace("2026-01-02T03:04:05.678901+00:00", "yesterday"))
    with pytest.raises(DataError, match="yesterday"):
        export.read(path)


def test_a_write_that_fails_leaves_the_old_file_and_no_half_one(tmp_path, monkeypatch):
    path = export.write(table(), tmp_path / "x.csv")
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataError, match="No space left.*untouched"):
        export.write(table(why=["new"]), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be replaced elsewhere")
def test_whoever_is_reading_the_old_file_keeps_all_of_it(tmp_path):
    path = export.write(table(), tmp_path / "x.csv")
    before = path.read_bytes()
    with path.open("rb") as reader:
        export.write(table(why=["new"]), path)
        assert reader.read() == before
    assert path.read_bytes() != before


def test_paths_that_cannot_be_a_file(tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        export.write(table(), tmp_path, format="csv")
    with pytest.raises(DataError, match="does not exist"):
        export.write(table(), tmp_path / "no" / "x.csv")
    with pytest.raises(DataError, match="cannot be read"):
        export.read(tmp_path / "none.csv")


def test_a_link_stays_a_link(tmp_path):
    real = export.write(table(), tmp_path / "real.csv")
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    export.write(table(why=["new"]), link)
    assert link.is_symlink()
    assert export.read(real)["why"].tolist() == ["new"]


def test_an_item_that_the_store_does_not_have_is_named(tmp_path):
    with opened(tmp_path / "x.labels.db", classes=CLASSES) as store, pytest.raises(UnknownName, match="no item 'zz'"):
        export.frame(["a", "zz"], store)
