"""Pictures without a download: features learnt from the dataset's own patches.

Coates, Ng and Lee, "An analysis of single-layer networks in unsupervised feature learning" (AISTATS 2011) and Coates
and Ng, "The importance of encoding versus training with sparse coding and vector quantization" (ICML 2011): whitened
patches, a dictionary, a two-sided soft threshold, sums over quadrants. Here followed by principal components.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.dataset.dataset import Dataset
from explorer.embedding.base import spread_sample
from explorer.errors import DataError, UnreadableItem
from explorer.progress import Progress

if TYPE_CHECKING:
    import torch

SIDE = 32
PATCH = 6
_CONTRAST = 10.0  # added to the variance of a patch (pixels 0 … 255), as in the paper
_WHITEN = 0.1  # added to the eigenvalues of the patches' covariance, as in the paper
_THRESHOLD = 0.25
_REGIONS = 3  # a side
_PART = 8  # pictures that one thread works on at a time
_FIT_PICTURES = 3000
_FIT_PATCHES = 40_000
_ROUNDS = 10  # of k-means


class Patches:
    """Single-layer features of pictures at 32 × 32 pixels.

    Parameters
    ----------
    device
        Where the convolution runs.
    seed
        Of the sampled pictures and patches.
    filters
        Size of the dictionary; more is better and slower, in proportion.
    dimensions
        D, after the principal components.
    """

    name = "patches"
    revision = ""
    chunk: int | None = 256
    fitted = True

    def __init__(self, device: str, seed: int = 0, filters: int = 400, dimensions: int = 256) -> None:
        if min(filters, dimensions) < 1:
            raise DataError("filters and dimensions must be at least 1.", "Leave them out for the defaults.")
        self.device = device
        self.batch_size = 64 if device == "cpu" else 256
        self.seed = seed
        self.filters = filters
        self.dimensions = dimensions
        self._fitted: dict[str, NDArray[Any]] = {}
        self._on_device: _Tensors | None = None

    def options(self) -> dict[str, Any]:
        """Return what the vectors depend on."""
        return {"seed": self.seed, "filters": self.filters, "dimensions": self.dimensions}

    def prepare(self, dataset: Dataset, progress: Progress) -> None:
        """Learn dictionary and principal components from a sample of the pictures."""
        note, device = "patches: learning features from a sample of the pictures", progress.stage.device
        progress.begin(_ROUNDS, "rounds", device, note)
        sample = self._sample(dataset, progress)
        rng = np.random.default_rng(self.seed)
        patches = _contrast(_draw(sample, rng))
        whitening, mean = _zca(patches)
        whitened = np.asarray((patches - mean) @ whitening, dtype=np.float32)
        dictionary = _spherical_kmeans(whitened, self.filters, rng, progress)
        kernels = dictionary @ whitening
        self._fitted = {"kernels": kernels.astype(np.float32), "bias": (-kernels @ mean).astype(np.float32)}
        pooled: list[NDArray[np.float32]] = []
        progress.begin(len(sample), "pictures of the sample", device, note)
        for start in range(0, len(sample), self.batch_size):
            progress.check()
            batch = sample[start : start + self.batch_size]
            pooled.append(self._in_parts(self._pooled, batch))
            progress.advance(len(batch))
        self._fitted.update(_components(np.concatenate(pooled), self.dimensions, self.seed))

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the dictionary and the projection."""
        return self._fitted

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take them back."""
        self._fitted = state

    def load(self, dataset: Dataset, item: int) -> NDArray[np.uint8]:
        """Return uint8 [32, 32, 3]."""
        picture: Image.Image = dataset.load(item)
        if picture.size != (SIDE, SIDE):
            picture = picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=3.0)
        return np.asarray(picture, dtype=np.uint8)

    def encode(self, batch: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return float32 [B, dimensions]."""
        return self._in_parts(self._project, np.stack(batch))

    def _sample(self, dataset: Dataset, progress: Progress) -> NDArray[np.uint8]:
        def read(item: int) -> NDArray[np.uint8] | None:
            try:
                return self.load(dataset, item)
            except UnreadableItem:
                return None  # the run meets it again and counts it

        pictures: list[NDArray[np.uint8]] = []
        with ThreadPoolExecutor(4) as pool:
            for picture in pool.map(read, spread_sample(dataset, _FIT_PICTURES, self.seed)):
                progress.check()
                if picture is not None:
                    pictures.append(picture)
        if not pictures:
            raise DataError("None of the pictures that were sampled can be read.", "Check the files.")
        return np.stack(pictures)

    def _in_parts(
        self, work: Callable[[NDArray[np.uint8]], torch.Tensor], pictures: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """Work on a batch: at once on a GPU; on a CPU in small parts, each by one thread from beginning to end.

        The responses of a small part stay in the processor's caches, and no thread waits for another within an
        operation, which on a busy machine takes more time than the work itself (ten times more was measured).
        """
        import torch

        if self.device != "cpu":
            return np.asarray(work(pictures).cpu().numpy(), dtype=np.float32)
        parts = [pictures[start : start + _PART] for start in range(0, len(pictures), _PART)]
        with ThreadPoolExecutor(torch.get_num_threads(), initializer=_one_thread_each) as pool:
            done = list(pool.map(work, parts))
        return np.concatenate([part.numpy() for part in done])

    def _project(self, pictures: NDArray[np.uint8]) -> torch.Tensor:
        """Return float32 [B, dimensions]: the principal components of the pooled responses."""
        import torch

        kernels = self._tensors()
        with torch.inference_mode():
            return (self._pooled(pictures) - kernels.centre) @ kernels.axes

    def _pooled(self, pictures: NDArray[np.uint8]) -> torch.Tensor:
        """Return float32 [B, 2 · regions² · filters]: both sides of the soft threshold, averaged over each region.

        The root of the averages evens out strong and weak responses (neighbours agree more often, measured).

        Contrast normalisation of every patch is done around the convolution: with m and d the patch's mean and
        deviation, k · (x − m) / d = (k · x − m Σk) / d, so no patch is ever cut out.
        """
        import torch
        from torch.nn import functional

        fitted = self._tensors()
        kernels, box = fitted.kernels, fitted.box
        with torch.inference_mode():
            pixels = torch.from_numpy(pictures).to(self.device).permute(0, 3, 1, 2).float()
            mean = functional.conv2d(pixels, box)
            square = functional.conv2d(pixels * pixels, box)
            deviation = (square - mean * mean).clamp_min_(0).add_(_CONTRAST).sqrt_()
            responses = functional.conv2d(pixels - 128.0, kernels)
            responses -= (mean - 128.0) * kernels.sum(dim=(1, 2, 3))[None, :, None, None]
            responses /= deviation
            responses += fitted.bias[None, :, None, None]
            above = functional.adaptive_avg_pool2d(functional.relu(responses - _THRESHOLD), _REGIONS)
            below = functional.adaptive_avg_pool2d(functional.relu_(responses.neg_().sub_(_THRESHOLD)), _REGIONS)
            return torch.cat([above, below], dim=1).flatten(1).sqrt_()

    def _tensors(self) -> _Tensors:
        """Return what was fitted as tensors on the device."""
        import torch

        if self._on_device is None or len(self._on_device.axes) != len(self._fitted.get("axes", ())):
            fitted = {name: torch.from_numpy(values).to(self.device) for name, values in self._fitted.items()}
            empty = torch.empty(0, device=self.device)  # until the components are fitted
            self._on_device = _Tensors(
                kernels=fitted["kernels"].reshape(-1, PATCH, PATCH, 3).permute(0, 3, 1, 2).contiguous(),
                bias=fitted["bias"],
                box=torch.full((1, 3, PATCH, PATCH), 1.0 / (3 * PATCH * PATCH), device=self.device),
                centre=fitted.get("centre", empty),
                axes=fitted.get("axes", empty),
            )
        return self._on_device


class _Tensors(NamedTuple):
    kernels: torch.Tensor  # [filters, 3, 6, 6]
    bias: torch.Tensor  # [filters]
    box: torch.Tensor  # [1, 3, 6, 6]: the mean over a patch
    centre: torch.Tensor  # [F]
    axes: torch.Tensor  # [F, dimensions]


def _one_thread_each() -> None:
    """Keep torch to one thread in the calling thread; other threads are not touched."""
    import torch
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

    torch.get_num_threads()  # a thread's first call of torch sets its OpenMP threads, so the limit comes after it
    threadpool_limits(1, user_api="openmp")


def _draw(pictures: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Cut random patches out: float32 [P, 108], rows of pixels with their channels together."""
    which = rng.integers(0, len(pictures), _FIT_PATCHES)
    top, left = rng.integers(0, SIDE - PATCH + 1, (2, _FIT_PATCHES))
    rows = top[:, None, None] + np.arange(PATCH)[None, :, None]
    columns = left[:, None, None] + np.arange(PATCH)[None, None, :]
    cut = pictures[which[:, None, None], rows, columns].reshape(_FIT_PATCHES, -1)
    return np.asarray(cut, dtype=np.float32)


def _contrast(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = patches - patches.mean(axis=1, keepdims=True)
    scaled: NDArray[np.float32] = centred / np.sqrt(patches.var(axis=1, keepdims=True) + np.float32(_CONTRAST))
    return scaled


def _zca(patches: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the whitening matrix [108, 108] (symmetric, so free of signs) and the mean [108]."""
    mean = patches.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(patches, rowvar=False).astype(np.float64))
    matrix = (vectors / np.sqrt(values.clip(0) + _WHITEN)) @ vectors.T
    return matrix.astype(np.float32), mean


def _spherical_kmeans(
    points: NDArray[np.float32], count: int, rng: np.random.Generator, progress: Progress
) -> NDArray[np.float32]:
    """Return `count` unit vectors [count, 108]: ten rounds from random points; an empty one stays where it was."""
    centres = points[rng.choice(len(points), size=count, replace=len(points) < count)]
    centres = centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-6)
    for _ in range(_ROUNDS):
        progress.check()
        nearest = np.concatenate([(part @ centres.T).argmax(axis=1) for part in _parts(points)])
        weight = np.einsum("ij,ij->i", points, centres[nearest])
        moved = np.zeros_like(centres)
        np.add.at(moved, nearest, points * weight[:, None])
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        centres = np.where(length > 1e-6, moved / np.maximum(length, 1e-6), centres)
        progress.advance()
    dictionary: NDArray[np.float32] = centres.astype(np.float32)
    return dictionary


