"""The embedders that come with the package, one line each. Their libraries are imported only when one is made."""

from __future__ import annotations

from explorer.embedding.base import Embedder
from explorer.embedding.registry import Entry, Request, register
from explorer.media.base import MediaKind


def _pixels(request: Request) -> Embedder:
    from explorer.embedding.pixels import Pixels

    return request.make(Pixels, dataset=request.dataset)


def _patches(request: Request) -> Embedder:
    from explorer.embedding.patches import Patches

    return request.make(Patches, device=request.device, seed=request.seed)


def _vision(request: Request) -> Embedder:
    from explorer.embedding.vision import Vision

    return request.make(Vision, model=request.name, device=request.device)


def _timm(request: Request) -> Embedder:
    from explorer.embedding.timm import Timm

    return request.make(Timm, model=request.name.removeprefix("timm:"), device=request.device)


def _tfidf(request: Request) -> Embedder:
    from explorer.embedding.tfidf import Tfidf

    return request.make(Tfidf, seed=request.seed)


def _sentence(request: Request) -> Embedder:
    from explorer.embedding.sentence import Sentence

    return request.make(Sentence, model=request.name, device=request.device)


def _skrub(request: Request) -> Embedder:
    from explorer.embedding.table import Skrub

    return request.make(Skrub, dataset=request.dataset, seed=request.seed)


def _columns(request: Request) -> Embedder:
    from explorer.embedding.table import Columns

    return request.make(Columns, dataset=request.dataset)


def _precomputed(request: Request) -> Embedder:
    from explorer.embedding.precomputed import Precomputed

    return request.make(Precomputed, dataset=request.dataset)


def register_all() -> None:
    """Put them into the registry."""
    every: tuple[MediaKind, ...] = ("image", "text", "table", "vector")
    for entry in (
        Entry("pixels", ("image",), "raw pixels, for pictures of at most 16 pixels a side", _pixels),
        Entry("patches", ("image",), "features learnt from the pictures' own patches; no download", _patches),
        Entry(
            "<Hugging Face id or folder>",
            ("image",),
            "a pretrained vision model such as facebook/dinov2-small: DINOv2, CLIP, SigLIP, ViT …",
            _vision,
            "transformers",
        ),
        Entry("timm:", ("image",), "a pretrained vision model of timm, such as timm:resnet18", _timm, "timm"),
        Entry("tfidf", ("text",), "weighted words and word pairs, reduced by SVD; no download", _tfidf),
        Entry(
            "<sentence-transformers id or folder>",
            ("text",),
            "a pretrained sentence model such as sentence-transformers/all-MiniLM-L6-v2",
            _sentence,
            "sentence_transformers",
        ),
        Entry(
            "skrub", ("table",), "numbers, categories, dates and strings by skrub's TableVectorizer", _skrub, "skrub"
        ),
        Entry("columns", ("table",), "numbers standardised, categories one-hot; nothing to install", _columns),
        Entry("precomputed", every, "the features that the dataset brings", _precomputed),
    ):
        register(entry)
