"""Votes in exports: a column a rater, in every format, and back without loss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from labels_help import opened

from explorer import export
from explorer.errors import DataError, UnknownName
from explorer.export.vote_columns import parsed
from explorer.labels.history.vote_blocks import standing


@pytest.fixture
def store(tmp_path):
    made = opened(tmp_path / "x.labels.db")
    made.set("a", "dog")
    made.add_votes(
        "gpt", ["a", "b", "c"], ["dog", None, "cat"], kind="model", family="g, h", confidence=[0.1, np.nan, 1]
    )
    made.add_votes("ann (model, x)", ["d", "a"], ["emu", "cat"])
    made.add_votes("gone", ["a"], ["dog"])
    made.add_votes("gone", [], [])
    yield made
    made.close()


def said(store):
    return {
        one.block.rater: (
            one.block.kind,
            one.block.family,
            one.items.tolist(),
            [None if c < 0 else one.classes[c] for c in one.codes],
            None if one.confidence is None else one.confidence.tolist(),
        )
        for one in standing(store)
    }


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_votes_go_out_and_come_back(ending, store, tmp_path):
    path = export.write(store, tmp_path / f"x.{ending}", votes=True)
    table = export.read(path)
    assert list(table.columns) == [
        *export.COLUMNS,
        "votes gpt (model, g, h)",
        "abstains in votes gpt (model, g, h)",
        "confidence of votes gpt (model, g, h)",
        "votes ann (model, x) (person)",
    ]
    assert table["votes gpt (model, g, h)"].tolist()[:1] == ["dog"]
    pd.testing.assert_frame_equal(table, export.read(export.write(table, tmp_path / f"again.{ending}")))
    other = opened(tmp_path / "y.labels.db")
    commit = export.import_into(other, path)
    assert commit is not None
    assert len(commit.events) == 1
    expected, found = said(store), said(other)
    assert found.keys() == expected.keys()
    for name, (*rest, confidence) in expected.items():
        assert list(found[name][:4]) == rest
        assert found[name][4] == (None if confidence is None else pytest.approx(confidence, nan_ok=True))
    assert export.import_into(other, path) is None
    assert other.vote_blocks()["version"].tolist() == [1, 1], "what is there already is not written again"
    other.close()


def test_without_votes_a_table_is_as_before(store, tmp_path):
    assert list(export.frame(None, store).columns) == list(export.COLUMNS)
    assert list(export.read(export.write(store, tmp_path / "x.csv")).columns) == list(export.COLUMNS)


def test_rows_that_are_not_there_keep_their_votes(store, tmp_path):
    path = export.write(store, tmp_path / "x.csv", votes=True, changed=True)
    assert export.read(path)["item_id"].tolist() == ["a"]
    before = said(store)
    store.add_votes("gpt", ["a", "d"], ["emu", "emu"], kind="model", family="g, h")
    export.import_into(store, path)
    assert said(store)["gpt"][2:4] == (["a", "d"], ["dog", "emu"])
    assert said(store)["ann (model, x)"] == before["ann (model, x)"]


def test_votes_that_cannot_be_taken_are_refused(store, tmp_path):
    table = export.frame(None, store, votes=True)
    column = "votes gpt (model, g, h)"
    with pytest.raises(UnknownName, match="class 'wolf'.*a vote of 'gpt'"):
        export.import_into(store, table.assign(**{column: ["wolf", None, None, None]}))
    with pytest.raises(DataError, match="Row 0, column 'votes gpt.*3.0 is no text"):
        export.import_into(store, table.assign(**{column: [3, None, None, None]}))
    with pytest.raises(DataError, match="Row 1, column 'abstains in.*neither true nor false"):
        export.import_into(store, table.assign(**{f"abstains in {column}": [True, "maybe", True, True]}))
    with pytest.raises(DataError, match="confidence of votes gpt"):
        export.import_into(store, table.assign(**{f"confidence of {column}": ["high", None, None, None]}))
    more = table.iloc[:1].assign(item_id="zz", state="given", corrected_label="cat", given_label="cat", rater=None)
    with pytest.raises(DataError, match="votes on item 'zz', which the store does not have"):
        export.import_into(store, pd.concat([table, more], ignore_index=True))
    with pytest.raises(UnknownName, match="column 'votes gpt'"):
        export.import_into(store, table.rename(columns={column: "votes gpt"}))
    assert store.vote_blocks()["version"].max() == 2
    export.import_into(store, table.assign(**{column: ["wolf", None, None, None]}), add_classes=True)
    assert "wolf" in store.classes()


def test_names_of_columns_are_read_as_they_are_written():
    for name, expected in {
        "votes a (person)": ("a", "person", "", "votes"),
        "confidence of votes a (model, b (c))": ("a", "model", "b (c)", "confidence"),
        "abstains in votes a\nb (function)": ("a\nb", "function", "", "abstains"),
    }.items():
        assert parsed(name) == expected
    assert parsed("votes a (robot)") is None
    assert parsed("reason") is None
