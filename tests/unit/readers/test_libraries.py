"""Arrays, lists, Hugging Face datasets and torch datasets."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from explorer.errors import DataError, UnknownName
from explorer.readers import read, torchdata

datasets = pytest.importorskip("datasets", reason="the extra 'huggingface' is not installed")


def png(value: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (5, 5), (value, 1, 2)).save(stream, "PNG")
    return stream.getvalue()


def test_digits_as_vectors_and_as_pictures():
    data, target = load_digits(return_X_y=True)
    vectors = read(data, label=target)
    assert vectors.kind == "vector"
    assert vectors.features.shape == (1797, 64)
    assert vectors.class_values == tuple(range(10))
    pictures = read((data.reshape(-1, 8, 8) / 16 * 255).astype(np.uint8), label=target)
    assert pictures.kind == "image"
    assert pictures.load(0).size == (8, 8)
    assert pictures.load(0).mode == "RGB"


@pytest.mark.parametrize("shape", [(6, 8, 8), (6, 8, 8, 1), (6, 8, 8, 3), (6, 3, 8, 8), (6, 8, 8, 4)])
def test_picture_arrays_of_every_layout(shape):
    values = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    dataset = read(values, label=list("ababab"))
    assert dataset.load(1).size == (8, 8)
    if shape == (6, 3, 8, 8):
        assert dataset.load(1).getpixel((2, 5)) == tuple(values[1, :, 5, 2])


def test_fractions_become_pixels_and_unknown_scales_are_refused():
    values = np.linspace(0, 1, 2 * 4 * 4 * 3).reshape(2, 4, 4, 3)
    assert np.asarray(read(values, label=[0, 1]).load(1))[-1, -1, -1] == 255
    with pytest.raises(DataError, match="scale is not known"):
        read(values * 16, label=[0, 1])
    with pytest.raises(DataError, match="scale is not known"):
        read(values * 4 - 2, label=[0, 1])


def test_arrays_need_labels_of_their_length():
    with pytest.raises(DataError, match="labels must be given beside"):
        read(np.ones((3, 2)))
    with pytest.raises(DataError, match="labels must be given beside"):
        read(np.ones((3, 2)), label="label")
    with pytest.raises(DataError, match="2 labels for 3 items"):
        read(np.ones((3, 2)), label=[0, 1])
    with pytest.raises(DataError, match=r"shape \(2, 2, 2, 2, 2\)"):
        read(np.ones((2, 2, 2, 2, 2)), label=[0, 1])


def test_vectors_with_nan_are_set_aside_and_probs_follow():
    values = np.arange(8.0).reshape(4, 2)
    values[1, 0] = np.nan
    probs = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8], [0.3, 0.7]])
    dataset = read(values, label=["a", "b", "b", "a"], probs=probs)
    assert len(dataset) == len(dataset.probs) == 3
    np.testing.assert_allclose(dataset.probs[1], [0.2, 0.8], rtol=1e-6)


def test_lists_of_texts_paths_pictures_and_vectors(tmp_path, monkeypatch):
    assert read(["a b", None, "c d"], label=["x", "y", None]).kind == "text"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(png(1))
    (tmp_path / "b.png").write_bytes(png(2))
    assert read(["a.png", "b.png"], label=[0, 1]).load(1).getpixel((0, 0))[0] == 2
    pictures = [Image.new("RGB", (3, 4)), Image.new("RGBA", (9, 2), (1, 2, 3, 255)), None]
    dataset = read(pictures, label=[0, 1, 0])
    assert dataset.load(1).getpixel((0, 0)) == (1, 2, 3)
    assert [s.row for s in dataset.set_aside] == [2]
    assert read([[1.0, 2.0], [3.0, 4.0]], label=[0, 1]).kind == "vector"
    with pytest.raises(DataError, match="The list is empty"):
        read([], label=[])
    with pytest.raises(DataError, match="cannot be read as a dataset"):
        read([{"a": 1}], label=[0])


def test_rows_of_a_labels_series_keep_their_index():
    labels = pd.Series(["a", "b"], index=["r1", "r2"])
    assert list(read(np.eye(2), label=labels).row_index) == ["r1", "r2"]


def test_something_else_is_refused_by_its_type():
    with pytest.raises(DataError, match="builtins.int"):
        read(3)


def hugging_face(n: int = 6):
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "label": datasets.ClassLabel(names=["cat", "dog", "eel"]),
            "id": datasets.Value("string"),
        }
    )
    rows = {
        "image": [{"bytes": png(i), "path": None} for i in range(n)],
        "label": [i % 2 if i else -1 for i in range(n)],
        "id": [f"k{i}" for i in range(n)],
    }
    return datasets.Dataset.from_dict(rows, features=features)


def test_hugging_face_class_names_and_encoded_pictures():
    dataset = read(hugging_face())
    assert dataset.kind == "image"
    assert dataset.classes == ("cat", "dog", "eel")
    assert dataset.class_values == (0, 1, 2)
    assert list(dataset.given) == [-1, 1, 0, 1, 0, 1]
    assert dataset.load(3).getpixel((0, 0)) == (3, 1, 2)
    assert any("only ClassLabel" in note for note in dataset.notes)


def test_hugging_face_order_after_select_and_key():
    dataset = read(hugging_face().select([4, 2, 5]), key="id")
    assert list(dataset.item_ids) == ["k4", "k2", "k5"]
    assert dataset.load(0).getpixel((0, 0))[0] == 4


def test_hugging_face_texts():
    source = datasets.Dataset.from_dict({"text": ["one two", "three four", "five"], "label": ["a", "b", "a"]})
    assert read(source).load(2) == "five"
    with pytest.raises(UnknownName, match="'lable'"):
        read(source, label="lable")


def test_hugging_face_needs_one_split():
    parts = datasets.DatasetDict({"train": hugging_face(4), "test": hugging_face(2)})
    with pytest.raises(DataError, match="several splits: 'train', 'test'"):
        read(parts)
    assert len(read(parts, split="test")) == 2
    with pytest.raises(UnknownName, match="'train'"):
        read(parts, split="trian")
    assert len(read(datasets.DatasetDict({"train": hugging_face(4)}))) == 4


def test_hugging_face_streams_and_empty_ones_are_refused():
    with pytest.raises(DataError, match="streaming"):
        read(hugging_face().to_iterable_dataset())
    with pytest.raises(DataError, match="empty"):
        read(hugging_face().select([]))


def test_hugging_face_paths_need_a_root(tmp_path):
    for i in range(2):
        (tmp_path / f"{i}.png").write_bytes(png(i))
    source = datasets.Dataset.from_dict(
        {"image": [str(tmp_path / f"{i}.png") for i in range(2)], "label": ["a", "b"]}
    ).cast_column("image", datasets.Image())
    with pytest.raises(DataError, match="no root"):
        read(source)
    assert read(source, root=tmp_path).load(1).getpixel((0, 0))[0] == 1


def test_hugging_face_labels_by_array_and_several_labels():
    assert read(hugging_face(3), label=["x", "y", "x"]).classes == ("x", "y")
    many = datasets.Dataset.from_dict({"text": ["a b", "c d"], "label": [[0], [0, 1]]})
    with pytest.raises(DataError, match="one class per item"):
        read(many)


class Rows(torch.utils.data.Dataset):
    def __init__(self, rows, classes=None):
        self.rows = rows
        if classes is not None:
            self.classes = classes

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, row):
        item, label = self.rows[row]
        return (item() if callable(item) else item), label


def test_torch_pictures_with_class_names():
    tensors = [torch.full((3, 4, 4), i / 4) for i in range(5)]
    dataset = read(Rows([(t, i % 2) for i, t in enumerate(tensors)], classes=["cat", "dog"]))
    assert dataset.kind == "image"
    assert dataset.classes == ("cat", "dog")
    assert dataset.class_values == (0, 1)
    assert dataset.load(2).getpixel((0, 0)) == (128, 128, 128)


def test_torch_pillow_vectors_and_tensor_dataset():
    dataset = read(Rows([(Image.new("RGB", (3 + i, 4)), torch.tensor(i % 2)) for i in range(4)]))
    assert dataset.load(2).size == (5, 4)
    assert dataset.class_values == (0, 1)
    source = torch.utils.data.TensorDataset(torch.arange(12.0).reshape(4, 3), torch.tensor([0, 1, 0, 1]))
    vectors = read(source)
    assert vectors.kind == "vector"
    assert vectors.features[3].tolist() == [9, 10, 11]
    assert read(Rows([("some words", "a"), ("others", "b")])).kind == "text"


def test_torch_tensor_itself():
    assert read(torch.eye(3), label=[0, 1, 1]).kind == "vector"


def test_torch_random_transforms_normalised_and_odd_rows_are_refused():
    noise = np.random.default_rng(0)
    with pytest.raises(DataError, match="different each time"):
        read(Rows([(lambda: torch.from_numpy(noise.random((3, 4, 4))), 0)] * 3))
    with pytest.raises(DataError, match="row 0.*scale is not known"):
        read(Rows([(torch.randn(3, 4, 4) * 3, 0)] * 2))
    with pytest.raises(DataError, match="not \\(item, label\\)"):
        read(torch.utils.data.TensorDataset(torch.zeros(2, 3)))
    with pytest.raises(DataError, match="empty"):
        read(Rows([]))
    with pytest.raises(DataError, match="one class per item"):
        read(Rows([(torch.zeros(3), torch.tensor([0, 1]))] * 2))


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize(
    "odd",
    [
        lambda: torch.empty((), device="meta"),
        lambda: torch.empty(2, device="meta"),
        lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
        lambda: torch.tensor([0.0, 1.0]).to_sparse(),
    ],
    ids=["meta", "meta of two", "nested", "sparse"],
)
def test_tensors_without_a_value_are_refused_in_words(odd):
    odd, texts = odd(), ["a", "b", "c"]
    with pytest.raises(DataError, match="label"):
        read(Rows([(texts[0], 0), (texts[1], 1), (texts[2], odd)]))
    for source in (pd.DataFrame({"text": texts, "label": pd.Series([0, 1, odd], dtype=object)}), texts):
        with pytest.raises(DataError, match="label|values"):
            read(source, label="label" if isinstance(source, pd.DataFrame) else [0, 1, odd])
    with pytest.raises(DataError):
        read(Rows([("a", 0), ("b", 1), (odd, 0)]))


def test_large_torch_datasets_are_read_again_when_needed(monkeypatch):
    rows = Rows([(Image.new("RGB", (4, 4), (i, 0, 0)), 0) for i in range(6)])
    whole = read(rows)
    monkeypatch.setattr(torchdata, "MEMORY", 100)
    lazy = read(rows)
    assert list(lazy.item_ids) == list(whole.item_ids)
    assert lazy.load(4).getpixel((0, 0))[0] == 4
