"""CSV, TSV, Parquet, JSONL and DataFrames: which column is what, what is kept as written, what is refused."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from explorer.errors import DataError, OutsideRoot, UnknownName
from explorer.readers import read

SENTENCES = [
    "the harbour was quiet in the early morning",
    "two players scored in the last ten minutes",
    "the bank raised its rate by a quarter point",
    "a comet passed close to the inner planets",
]


def png(value: int, size: tuple[int, int] = (6, 4)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, (value, 255 - value, 7)).save(stream, "PNG")
    return stream.getvalue()


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_csv_of_texts_says_what_it_took(tmp_path, caplog):
    rows = "\n".join(f"{i},{s},{'ab'[i % 2]}" for i, s in enumerate(SENTENCES))
    with caplog.at_level(logging.INFO, "explorer"):
        dataset = read(write(tmp_path / "news.csv", "id,sentence,label\n" + rows + "\n"))
    assert dataset.kind == "text"
    assert dataset.classes == ("a", "b")
    assert [dataset.load(i) for i in range(4)] == SENTENCES
    assert any("'sentence' is taken as the text" in note for note in dataset.notes)
    assert any("'label' is taken as the label" in note for note in dataset.notes)
    assert "'sentence' is taken as the text" in caplog.text


def test_labels_and_keys_stay_as_they_are_written(tmp_path):
    text = "id,text,label\n" + "\n".join(
        f"{k},{s},{lab}"
        for k, s, lab in zip(["001", "002", "1e3", "NaN"], SENTENCES, ["NA", "None", "007", ""], strict=True)
    )
    dataset = read(write(tmp_path / "a.csv", text), key="id")
    assert list(dataset.item_ids) == ["001", "002", "1e3", "NaN"]
    assert set(dataset.classes) == {"NA", "None", "007"}
    assert dataset.given[3] == -1  # only the empty cell is missing


def test_texts_that_read_null_are_texts(tmp_path):
    dataset = read(write(tmp_path / "a.csv", "text,label\nnull,a\nNA,b\nplain words,a\n"), text="text")
    assert [dataset.load(i) for i in range(3)] == ["null", "NA", "plain words"]


def test_csv_in_another_encoding_names_line_and_byte(tmp_path):
    path = write(tmp_path / "latin.csv", "text,label\nfine,a\ncafé au lait,b\n", "cp1252")
    with pytest.raises(DataError, match=r"latin\.csv, line 3, byte 21 \(0xe9\)") as caught:
        read(path)
    assert 'encoding="cp1252"' in caught.value.remedy
    assert path.read_bytes()[21] == 0xE9
    assert read(path, encoding="cp1252", text="text").load(1) == "café au lait"


def test_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    assert read(write(tmp_path / "a.csv", "label,text\na,one word\nb,two words\n", "utf-8-sig")).classes == ("a", "b")


def test_utf16_is_named(tmp_path):
    path = write(tmp_path / "a.csv", "label,text\na,one\nb,two\n", "utf-16")
    with pytest.raises(DataError, match="UTF-16"):
        read(path)
    assert len(read(path, encoding="utf-16", text="text")) == 2


def test_semicolons_are_noticed(tmp_path):
    dataset = read(write(tmp_path / "a.csv", "text;label\nfirst words, with a comma;a\nsecond words;b\n"))
    assert dataset.load(0) == "first words, with a comma"
    assert any("semicolons" in note for note in dataset.notes)


@pytest.mark.parametrize("row", ["one,a,surplus", 'one,a\n"open,b\n'])
def test_broken_csv_is_refused_not_mended(tmp_path, row):
    with pytest.raises(DataError, match=r"a\.csv cannot be read as a table"):
        read(write(tmp_path / "a.csv", f"text,label\nzero,b\n{row}\n"))


@pytest.mark.parametrize("text", ["", "text,label\n"])
def test_empty_csv(tmp_path, text):
    with pytest.raises(DataError, match="empty"):
        read(write(tmp_path / "a.csv", text), label="label", text="text")


def test_unknown_column_has_a_did_you_mean(tmp_path):
    path = write(tmp_path / "a.csv", "sentence,label\nx y,a\nz w,b\n")
    with pytest.raises(UnknownName, match="'sentense'.*Did you mean 'sentence'"):
        read(path, text="sentense")


def test_no_label_column_lists_candidates():
    frame = pd.DataFrame({"text": SENTENCES, "topic": ["a", "b", "a", "b"]})
    with pytest.raises(DataError, match="few distinct values: 'topic'"):
        read(frame)


def test_two_label_columns_are_ambiguous():
    with pytest.raises(DataError, match="'target', 'category'"):
        read(pd.DataFrame({"text": SENTENCES, "category": list("abab"), "target": list("abab")}))


def test_two_text_columns_are_ambiguous_unless_one_is_far_longer():
    frame = pd.DataFrame({"premise": SENTENCES, "claim": SENTENCES[::-1], "label": list("abab")})
    with pytest.raises(DataError, match="'premise', 'claim'"):
        read(frame)
    frame["claim"] = [s * 5 for s in SENTENCES]
    assert read(frame).load(0) == SENTENCES[0] * 5


def test_two_image_columns_are_ambiguous():
    frame = pd.DataFrame({"left": [png(1), png(2)], "right": [png(3), png(4)], "label": ["a", "b"]})
    with pytest.raises(DataError, match="'left', 'right'"):
        read(frame)
    assert read(frame, image="right").load(0).getpixel((0, 0))[0] == 3


def test_measurements_are_no_classes():
    frame = pd.DataFrame({"text": SENTENCES * 10, "label": np.linspace(0.1, 7.3, 40)})
    with pytest.raises(DataError, match="measurements"):
        read(frame)


def test_several_labels_per_item_are_refused():
    with pytest.raises(DataError, match="one class per item"):
        read(pd.DataFrame({"text": SENTENCES, "label": [["a"], ["a", "b"], ["b"], []]}))


def test_integer_labels_with_gaps_stay_integers():
    dataset = read(pd.DataFrame({"text": SENTENCES, "label": [1.0, np.nan, 2.0, 1.0]}))
    assert dataset.classes == ("1", "2")
    assert dataset.class_values == (1, 2)
    assert list(dataset.given) == [0, -1, 1, 0]


def test_labels_beside_the_table():
    dataset = read(pd.DataFrame({"text": SENTENCES}), label=np.array(["x", "y", "x", "y"]))
    assert dataset.classes == ("x", "y")
    with pytest.raises(DataError, match="3 labels for 4 rows"):
        read(pd.DataFrame({"text": SENTENCES}), label=["x", "y", "x"])


def test_rows_keep_the_frames_index():
    dataset = read(pd.DataFrame({"text": SENTENCES, "label": list("abab")}, index=[10, 20, 30, 40]))
    assert list(dataset.row_index) == [10, 20, 30, 40]


def test_table_of_numbers_and_categories(tmp_path):
    text = "id,width,colour,note,label\n" + "\n".join(
        f"{i},{w},{c},{'' if i else 'x'},{'ab'[i % 2]}"
        for i, (w, c) in enumerate(zip(["1.5", "NA", "2", "7"], "rgrg", strict=True))
    )
    dataset = read(write(tmp_path / "a.csv", text))
    assert dataset.kind == "table"
    cells = dataset.load(0)
    assert cells["width"] == 1.5
    assert set(cells) == {"width", "colour", "note"}
    assert np.isnan(dataset.load(1)["width"])
    assert any("'id' is left out" in note for note in dataset.notes)


def test_named_feature_columns_make_a_table_or_an_embedding():
    frame = pd.DataFrame({"text": SENTENCES, "f0": [1, 2, 3, 4], "f1": [0.5, 0, 1, 2], "label": list("abab")})
    table = read(frame, features=["f0", "f1"])
    assert table.kind == "table"
    assert set(table.load(0)) == {"f0", "f1"}
    texts = read(frame, text="text", features=["f0", "f1"])
    assert texts.kind == "text"
    assert texts.features.dtype == np.float32
    assert texts.features.tolist() == [[1, 0.5], [2, 0], [3, 1], [4, 2]]
    vectors = read(frame, features=["f0", "f1"], kind="vector")
    assert vectors.load(2).tolist() == [3, 1]


def test_embedding_column_and_a_row_without_one():
    frame = pd.DataFrame({"text": SENTENCES, "v": [[1.0, 2.0], None, [3.0, 4.0], [5.0, 6.0]], "label": list("abab")})
    dataset = read(frame, embedding="v")
    assert dataset.features.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert [s.row for s in dataset.set_aside] == [1]
    frame["v"] = [[1.0], [1.0, 2.0], [3.0], [4.0]]
    with pytest.raises(DataError, match="different lengths"):
        read(frame, embedding="v")


def test_embedding_alone_is_found():
    frame = pd.DataFrame({"v": [np.arange(3.0) + i for i in range(4)], "label": list("abab")})
    dataset = read(frame)
    assert dataset.kind == "vector"
    assert dataset.features.shape == (4, 3)


def test_feature_array_with_nan_rows():
    features = np.ones((4, 2))
    features[2, 1] = np.nan
    dataset = read(pd.DataFrame({"label": list("abab")}), features=features + np.arange(4)[:, None])
    assert len(dataset) == 3
    assert "NaN" in dataset.set_aside[0].reason


def test_probabilities_by_prefix_follow_the_classes_by_name():
    frame = pd.DataFrame(
        {"text": SENTENCES, "label": list("abab"), "p_b": [0.1, 0.9, 0.2, 0.8], "p_a": [0.9, 0.1, 0.8, 0.2]}
    )
    dataset = read(frame, probs="p_")
    assert dataset.kind == "text"
    assert dataset.classes == ("a", "b")
    np.testing.assert_allclose(dataset.probs[:, 0], [0.9, 0.1, 0.8, 0.2], rtol=1e-6)
    np.testing.assert_allclose(read(frame, probs=["p_b", "p_a"]).probs, dataset.probs)


def test_probabilities_may_bring_a_class_that_no_row_carries():
    frame = pd.DataFrame({"text": SENTENCES, "label": list("abab"), "p_a": 0.5, "p_b": 0.25, "p_c": 0.25})
    dataset = read(frame, probs="p_")
    assert dataset.classes == ("a", "b", "c")
    assert any("no row carries: c" in note for note in dataset.notes)


def test_probabilities_as_array_column_and_frame():
    values = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
    frame = pd.DataFrame({"text": SENTENCES, "label": list("abab")})
    plain = read(frame, probs=values).probs
    np.testing.assert_allclose(read(frame.assign(p=list(values)), probs="p").probs, plain)
    swapped = pd.DataFrame(values[:, ::-1], columns=["b", "a"])
    np.testing.assert_allclose(read(frame, probs=swapped).probs, plain)
    with pytest.raises(DataError, match=r"shape \(4, 1\)"):
        read(frame, probs=values[:, :1])
    with pytest.raises(UnknownName, match="column or column prefix"):
        read(frame, probs="prob_")


@pytest.mark.parametrize("form", ["frame", "prefix", "list"])
def test_columns_of_probabilities_are_called_like_the_classes_or_refused(form):
    """Taken by position, the columns of a model that sorts its classes otherwise would pass for right."""
    frame = pd.DataFrame({"text": SENTENCES, "label": list("abab")})

    def given(**columns):
        table = pd.DataFrame({f"p_{name}": values for name, values in columns.items()})
        if form == "frame":
            return read(frame, probs=table.rename(columns=lambda name: name[2:]))
        return read(frame.join(table), probs="p_" if form == "prefix" else list(table.columns))

    high, low = [0.9, 0.2, 0.7, 0.4], [0.1, 0.8, 0.3, 0.6]
    np.testing.assert_allclose(given(b=low, a=high).probs[:, 0], high, rtol=1e-6)
    with pytest.raises(DataError, match=r"No column is called 'b'\. No class is called 'c'\. Name one .*to_numpy\(\)"):
        given(c=low, a=high)
    with pytest.raises(DataError, match=r"No column is called 'a', 'b'\. No class is called 'x', 'y'\."):
        given(x=low, y=high)
    numbered = given(**{"0": high, "1": low})
    np.testing.assert_allclose(numbered.probs[:, 0], high, rtol=1e-6)
    assert any("merely numbered, and taken in the order of the classes (a, b)" in note for note in numbered.notes)
    with pytest.raises(DataError, match="No column is called 'a', 'b'"):
        given(**{"1": high, "0": low})


@pytest.mark.parametrize("probs", ["p", ["p0", "p1"]])
def test_numbered_columns_are_the_same_by_prefix_and_one_by_one(probs):
    columns = {"p0": [0.9, 0.2, 0.7, 0.4], "p1": [0.1, 0.8, 0.3, 0.6]}
    dataset = read(pd.DataFrame({"text": SENTENCES, "label": list("abab")} | columns), probs=probs)
    np.testing.assert_allclose(dataset.probs[:, 0], columns["p0"], rtol=1e-6)
    assert any("merely numbered" in note for note in dataset.notes)
    three = pd.DataFrame({"text": SENTENCES, "label": [1, 0, 1, 0]} | columns)[["p1", "p0", "label", "text"]]
    by_name = read(three, probs="p" if probs == "p" else ["p1", "p0"])
    np.testing.assert_allclose(by_name.probs[:, 0], columns["p0"], rtol=1e-6)


@pytest.mark.parametrize(
    ("names", "labels"), [(["p10", "p11"], "abab"), (["p10", "p11"], "0101"), (["p1", "p0"], "abab")]
)
def test_numbers_are_not_cut_nor_taken_out_of_order(names, labels):
    frame = pd.DataFrame({"text": SENTENCES, "label": list(labels)} | dict.fromkeys(names, 0.5))
    with pytest.raises(DataError, match="do not match the classes by name"):
        read(frame, probs=names)


def test_one_row_of_probabilities_is_one_row():
    frame = pd.DataFrame({"text": SENTENCES[:1], "label": ["a"]})
    with pytest.raises(DataError, match=r"shape \(1, 2\); 1 row × 1 class were expected"):
        read(frame, probs=np.ones((1, 2)) / 2)
    with pytest.raises(DataError, match=r"row 0 .*; 1 row is like it"):
        read(frame, probs=np.full((1, 1), 0.5))
    assert repr(read(frame)).startswith("Dataset(1 text item, 1 class")


def test_parquet_with_picture_bytes(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"picture": [png(1), png(2), None, b"no picture"], "label": list("abab")}).to_parquet(path)
    dataset = read(path)
    assert dataset.kind == "image"
    assert [s.row for s in dataset.set_aside] == [2, 3]
    assert "row 3: not a readable picture" in dataset.set_aside[1].reason
    assert dataset.load(1).getpixel((0, 0)) == (2, 253, 7)


def test_picture_dicts_as_hugging_face_writes_them(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame(
        {"image": [{"bytes": png(5), "path": None}, {"bytes": png(6), "path": "x.png"}], "label": ["a", "b"]}
    ).to_parquet(path)
    assert read(path).load(1).getpixel((0, 0))[0] == 6


def test_decoded_pictures_in_a_frame():
    pictures = [Image.new("L", (5, 3), 9), np.full((4, 4, 3), 200, np.uint8)]
    dataset = read(pd.DataFrame({"image": pictures, "label": ["a", "b"]}))
    assert dataset.load(0).size == (5, 3)
    assert dataset.load(1).getpixel((0, 0)) == (200, 200, 200)


def test_picture_paths_are_relative_to_the_table(tmp_path):
    (tmp_path / "pictures").mkdir()
    for i in range(3):
        (tmp_path / "pictures" / f"{i}.PNG").write_bytes(png(i))
    path = write(tmp_path / "a.csv", "file,label\npictures/0.PNG,a\npictures/1.PNG,b\n,a\npictures/gone.PNG,b\n")
    dataset = read(path, image="file")
    assert dataset.kind == "image"
    assert dataset.load(1).getpixel((0, 0))[0] == 1
    assert [s.row for s in dataset.set_aside] == [2, 3]
    assert "gone.PNG" in dataset.set_aside[1].reason
    assert read(path, root=tmp_path, image="file").load(0).size == (6, 4)


@pytest.mark.parametrize("bad", ["../secret.png", "{absolute}"])
def test_a_path_outside_the_root_ends_the_reading(tmp_path, bad):
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.png").write_bytes(png(1))
    (inner / "ok.png").write_bytes(png(2))
    bad = bad.format(absolute=tmp_path / "secret.png")
    path = write(inner / "a.csv", f"file,label\nok.png,a\n{bad},b\n")
    with pytest.raises(OutsideRoot, match="Row 1"):
        read(path)


def test_web_addresses_are_not_fetched():
    frame = pd.DataFrame({"image": ["https://example.org/a.png", "https://example.org/b.png"], "label": ["a", "b"]})
    with pytest.raises(DataError, match="nothing is fetched"):
        read(frame)


def test_jsonl(tmp_path):
    rows = [{"text": s, "label": i % 2, "id": f"00{i}"} for i, s in enumerate(SENTENCES)] + [
        {"text": "no label here at all"}
    ]
    path = write(tmp_path / "a.jsonl", "\n".join(json.dumps(r) for r in rows) + "\n\n")
    with pytest.raises(DataError, match="key of row 4 is missing"):
        read(path, key="id")
    dataset = read(path)
    assert dataset.class_values == (0, 1)
    assert dataset.given[4] == -1


@pytest.mark.parametrize(("line", "message"), [("{broken", "line 2: not valid JSON"), ("[1, 2]", "line 2: a list")])
def test_broken_jsonl_names_the_line(tmp_path, line, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path / "a.jsonl", '{"text": "a b", "label": 1}\n' + line + "\n"))


def test_unknown_suffix_missing_file_and_meaningless_option(tmp_path):
    with pytest.raises(UnknownName, match="'.xlsx'"):
        read(write(tmp_path / "a.xlsx", "x"))
    write(tmp_path / "news.csv", "text,label\na b,x\n")
    with pytest.raises(UnknownName, match="Did you mean 'news.csv'"):
        read(tmp_path / "new.csv")
    with pytest.raises(DataError, match="split= has no meaning"):
        read(tmp_path / "news.csv", split="train")
    with pytest.raises(UnknownName, match="media kind 'txt'.*'text'"):
        read(tmp_path / "news.csv", kind="txt")


def test_repeated_columns_are_refused():
    with pytest.raises(DataError, match="share a name: 'a'"):
        read(pd.DataFrame([[1, 2, "x"]], columns=["a", "a", "label"]))


def test_hostile_labels_and_texts_are_kept_as_they_are(tmp_path):
    evil = '<img src=x onerror="alert(1)">'
    frame = pd.DataFrame({"text": [evil, "</script> some words"], "label": [evil, "=cmd()"]})
    path = tmp_path / "a.csv"
    frame.to_csv(path, index=False)
    dataset = read(path)
    assert set(dataset.classes) == {evil, "=cmd()"}
    assert dataset.load(0) == evil
