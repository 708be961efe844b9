"""Raters as columns of a table, beside arrays, and as a table with a row a vote; and everything that is wrong there."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from explorer.errors import DataError, UnknownName
from explorer.readers import read

TEXTS = ["the harbour was quiet today", "two players scored late on", "the bank raised its rate", "a comet passed by"]
WIDE = pd.DataFrame(
    {
        "text": TEXTS,
        "label": ["x", "y", "x", "y"],
        "ann": ["x", "x", None, "y"],
        "gpt": ["y", "y", "x", np.nan],
    }
)


def matrix(dataset):
    assert dataset.votes is not None
    return [[None if c < 0 else dataset.classes[c] for c in row] for row in dataset.votes.matrix().tolist()]


EXPECTED = [["x", "y"], ["x", "y"], [None, "x"], ["y", None]]


@pytest.mark.parametrize("form", ["frame", "csv", "parquet", "jsonl", "huggingface"])
def test_columns_of_a_wide_table(form, tmp_path):
    if form == "frame":
        source = WIDE
    elif form == "huggingface":
        source = pytest.importorskip("datasets").Dataset.from_pandas(WIDE)
    else:
        source = tmp_path / f"wide.{form}"
        if form == "csv":
            WIDE.to_csv(source, index=False)
        elif form == "parquet":
            WIDE.to_parquet(source)
        else:
            rows = WIDE.astype(object).where(WIDE.notna(), None).to_dict("records")
            source.write_text("\n".join(json.dumps(row) for row in rows))
    dataset = read(source, raters=["ann", "gpt"])
    assert matrix(dataset) == EXPECTED
    assert [dataset.classes[c] for c in dataset.given] == ["x", "y", "x", "y"], "votes overwrite no label"
    assert "'ann', 'gpt' are raters" in dataset.notes
    assert dataset.kind == "text", "columns of raters are no features"


def test_kinds_families_and_confidence_are_said_in_a_mapping(tmp_path):
    table = WIDE.assign(sure=[0.9, None, 0.5, 1])
    table.to_csv(tmp_path / "t.csv", index=False)
    about = {"judge": {"kind": "model", "family": "gpt", "column": "gpt", "confidence": "sure"}, "ann": "person"}
    for source in (table, tmp_path / "t.csv"):
        votes = read(source, raters=about).votes
        assert votes is not None
        judge, ann = votes.raters
        assert (judge.name, judge.kind, judge.family) == ("judge", "model", "gpt")
        assert (ann.name, ann.kind, ann.family) == ("ann", "person", "")
        assert judge.confidence is not None
        assert judge.confidence.tolist() == pytest.approx([0.9, np.nan, 0.5], nan_ok=True)


@pytest.mark.parametrize(
    "raters",
    [
        WIDE[["ann", "gpt"]],
        WIDE[["ann", "gpt"]].iloc[::-1].set_axis([3, 2, 1, 0]).loc[[0, 1, 2, 3]],
        {"ann": WIDE["ann"], "gpt": WIDE["gpt"].tolist()},
        {
            "ann": {"labels": dict(zip(range(4), WIDE["ann"], strict=True))},
            "gpt": {"labels": WIDE["gpt"], "kind": "model"},
        },
        WIDE[["ann", "gpt"]].to_numpy(),
    ],
)
def test_raters_beside_a_list(raters):
    assert matrix(read(TEXTS, label=WIDE["label"].tolist(), raters=raters)) == EXPECTED


def test_codes_of_an_array_have_minus_one_for_none():
    codes = np.array([[0, 1], [0, 1], [-1, 0], [1, -1]])
    dataset = read(TEXTS, label=[0, 1, 0, 1], raters=codes)
    assert dataset.votes is not None
    assert dataset.votes.matrix().tolist() == codes.tolist()
    assert dataset.votes.names == ("rater 1", "rater 2")
    assert "votes of '-1' are abstentions" in dataset.notes
    signs = read(TEXTS, label=[-1, 1, -1, 1], raters=np.array([[-1], [1], [-1], [-1]]))
    assert matrix(signs) == [["-1"], ["1"], ["-1"], ["-1"]], "where a label is called so, it is a class"
    masked = np.ma.masked_array(np.zeros((4, 1), dtype=int), mask=[[0], [1], [0], [0]])
    assert matrix(read(TEXTS, label=[0, 1, 0, 1], raters=masked)) == [["0"], [None], ["0"], ["0"]]


LONG = pd.DataFrame(
    [(0, "ann", "x"), (0, "gpt", "y"), (1, "ann", "x"), (1, "gpt", "y"), (2, "gpt", "x"), (3, "ann", "y")],
    columns=["item", "rater", "label"],
)


def test_a_long_table_by_row_by_key_and_from_a_file(tmp_path):
    labels = ["x", "y", "x", "y"]
    assert matrix(read(TEXTS, label=labels, raters=LONG)) == EXPECTED
    assert matrix(read(TEXTS, label=labels, votes=LONG.sample(frac=1, random_state=1).sort_values("rater"))) == EXPECTED
    LONG.to_csv(tmp_path / "votes.csv", index=False)
    dataset = read(TEXTS, label=labels, votes=tmp_path / "votes.csv", raters={"gpt": {"kind": "model"}})
    assert matrix(dataset) == EXPECTED
    assert [r.kind for r in dataset.votes or ()] == ["person", "model"]
    keyed = LONG.assign(item=[f"k{i}" for i in LONG["item"]])
    assert matrix(read(TEXTS, label=labels, key=["k0", "k1", "k2", "k3"], votes=keyed)) == EXPECTED


def test_rows_of_equal_content_are_one_item_that_a_rater_answers_once(caplog):
    frame = pd.DataFrame({"text": [TEXTS[0], TEXTS[0], TEXTS[1]], "label": ["x", "x", "y"]})
    same = read(frame.assign(ann=["x", "x", "y"]), raters=["ann"])
    assert matrix(same) == [["x"], ["y"]]
    torn = read(frame.assign(ann=["x", "y", "y"]), raters=["ann"])
    assert matrix(torn) == [[None], ["y"]]
    assert torn.votes is not None
    assert torn.votes.rater("ann").abstentions == 1
    assert "'ann' contradicts itself on 1 item, where none of its votes counts" in torn.notes


def test_of_contradictory_duplicates_the_newest_counts():
    long = pd.DataFrame(
        {
            "item": [0, 0, 1, 1],
            "rater": ["ann"] * 4,
            "label": ["y", "x", "y", "x"],
            "time": ["2026-01-02", "2026-01-01", None, "2025-01-01"],
        }
    )
    for times in (long["time"], [20, 10, None, 5], pd.to_datetime(long["time"])):
        dataset = read(TEXTS, label=["x", "y", "x", "y"], votes=long.assign(time=times))
        assert matrix(dataset)[:2] == [["y"], ["x"]]
        assert "'ann' gave several labels to 2 items, where the newest counts" in dataset.notes
    torn = read(TEXTS, label=["x", "y", "x", "y"], votes=long.drop(columns="time"))
    assert matrix(torn)[:2] == [[None], [None]]


# Without a label


def test_where_nothing_is_the_label_most_raters_say_it():
    wide = WIDE.drop(columns="label").assign(bob=["y", "x", None, None])
    wide.loc[2, "gpt"] = None
    dataset = read(wide, raters=["ann", "gpt", "bob"])
    assert [None if c < 0 else dataset.classes[c] for c in dataset.given] == ["y", "x", None, "y"]
    note = next(note for note in dataset.notes if note.startswith("no column is the label"))
    assert note.endswith("what most of the 3 raters say; 1 item that nobody votes on is unlabelled")
    tied = read(TEXTS, raters={"a": ["x", "y", "x", "y"], "b": ["y", "y", "x", "y"]})
    assert [tied.classes[c] for c in tied.given] == ["x", "y", "x", "y"]
    assert any("on 1 item they tie, and the first of the classes that tie is taken" in note for note in tied.notes)
    assert tied.row_given.tolist() == tied.given.tolist()


def test_a_rater_may_be_the_label():
    dataset = read(WIDE.drop(columns="label").dropna(), label="ann", raters=["ann", "gpt"])
    assert dataset.label_name == "ann"
    assert matrix(dataset) == [["x", "y"], ["x", "y"]]


# Classes


def test_classes_that_only_votes_name_are_classes():
    table = WIDE.assign(gpt=["fox", "y", "x", None])
    probs = np.array([[0.9, 0.1]] * 4)
    dataset = read(table, raters=["gpt"], probs=probs)
    assert dataset.classes == ("fox", "x", "y")
    assert [dataset.classes[c] for c in dataset.given] == ["x", "y", "x", "y"]
    assert dataset.probs is not None
    assert dataset.probs[0].tolist() == pytest.approx([0, 0.9, 0.1])
    assert "votes name classes that no label has: 'fox'" in dataset.notes


def test_where_the_classes_are_given_another_one_is_an_error_that_names_row_and_column():
    with pytest.raises(UnknownName, match=r"class 'fox'.*column 'gpt', row 2"):
        read(WIDE.assign(gpt=["x", "y", "fox", None]), raters=["gpt"], classes=["x", "y"])
    with pytest.raises(UnknownName, match=r"class 'fox'.*column 'label', row 4, as a vote of 'gpt'"):
        read(TEXTS, label=list("xyxy"), classes=list("xy"), votes=LONG.assign(label=[*"xyxy", "fox", "y"]))


def test_class_labels_of_hugging_face_are_names_also_in_columns_of_votes():
    datasets = pytest.importorskip("datasets")
    kind = datasets.ClassLabel(names=["cat", "dog"])
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": kind, "ann": kind, "gpt": datasets.Value("int64")}
    )
    table = datasets.Dataset.from_dict(
        {"text": TEXTS, "label": [0, 1, 0, 1], "ann": [1, 1, -1, 0], "gpt": [0, None, 1, 1]}, features=features
    )
    dataset = read(table, raters={"ann": "person", "gpt": "model"})
    assert matrix(dataset) == [["dog", "cat"], ["dog", None], [None, "dog"], ["cat", "dog"]]
    assert dataset.class_values == (0, 1)


def test_whole_numbers_beside_missing_ones_are_the_same_classes():
    table = pd.DataFrame({"text": TEXTS, "label": [3, 5, 3, 5], "ann": [3, None, 5, 5]})
    assert matrix(read(table, raters=["ann"])) == [["3"], [None], ["5"], ["5"]]


def test_words_for_nothing_are_abstentions_unless_a_class_is_called_so():
    table = WIDE.assign(gpt=["ABSTAIN", "None", "x", "nan"])
    dataset = read(table, raters=["gpt"])
    assert matrix(dataset) == [[None], [None], ["x"], [None]]
    assert dataset.votes is not None
    assert dataset.votes.rater("gpt").abstentions == 3, "they were asked and said nothing"
    assert matrix(read(table.assign(label=["none", "x", "y", "x"]), raters=["gpt"]))[1] == [None]
    assert matrix(read(table.assign(label=["None", "x", "y", "x"]), raters=["gpt"]))[1] == ["None"]


# Bad input


def test_votes_of_items_that_are_gone_are_counted():
    dataset = read(TEXTS[:3], label=["x", "y", "x"], votes=LONG)
    assert matrix(dataset) == EXPECTED[:3]
    assert "1 vote of 'ann' is of items that are not here and left out (the first: 3)" in dataset.notes
    with pytest.raises(DataError, match="None of the 6 votes of 'bob' is of an item"):
        read(TEXTS, label=list("xyxy"), votes=LONG.assign(item="zz", rater="bob"))


def test_raters_who_never_overlap_and_one_who_always_says_the_same():
    table = WIDE.assign(ann=["x", None, None, None], gpt=[None, "y", None, None], same="x")
    dataset = read(table, raters=["ann", "gpt", "same"])
    assert matrix(dataset) == [["x", None, "x"], [None, "y", "x"], [None, None, "x"], [None, None, "x"]]
    assert read(WIDE.assign(empty=None), raters=["empty"]).votes is not None


def test_a_thousand_raters():
    draw = np.random.default_rng(0)
    long = pd.DataFrame(
        {
            "item": draw.integers(0, 4, 4000),
            "rater": [f"r{i}" for i in draw.permutation(np.arange(4000) % 1000)],
            "label": draw.choice(["x", "y"], 4000),
        }
    ).drop_duplicates(["item", "rater"])
    dataset = read(TEXTS, label=list("xyxy"), votes=long)
    assert dataset.votes is not None
    assert len(dataset.votes) == 1000
    assert sum(r.voted for r in dataset.votes) == len(long)


@pytest.mark.parametrize(
    ("raters", "match"),
    [
        (["ann", "bob"], "column 'bob'.*raters="),
        (["ann", "ann"], "rater 'ann' is named twice"),
        ({"ann": "robot"}, "kind of rater 'robot'"),
        ({"ann": {"knd": "model"}}, "property of a rater 'knd'.*Did you mean 'kind'"),
        ({"ann": {"family": 3}}, "family of 'ann' is a int"),
        ({"ann": {"labels": ["x"] * 4, "column": "ann"}}, "both labels and a column"),
        ({"new": ["x", "y"]}, "2 labels of the rater 'new' for 4 rows"),
        ({"new": [["x"], "y", "x", "y"]}, "column 'new'.*is a list"),
        (np.zeros(4), r"shape \(4,\)"),
        (["ann", 3], "names no raters"),
        ([], "names no raters"),
        (7, "names no raters"),
        ({"new": {"labels": ["x"] * 4, "confidence": [0.5, 2, 0, 1]}}, "Row 1: the confidence of 'new' is 2"),
        ({"new": {"labels": ["x"] * 4, "confidence": [0.5]}}, "1 numbers in the confidence of 'new' for 4 labels"),
    ],
)
def test_raters_that_are_none_are_refused(raters, match):
    with pytest.raises(DataError, match=match):
        read(WIDE, raters=raters)


@pytest.mark.parametrize(
    ("votes", "match"),
    [
        (LONG.drop(columns="label"), "column 'label'"),
        (LONG.assign(rater=[None, *"abcde"]), "Row 0 of the votes has no rater"),
        (LONG.assign(item=[0, None, 1, 1, 2, 3]), "Row 1 of the votes has no item"),
        (LONG.assign(time=["soon"] * 6), "Row 0, column 'time': 'soon' is no time"),
        (LONG.assign(confidence=[0, 1, -1, 1, 1, 1]), "Row 2: the confidence is -1"),
        (LONG.assign(kind="robot"), "kind of rater 'robot'"),
        ("nowhere.csv", "no file 'nowhere.csv'"),
        ([1, 2], "votes= is a list"),
    ],
)
def test_tables_of_votes_that_are_none_are_refused(votes, match):
    with pytest.raises(DataError, match=match):
        read(TEXTS, label=list("xyxy"), votes=votes)


def test_names_of_columns_mean_nothing_beside_a_list():
    with pytest.raises(DataError, match="'ann' is named without labels, and the data have no columns"):
        read(TEXTS, label=list("xyxy"), raters=["ann"])


@pytest.mark.parametrize("seed", range(25))
def test_whatever_stands_in_the_cells_reads_or_is_refused_in_words(seed):
    draw = np.random.default_rng(seed)
    cells = [None, np.nan, "", " ", "x", "y", "fox", 1, 1.0, True, -1, "-1", "nan", pd.NA, 2**70, "0", "\udcff", b"x"]
    columns = {f"r{c}": [cells[i] for i in draw.integers(0, len(cells), 4)] for c in range(3)}
    dataset = read(WIDE.assign(**{n: pd.Series(v, dtype=object) for n, v in columns.items()}), raters=list(columns))
    assert dataset.votes is not None
    assert dataset.votes.matrix().max(initial=-1) < len(dataset.classes)
    long = pd.DataFrame(
        {
            "item": [[0, 1, 3, 9, "0", "zz", 2.0, 2.5, -1, True][i] for i in draw.integers(0, 10, 30)],
            "rater": draw.choice(["ann", "bob"], 30),
            "label": pd.Series([cells[i] for i in draw.integers(0, len(cells), 30)], dtype=object),
        }
    )
    again = read(TEXTS, label=list("xyxy"), votes=long)
    assert again.votes is not None
    for rater in again.votes:
        assert (np.diff(rater.items) > 0).all()
