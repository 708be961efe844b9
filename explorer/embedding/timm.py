"""Pictures with a pretrained model of timm ("timm:<name>"). An extra, as timm brings torchvision."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.embedding.base import Stateless
from explorer.embedding.hub import unreachable
from explorer.engine.devices import precision
from explorer.errors import DataError, MissingExtra, UnknownName
from explorer.progress import Progress

_REMEDY = 'or take embedder="patches", which needs no download.'


class Timm(Stateless):
    """The pooled features before the classifier.

    Parameters
    ----------
    model
        timm's name, such as "resnet18.a1_in1k".
    device
        Where it runs; half precision on a GPU.
    """

    batch_size = 32

    def __init__(self, model: str, device: str) -> None:
        if importlib.util.find_spec("timm") is None:
            raise MissingExtra(f"The vision model 'timm:{model}'", "timm", "timm")
        self._timm = importlib.import_module("timm")
        if not self._timm.is_model(model):
            raise UnknownName("timm model", model, self._timm.list_models(pretrained=True))
        self.name = f"timm:{model}"
        self.model = model
        self.device = device
        self.precision = precision(device)
        self._model: Any = None
        config = self._timm.get_pretrained_cfg(model)
        self._repository = str(config.hf_hub_id or "") if config is not None else ""
        if not self._repository:
            raise DataError(f"timm has no safetensors weights for {model!r} on the Hugging Face hub.", _REMEDY)
        self._weights = self._download()
        self.revision = self._weights.split("/")[-2]  # the hub's cache keeps files under snapshots/<commit>/
        data = importlib.import_module("timm.data")
        self._transform = data.create_transform(
            **data.resolve_data_config(pretrained_cfg=config.to_dict()), is_training=False
        )

    def _download(self) -> str:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError

        try:
            return hf_hub_download(self._repository, "model.safetensors")
        except (HfHubHTTPError, OSError) as error:
            unreachable(self.name, error, _REMEDY)

    def options(self) -> dict[str, Any]:
        """Return what the vectors depend on besides the weights."""
        return {"precision": self.precision}

    def prepare(self, dataset: Dataset, progress: Progress) -> None:
        """Build the model without weights and fill it from safetensors; the classifier's are left over."""
        del dataset
        from safetensors.torch import load_file

        progress.say(f"loading {self.name}")
        model = self._timm.create_model(self.model, pretrained=False, num_classes=0)
        missing = model.load_state_dict(load_file(self._weights), strict=False).missing_keys
        if missing:
            raise DataError(
                f"The checkpoint of {self.name!r} lacks {len(missing)} weights ({missing[0]} …).", "Take another model."
            )
        self._model = model.eval().to(self.device)

    def load(self, dataset: Dataset, item: int) -> NDArray[np.float32]:
        """Return the preprocessed picture, float32 [C, H, W]."""
        return np.asarray(self._transform(dataset.load(item)), dtype=np.float32)

    def encode(self, batch: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return float32 [B, D]."""
        import torch

        half = self.precision != "float32"
        with (
            torch.inference_mode(),
            torch.autocast(self.device.split(":")[0], getattr(torch, self.precision) if half else None, enabled=half),
        ):
            vectors: NDArray[np.float32] = (
                self._model(torch.from_numpy(np.stack(batch)).to(self.device)).float().cpu().numpy()
            )
        return vectors
