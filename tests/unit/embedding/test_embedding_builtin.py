"""Embedders that need no download, on real digits, made pictures, real sentences and tables."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_wine

from explorer.embedding import auto, embed
from explorer.errors import MissingExtra
from explorer.media.image import ImageArrays
from explorer.readers import read

DATA = Path(os.environ.get("EXPLORER_DATA", "../shared/data"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))


def agreement(vectors: np.ndarray, labels: np.ndarray, k: int = 10) -> float:
    """Share of the k nearest (by cosine) that carry the same label."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -2)
    nearest = np.argpartition(-similarity, k, axis=1)[:, :k]
    return float((labels[nearest] == labels[:, None]).mean())


def textures(n: int = 120, side: int = 32, seed: int = 0):
    """Make pictures of three textures in random colours: stripes across, stripes down, blobs. Colour says nothing."""
    rng = np.random.default_rng(seed)
    pictures, labels = [], []
    for i in range(n):
        kind, phase, width = i % 3, rng.uniform(0, 6), rng.uniform(1.3, 2.2)
        y, x = np.mgrid[:side, :side]
        wave = [np.sin(y / width * 2 + phase), np.sin(x / width * 2 + phase), np.sin(x / 4 + phase) * np.sin(y / 4)][
            kind
        ]
        colour = rng.uniform(40, 215, (2, 3))
        pixels = np.where(wave[..., None] > 0, colour[0], colour[1]) + rng.normal(0, 12, (side, side, 3))
        pictures.append(pixels.clip(0, 255).astype(np.uint8))
        labels.append(kind)
    return np.stack(pictures), np.array(labels)


def test_pixels_of_digits():
    data, target = load_digits(return_X_y=True)
    dataset = read((data.reshape(-1, 8, 8) * 255 / 16).astype(np.uint8), label=target)
    result = embed(dataset)
    assert result.name == "pixels"
    assert "tiny" in result.why
    assert result.vectors.shape == (len(dataset), 64)  # grey: one channel, their own size
    assert agreement(result.vectors, dataset.given) > 0.95


def test_pixels_keep_colour_where_there_is_some():
    red = np.zeros((2, 8, 8, 3), np.uint8)
    red[0, ..., 0] = 255
    assert embed(read(red, label=[0, 1]), "pixels").vectors.shape == (2, 192)
    assert embed(read(red, label=[0, 1]), "pixels", colour=False, size=4).vectors.shape == (2, 16)


def test_patches_tell_textures_that_pixels_cannot():
    pictures, labels = textures()
    dataset = read(pictures, label=labels)
    result = embed(dataset, filters=60)
    assert result.name == "patches"
    assert "dinov2" in result.why
    assert result.vectors.dtype == np.float32
    assert agreement(result.vectors, labels) > 0.9
    assert agreement(embed(dataset, "pixels").vectors, labels) < 0.7


def test_patches_repeat_by_seed_and_do_not_depend_on_the_order_of_rows():
    pictures, labels = textures(60)
    first = embed(read(pictures, label=labels), "patches", filters=40, dimensions=16, cache=False).vectors
    again = embed(read(pictures, label=labels), "patches", filters=40, dimensions=16, cache=False).vectors
    np.testing.assert_array_equal(first, again)
    turned = embed(read(pictures[::-1], label=labels[::-1]), "patches", filters=40, dimensions=16, cache=False).vectors
    np.testing.assert_allclose(turned[::-1], first, atol=1e-3)
    other = embed(read(pictures, label=labels), "patches", filters=40, dimensions=16, cache=False, seed=1).vectors
    assert not np.allclose(first, other, atol=1e-2)


def test_patches_resume_with_the_same_filters(tmp_path):
    pictures, labels = textures(300, side=16)
    dataset = read(pictures, label=labels)
    whole = embed(dataset, "patches", filters=20)
    chunks = list((tmp_path / "cache").rglob("*.npy"))
    assert len(chunks) == 2
    chunks[0].unlink()
    resumed = embed(dataset, "patches", filters=20)
    np.testing.assert_array_equal(resumed.vectors, whole.vectors)
    fewer = embed(read(pictures[:256], label=labels[:256]), "patches", filters=20)
    assert not fewer.from_cache  # it is fitted to the dataset, so another dataset is another key


def test_patches_take_flat_and_few_pictures():
    flat = np.full((3, 20, 50, 3), 128, np.uint8) + np.arange(3, dtype=np.uint8)[:, None, None, None]
    result = embed(read(flat, label=[0, 1, 0]), "patches", filters=8)
    assert np.isfinite(result.vectors).all()
    single = embed(read(flat[:1], label=[0]), "patches", filters=8)
    assert np.isfinite(single.vectors).all()


SUBJECTS = {
    "sport": [
        "the striker scored a late goal",
        "the keeper saved a penalty",
        "the coach praised the goal",
        "a late penalty won the match",
    ],
    "money": [
        "the bank raised interest rates",
        "shares fell as the bank warned",
        "interest rates hit shares",
        "the bank cut its interest rate",
    ],
}


