"""Pictures with a pretrained vision model of `transformers`, by id or from a folder: DINOv2, CLIP, SigLIP, ViT …"""

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
from explorer.errors import DataError, MissingExtra
from explorer.progress import Progress

TEXTS = 64
"""Texts that are read at once."""

VISION_FILES = ("config.json", "preprocessor_config.json")
_REMEDY = 'or take embedder="patches", which needs no download.'


class Vision(Stateless):
    """One vector a picture: the projected vector of CLIP and its kin, else the class token, else the pooled map.

    Parameters
    ----------
    model
        Folder, or id on the Hugging Face hub.
    device
        Where it runs; half precision on a GPU.
    revision
        Commit, branch or tag on the hub.
    """

    batch_size = 32

    def __init__(self, model: str, device: str, revision: str | None = None) -> None:
        if importlib.util.find_spec("transformers") is None:
            raise MissingExtra(f"The vision model {model!r}", "transformers", "images")
        self.located = locate(model, revision, _REMEDY, VISION_FILES)
        self.name = self.located.name
        self.revision = self.located.revision
        self.device = device
        self.precision = precision(device)
        self.batch_size = 64 if device.startswith("cuda") else 16
        self._model: Any = None
        self._processor: Any = self._load_processor()

    def options(self) -> dict[str, Any]:
        """Return what the vectors depend on besides the weights."""
        return {"precision": self.precision}

    def _where(self) -> dict[str, Any]:
        revision = {} if self.located.is_folder else {"revision": self.revision}
        return {"trust_remote_code": False, **revision}

    def _load_processor(self) -> Any:
        """Load the preprocessing in its Pillow form, so that torchvision is not needed and results do not vary."""
        from transformers import AutoImageProcessor

        try:
            return AutoImageProcessor.from_pretrained(self.located.source, **_pillow(), **self._where())
        except (OSError, ValueError, ImportError) as error:
            if isinstance(error, ImportError):
                raise DataError(
                    f"The preprocessing of {self.name!r} cannot be loaded: {error}.", f"Take another model, {_REMEDY}"
                ) from error
            unreachable(self.name, error, _REMEDY)

    def prepare(self, dataset: Dataset, progress: Progress) -> None:
        """Load the weights: safetensors only, no code from the model's repository, none left at random."""
        del dataset
        self._load(progress)

    def _load(self, progress: Progress) -> None:
        from transformers import AutoModel

        progress.say(f"loading {self.name}")
        try:
            self._model, info = AutoModel.from_pretrained(
                self.located.source, use_safetensors=True, output_loading_info=True, **self._where()
            )
        except (OSError, ValueError) as error:
            unreachable(self.name, error, _REMEDY)
        # A classifier's checkpoint has no pooler, and none is used here; anything else missing would be noise.
        absent = [key for key in info["missing_keys"] if "pooler" not in key]
        if absent:
            raise DataError(
                f"The checkpoint of {self.name!r} lacks {len(absent)} weights of its own architecture ({absent[0]} …).",
                "Its vectors would be partly random; take another model.",
            )
        self._model = self._model.eval().to(self.device)

    def reads_texts(self) -> bool:
        """Say whether it is of the kind of CLIP and SigLIP, by its configuration."""
        from transformers import AutoConfig

        try:
            config = AutoConfig.from_pretrained(self.located.source, **self._where())
        except (OSError, ValueError) as error:
            unreachable(self.name, error, _REMEDY)
        return hasattr(config, "text_config") and hasattr(config, "vision_config")

    def encode_texts(self, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        """Return the projected vectors of texts, float32 [len(texts), D]; loads the model if nobody has.

        Raises
        ------
        DataError
            The model reads no texts, or comes without its tokenizer.
        """
        import torch
        from transformers import AutoTokenizer

        if self._model is None:
            self._load(progress)
        if not hasattr(self._model, "get_text_features"):
            raise DataError(f"The model {self.name!r} reads no texts.", "Take one of the kind of CLIP or SigLIP.")
        text = self._model.config.text_config
        try:
            tokenizer = AutoTokenizer.from_pretrained(self.located.source, **self._where())
            why = (
                ""
                if 2 * len(tokenizer) >= text.vocab_size
                else f"it has {len(tokenizer):,} of {text.vocab_size:,} words"
            )
        except (OSError, ValueError, ImportError) as error:
            why = " ".join(str(error).split())[:160]
        if why:  # without its files an empty one is made, which knows no word
            raise DataError(f"The model {self.name!r} comes without its tokenizer ({why}).", "Download it completely.")
        # SigLIP was taught on texts of full length; CLIP finds the end of a text by itself.
        longest = int(text.max_position_embeddings)
        found = []
        for start in range(0, len(texts), TEXTS):
            tokens = tokenizer(
                list(texts[start : start + TEXTS]),
                padding="max_length",
                truncation=True,
                max_length=longest,
                return_tensors="pt",
            ).to(self.device)
            known = {name: tokens[name] for name in ("input_ids", "attention_mask") if name in tokens}
            with torch.inference_mode():
                output = self._model.get_text_features(**known)
            found.append(getattr(output, "pooler_output", output).float().cpu().numpy())
            progress.check()
        return np.concatenate(found)

    def load(self, dataset: Dataset, item: int) -> NDArray[np.float32]:
        """Return the preprocessed picture, float32 [C, H, W]; runs on threads."""
        values = self._processor(images=dataset.load(item), return_tensors="np")["pixel_values"][0]
        return np.asarray(values, dtype=np.float32)

    def encode(self, batch: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return float32 [B, D]; a batch that overflows in half precision is computed again in full."""
        import torch

        pixels = torch.from_numpy(np.stack(batch)).to(self.device)
        vectors = np.empty((0, 0), dtype=np.float32)
        for name in dict.fromkeys((self.precision, "float32")):
            half = name != "float32"
            with (
                torch.inference_mode(),
                torch.autocast(self.device.split(":")[0], getattr(torch, name) if half else None, enabled=half),
            ):
                vectors = self._vectors(pixels).float().cpu().numpy()
            if np.isfinite(vectors).all():
                break
        return vectors

    def _vectors(self, pixels: Any) -> Any:
        if hasattr(self._model, "get_image_features"):
            output = self._model.get_image_features(pixel_values=pixels)
            return getattr(output, "pooler_output", output)
        output = self._model(pixel_values=pixels)
        hidden = output.last_hidden_state
        if _has_class_token(self._model) and hidden.ndim == 3:
            return hidden[:, 0]
        pooled = getattr(output, "pooler_output", None)
        if pooled is not None:
            return pooled.flatten(1)
        return hidden.mean(1) if hidden.ndim == 3 else hidden.mean((2, 3))


def _has_class_token(model: Any) -> bool:
    return getattr(getattr(model, "embeddings", None), "cls_token", None) is not None


def _pillow() -> dict[str, Any]:
    """Name the Pillow form of a processor in the words of the transformers version that is installed."""
    import transformers

    return {"backend": "pil"} if int(transformers.__version__.split(".")[0]) >= 5 else {"use_fast": False}
