"""Texts without a download: TF-IDF over words and characters, then a truncated SVD (latent semantic analysis)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.embedding.base import Stateless
from explorer.errors import DataError
from explorer.progress import Progress


class Tfidf(Stateless):
    """Words and word pairs weighted by TF-IDF (sublinear), projected on `dimensions` singular vectors.

    Scripts without spaces between words still count: character pieces of three to five are used where words are few.

    Parameters
    ----------
    seed
        Of the randomised SVD.
    dimensions
        D; less where there are fewer texts or terms.
    """

    name = "tfidf"
    device = "cpu"
    batch_size = 1 << 30
    chunk: int | None = None
    fitted = True

    def __init__(self, seed: int = 0, dimensions: int = 256) -> None:
        if dimensions < 1:
            raise DataError(f"dimensions={dimensions} is less than 1.", "Give how many numbers a vector shall have.")
        self.seed = seed
        self.dimensions = dimensions

    def options(self) -> dict[str, Any]:
        """Return seed and dimensions."""
        return {"seed": self.seed, "dimensions": self.dimensions}

    def prepare(self, dataset: Dataset, progress: Progress) -> None:
        """Do nothing: all texts come in one batch, so that fitting and encoding are one."""

    def load(self, dataset: Dataset, item: int) -> str:
        """Return the text."""
        text: str = dataset.load(item)
        return text

    def encode(self, batch: list[str]) -> NDArray[np.float32]:
        """Fit on all texts and return their vectors, unit length."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.preprocessing import normalize
        from sklearn.utils.extmath import randomized_svd

        words = float(np.mean([len(text.split()) for text in batch[:2000]]))
        analyser: dict[str, Any] = (
            {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"}
            if words >= 2
            else {"analyzer": "char_wb", "ngram_range": (2, 5)}
        )
        vectorizer = TfidfVectorizer(
            sublinear_tf=True, strip_accents="unicode", max_features=100_000, min_df=2, dtype=np.float32, **analyser
        )
        try:
            terms = vectorizer.fit_transform(batch)
        except ValueError:  # no term occurs twice, or there are none but punctuation
            vectorizer.set_params(analyzer="char", ngram_range=(1, 3), min_df=1, token_pattern=None)
            terms = vectorizer.fit_transform(batch)
        size = min(self.dimensions, min(terms.shape) - 1)
        if size < 2:
            dense = np.asarray(terms.todense(), dtype=np.float32)
            return dense[:, : self.dimensions]
        _, _, axes = randomized_svd(terms, size, random_state=self.seed, n_iter=4)
        projected = normalize(np.asarray(terms @ axes.T, dtype=np.float32))
        # A text of rare words alone has no direction; such texts share one of their own.
        unknown = ~projected.any(axis=1)
        if unknown.any():
            projected = np.column_stack([projected, unknown])
        return np.ascontiguousarray(projected, dtype=np.float32)
