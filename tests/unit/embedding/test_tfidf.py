"""Texts of which hardly a word is known, and tables of which only the types differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.embedding import embed
from explorer.embedding.tfidf import Tfidf

ENGLISH = [
    f"the {a} lies near the {b} in the {c}"
    for a in ("cup", "book", "key")
    for b in ("lamp", "door")
    for c in ("hall", "yard")
]
OTHERS = {
    "Chinese": ["今天天气非常好我们去公园", "这部电影太无聊了浪费时间", "物流很快包装完好值得购买"],
    "Thai": ["วันนี้อากาศดีมาก", "หนังเรื่องนี้น่าเบื่อ", "สินค้ามาถึงเร็ว"],
    "Arabic": ["الطقسجميلاليوم", "كانالفيلممملاجدا", "وصلالطردبسرعة"],
    "English": ["zyzzyva quagga", "xylophone mirth", "borscht fjord"],
}


def cosines(texts: list[str]) -> np.ndarray:
    vectors = Tfidf().encode(texts)
    length = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(length[length > 0], 1, rtol=1e-5)
    return vectors @ vectors.T


@pytest.mark.parametrize("script", list(OTHERS))
def test_texts_of_unknown_words_are_like_no_others_and_not_like_each_other(script: str) -> None:
    own = OTHERS[script]
    found = cosines(ENGLISH + own)
    n = len(ENGLISH)
    assert np.abs(found[:n, n:]).max() < 1e-6
    between = found[n:, n:][~np.eye(len(own), dtype=bool)]
    assert between.max() < 0.6
    twins = cosines([*ENGLISH, *own, own[0]])
    assert twins[n, -1] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "texts",
    [
        ["the weather is awful today", "the contract was signed yesterday"],
        ["a b", "c d"],
        ["the one red fox", "the two green hens", "the six blue whales"],
        ["!!", "??"],
    ],
)
def test_few_texts_are_no_duplicates_unless_they_are(texts: list[str]) -> None:
    found = cosines(texts)
    assert found[~np.eye(len(texts), dtype=bool)].max() < 0.7
    twins = cosines([*texts, texts[0]])
    assert twins[0, -1] == pytest.approx(1, abs=1e-5)


def test_known_words_keep_their_vectors_beside_unknown_ones() -> None:
    alone, beside = cosines(ENGLISH), cosines(ENGLISH + OTHERS["Chinese"])
    n = len(ENGLISH)
    np.testing.assert_allclose(alone, beside[:n, :n], atol=0.05)


@pytest.mark.parametrize("embedder", ["columns", "skrub"])
@pytest.mark.parametrize(
    "change", [lambda c: c.astype("category"), lambda c: c.astype(float), lambda c: c.astype(bool)]
)
def test_the_same_cells_of_another_type_are_embedded_anew(tmp_path, embedder, change) -> None:
    if embedder == "skrub":
        pytest.importorskip("skrub")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"code": rng.integers(0, 4, 60), "z": rng.normal(size=60), "label": ["a", "b"] * 30})
    changed = frame.assign(code=change(frame.code))
    embed(explorer.read(frame), embedder, cache=tmp_path)
    fresh = embed(explorer.read(changed), embedder, cache=False).vectors
    found = embed(explorer.read(changed), embedder, cache=tmp_path)
    np.testing.assert_array_equal(found.vectors, fresh)
    assert embed(explorer.read(changed), embedder, cache=tmp_path).from_cache


def test_numbers_whose_squares_overflow_are_scaled_first() -> None:
    small = pd.DataFrame({"a": [1.0, 2.0, 4.0, -1.0], "label": list("abab")})
    want = embed(explorer.read(small, kind="table"), "columns", cache=False).vectors
    for factor in (2.0**600, 2.0**-600, 2.0**-1000):
        huge = small.assign(a=small.a * factor)
        np.testing.assert_array_equal(embed(explorer.read(huge, kind="table"), "columns", cache=False).vectors, want)
