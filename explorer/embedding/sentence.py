"""Texts with a pretrained sentence-transformers model, by id or from a folder."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.embedding.base import Stateless
from explorer.embedding.hub import locate, unreachable
from explorer.engine.devices import precision
from explorer.errors import MissingExtra
from explorer.progress import Progress

_REMEDY = 'or take embedder="tfidf", which needs no download.'


class Sentence(Stateless):
    """Sentence vectors as the model gives them (most models end in a normalisation of their own).

    Parameters
    ----------
    model
        Folder, or id on the Hugging Face hub.
    device
        Where it runs; half precision on a GPU.
    revision
        Commit, branch or tag on the hub.
    prompt
        Put before each text, for models that were trained with one.
    """

    batch_size = 256  # the model sorts them by length, which saves padding

    def __init__(self, model: str, device: str, revision: str | None = None, prompt: str = "") -> None:
        if importlib.util.find_spec("sentence_transformers") is None:
            raise MissingExtra(f"The sentence model {model!r}", "sentence-transformers", "text")
        self.located = locate(model, revision, _REMEDY, ("config.json", "modules.json"))
        self.name = self.located.name
        self.revision = self.located.revision
        self.device = device
        self.prompt = prompt
        self.precision = precision(device)
        self._model: Any = None

    def options(self) -> dict[str, Any]:
        """Return what the vectors depend on besides the weights."""
        return {"prompt": self.prompt, "precision": self.precision}

    def prepare(self, dataset: Dataset, progress: Progress) -> None:
        """Load the model: safetensors only, no code from the model's repository."""
        del dataset
        self._load(progress)

    def _load(self, progress: Progress) -> None:
        from sentence_transformers import SentenceTransformer

        progress.say(f"loading {self.name}")
        try:
            self._model = SentenceTransformer(
                self.located.source,
                device=self.device,
                revision=None if self.located.is_folder else self.revision,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError) as error:
            unreachable(self.name, error, _REMEDY)
        self._model.eval()

    def reads_texts(self) -> bool:
        """Texts are all that it reads."""
        return True

    def encode_texts(self, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        """Return float32 [len(texts), D], as of items with these texts; loads the model if nobody has."""
        if self._model is None:
            self._load(progress)
        parts = [texts[start : start + self.batch_size] for start in range(0, len(texts), self.batch_size)]
        found = []
        for part in parts:
            found.append(self.encode([self.prompt + text for text in part]))
            progress.check()
        return np.concatenate(found)

    def load(self, dataset: Dataset, item: int) -> str:
        """Return the text."""
        text: str = dataset.load(item)
        return self.prompt + text

    def encode(self, batch: list[str]) -> NDArray[np.float32]:
        """Return float32 [B, D]; a batch that overflows in half precision is computed again in full."""
        import torch

        vectors = np.empty((0, 0), dtype=np.float32)
        for name in dict.fromkeys((self.precision, "float32")):
            half = name != "float32"
            with torch.autocast(self.device.split(":")[0], getattr(torch, name) if half else None, enabled=half):
                tensor = self._model.encode(
                    batch, batch_size=max(1, len(batch) // 8), show_progress_bar=False, convert_to_tensor=True
                )
            vectors = tensor.float().cpu().numpy()
            if np.isfinite(vectors).all():
                break
        return vectors
