"""What `embedder="auto"` chooses, and the reason it gives."""

from __future__ import annotations

import importlib.util

import numpy as np

from explorer.dataset.dataset import Dataset
from explorer.embedding.pixels import sample_pictures

WELL_KNOWN = (
    "facebook/dinov2-small",
    "facebook/dinov2-base",
    "google/siglip-base-patch16-224",
    "openai/clip-vit-base-patch32",
)
"""Vision models that "auto" takes when they have been downloaded before, best first for this purpose."""

_TINY = 16
_CPU_LIMIT = 3000  # pictures that a vision transformer embeds on a CPU within some minutes


def choose(dataset: Dataset, device: str) -> tuple[str, str]:
    """Return the embedder's name, and why it is taken and what would usually do better."""
    if dataset.features is not None:
        return "precomputed", "the dataset brings features, and they are used as given"
    if dataset.kind == "vector":
        return "precomputed", "the items are vectors already"
    if dataset.kind == "text":
        return "tfidf", (
            "it needs no download; a sentence model usually does better: "
            'embedder="sentence-transformers/all-MiniLM-L6-v2" or the folder of one'
        )
    if dataset.kind == "table":
        if importlib.util.find_spec("skrub") is not None:
            return "skrub", "it treats numbers, categories, dates and strings each in their own way"
        return "columns", (
            "it needs nothing installed; skrub usually does better on strings and dates: "
            "pip install 'data-quality-explorer[tables]'"
        )
    return _choose_for_images(dataset, device)


def _choose_for_images(dataset: Dataset, device: str) -> tuple[str, str]:
    sides = [max(picture.size) for picture in sample_pictures(dataset, 32)]
    if sides and float(np.median(sides)) <= _TINY:
        return (
            "pixels",
            f"the pictures are tiny (at most {int(np.median(sides))} pixels a side): their pixels say it all",
        )
    ready = next((model for model in WELL_KNOWN if downloaded(model)), None)
    if ready is not None and (device != "cpu" or len(dataset) <= _CPU_LIMIT):
        return ready, "it is a strong general model and has been downloaded here before"
    if ready is not None:
        return "patches", (
            f"it needs no GPU; {ready} is here and usually does better, but takes long for {len(dataset):,} pictures "
            f'on a CPU: ask for it with embedder="{ready}"'
        )
    return "patches", (
        "it needs no download; a pretrained model usually does much better: "
        'embedder="facebook/dinov2-small" (88 MB), or the folder of one'
    )


def downloaded(model: str) -> bool:
    """Say whether the local Hugging Face cache holds a vision model with safe weights, without asking the network."""
    if importlib.util.find_spec("transformers") is None or importlib.util.find_spec("huggingface_hub") is None:
        return False
    from explorer.embedding.hub import cached_snapshot
    from explorer.embedding.vision import VISION_FILES

    return cached_snapshot(model, None, VISION_FILES) is not None