def test_tfidf_groups_texts_by_subject_and_repeats():
    sentences = [s for group in SUBJECTS.values() for s in group]
    dataset = read(sentences, label=[g for g, group in SUBJECTS.items() for _ in group])
    result = embed(dataset)
    assert result.name == "tfidf"
    assert "sentence model usually does better" in result.why
    assert agreement(result.vectors, dataset.given, k=2) > 0.8
    np.testing.assert_array_equal(result.vectors, embed(dataset, cache=False).vectors)
    assert embed(dataset).from_cache


@pytest.mark.parametrize(
    "sentences",
    [
        ["!!! ???", "... ,,,", "—", "?"],
        ["天気がいいです", "天気が悪いです", "株価が上がる", "株価が下がる"],
        ["unique", "words", "only", "here"],
        ["a", "b", "a a", "b b"],
        ["one text alone"],
    ],
)
def test_tfidf_takes_odd_texts(sentences):
    result = embed(read(sentences, label=list(range(len(sentences)))), "tfidf")
    assert result.vectors.shape[0] == len(sentences)
    assert np.isfinite(result.vectors).all()


def wine() -> pd.DataFrame:
    data = load_wine(as_frame=True).frame
    data["strong"] = np.where(data["alcohol"] > 13, "yes", "no")
    data.loc[3, "ash"] = np.nan
    data.loc[5, "strong"] = None
    return data


@pytest.mark.parametrize("name", ["columns", "skrub"])
def test_tables_of_numbers_and_categories(name):
    if name == "skrub":
        pytest.importorskip("skrub", reason="the extra 'tables' is not installed")
    dataset = read(wine(), label="target")
    result = embed(dataset, name)
    assert result.vectors.dtype == np.float32
    assert np.isfinite(result.vectors).all()
    assert agreement(result.vectors, dataset.given) > 0.9
    np.testing.assert_array_equal(result.vectors, embed(dataset, name, cache=False).vectors)


def test_columns_put_rare_values_together_and_take_every_type():
    frame = pd.DataFrame(
        {
            "who": [f"name {i % 50}" for i in range(200)],
            "when": pd.date_range("2020-01-01", periods=200),
            "good": [i % 2 == 0 for i in range(200)],
            "same": 1.0,
            "label": ["a", "b"] * 100,
        }
    )
    result = embed(read(frame, kind="table"), "columns", most=5)
    assert np.isfinite(result.vectors).all()
    assert result.vectors.shape[1] == 6 + 1 + 2 + 1


def test_without_skrub_tables_still_work(monkeypatch):
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "skrub" else real(name, *a))
    dataset = read(wine(), label="target")
    result = embed(dataset)
    assert result.name == "columns"
    assert "data-quality-explorer[tables]" in result.why
    with pytest.raises(MissingExtra, match=r"data-quality-explorer\[tables\]"):
        embed(dataset, "skrub")


def test_features_are_used_as_given():
    values = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    result = embed(read(values, label=list("ababa")))
    assert result.name == "precomputed"
    np.testing.assert_array_equal(result.vectors, values)
    beside = embed(
        read(pd.DataFrame({"text": list("vwxyz"), "label": list("ababa")}), text="text", features=values * 2)
    )
    assert beside.name == "precomputed"
    np.testing.assert_array_equal(beside.vectors, values * 2)


def test_auto_takes_a_downloaded_model_where_time_allows(monkeypatch):
    monkeypatch.setattr(auto, "downloaded", lambda model: model == "facebook/dinov2-base")
    pictures, labels = textures(6)
    dataset = read(pictures, label=labels)
    assert auto.choose(dataset, "cpu")[0] == "facebook/dinov2-base"
    monkeypatch.setattr(auto, "_CPU_LIMIT", 3)
    name, why = auto.choose(dataset, "cpu")
    assert name == "patches"
    assert "facebook/dinov2-base is here" in why
    assert auto.choose(dataset, "cuda:0")[0] == "facebook/dinov2-base"


def test_no_hub_cache_means_no_model(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert not auto.downloaded("facebook/dinov2-small")


def test_odd_pictures_are_embedded():
    modes = [Image.new(mode, (30, 20)) for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "LA")]
    modes += [Image.new("RGB", (1, 1)), Image.new("RGB", (1, 300), (5, 6, 7))]
    dataset = read(modes, label=[i % 2 for i in range(len(modes))])
    assert np.isfinite(embed(dataset, "patches", filters=8).vectors).all()
    assert isinstance(read(np.zeros((1, 4, 4), np.uint8), label=[0]).content, ImageArrays)


@pytest.mark.reference
def test_patches_on_cifar_beat_raw_pixels_clearly():
    path = DATA / "cifar10n.parquet"
    if not path.exists():
        pytest.skip(f"the reference data is not in {DATA} (EXPLORER_DATA)")
    frame = pd.read_parquet(path, columns=["image", "clean"]).iloc[:1500]
    dataset = read(frame, label="clean")
    patches = embed(dataset, "patches", filters=150)
    pixels = embed(dataset, "pixels")
    assert agreement(patches.vectors, dataset.given) > agreement(pixels.vectors, dataset.given) + 0.06