def _parts(points: NDArray[np.float32], rows: int = 8192) -> Iterator[NDArray[np.float32]]:
    return (points[start : start + rows] for start in range(0, len(points), rows))


def _components(features: NDArray[np.float32], count: int, seed: int) -> dict[str, NDArray[np.float32]]:
    """Fit standardisation and principal components as one centre [F] and one matrix [F, count].

    Each component is divided by the root of its deviation: halfway to whitening. Unscaled, the first few components
    (brightness, contrast) decide all cosines; fully whitened, the noise of the last ones does.
    """
    from sklearn.utils.extmath import randomized_svd

    centre = features.mean(axis=0)
    deviation = features.std(axis=0)
    deviation = deviation + np.float32(1e-3) * max(float(deviation.mean()), 1e-6)
    size = max(1, min(count, min(features.shape) - 1))
    scaled = (features - centre) / deviation
    _, strength, axes = randomized_svd(scaled, size, random_state=seed, n_iter=3)
    spread = strength / np.sqrt(len(features))
    spread = np.maximum(spread, 1e-3 * max(float(spread.max()), 1e-6))
    matrix = axes.T / deviation[:, None] / np.sqrt(spread)[None, :]
    return {"centre": centre.astype(np.float32), "axes": matrix.astype(np.float32)}
