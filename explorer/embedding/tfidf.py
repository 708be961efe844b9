"""Texts without a download: TF-IDF over words and characters, then a truncated SVD (latent semantic analysis)."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.embedding.base import Stateless
from explorer.errors import DataError
from explorer.progress import Progress

KNOWN = 0.25
"""Share of a text whose words must occur in another text, by length; up to it, its characters speak for it."""

_FEW = 64
_MANY = 12
_WORDS: dict[str, Any] = {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"}


class Tfidf(Stateless):
    """Words and word pairs weighted by TF-IDF (sublinear), projected on `dimensions` singular vectors.

    Scripts without spaces between words still count: where words are few, pieces of two to five characters are the
    terms. A text of whose words hardly one occurs in another text (another language, say) is told apart by its own
    characters, and is similar to no text of the others.

    Parameters
    ----------
    seed
        Of the randomised SVD.
    dimensions
        D; less where there are fewer texts or terms.
    """

    name = "tfidf"
    revision = "2"
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
        """Fit on all texts and return their vectors, float32 [N, D], of unit length or 0."""
        words = float(np.mean([len(text.split()) for text in batch[:2000]]))
        options = _WORDS if words >= 2 else {"analyzer": "char_wb", "ngram_range": (2, 5)}
        vectorizer = _vectorizer(min_df=2, max_features=100_000, **options)
        try:
            terms = vectorizer.fit_transform(batch)
        except ValueError:  # no term occurs twice, or there are none but punctuation
            return self._by_characters(batch)
        known = self._projected(terms)
        unknown = np.asarray(~known.any(axis=1))
        if options is _WORDS:
            unknown |= _mostly_unknown(vectorizer, terms, batch)
        if not unknown.any():
            return known
        # These share a term or none with others: told apart by their characters, in directions of their own.
        own = self._by_characters([text for text, here in zip(batch, unknown, strict=True) if here])
        vectors = np.zeros((len(batch), known.shape[1] + own.shape[1]), dtype=np.float32)
        vectors[~unknown, : known.shape[1]] = known[~unknown]
        vectors[unknown, known.shape[1] :] = own
        return vectors

    def _by_characters(self, texts: list[str]) -> NDArray[np.float32]:
        """Return vectors by pieces of one to three characters, which every script has."""
        return self._projected(_vectorizer(analyzer="char", ngram_range=(1, 3)).fit_transform(texts), self.dimensions)

    def _projected(self, terms: Any, few: int = _FEW) -> NDArray[np.float32]:
        """Project weighted terms [N, T] on the singular vectors, and bring the rows to unit length."""
        from sklearn.preprocessing import normalize
        from sklearn.utils.extmath import randomized_svd

        size = min(self.dimensions, min(terms.shape) - 1)
        if min(terms.shape) <= min(self.dimensions, few):  # so few that nothing need be lost
            return _coordinates(terms)
        _, _, axes = randomized_svd(terms, size, random_state=self.seed, n_iter=4)
        return np.ascontiguousarray(normalize(np.asarray(terms @ axes.T, dtype=np.float32)), dtype=np.float32)


def _vectorizer(**options: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", dtype=np.float32, **options)


def _mostly_unknown(vectorizer: Any, terms: Any, texts: list[str]) -> NDArray[np.bool_]:
    """Say of which texts [N] hardly a word is known: what is left of them would pass for all of them."""
    split = re.compile(_WORDS["token_pattern"]).findall
    clean = vectorizer.build_preprocessor()
    vocabulary = vectorizer.vocabulary_
    found = np.zeros(len(texts), dtype=bool)
    # Whoever has many known terms is known well enough, and need not be read again.
    for row in np.flatnonzero(np.diff(terms.indptr) <= _MANY):
        words = split(clean(texts[row]))
        known = sum(len(word) for word in words if word in vocabulary)  # scripts that are cut at every sign have many
        found[row] = known <= KNOWN * sum(map(len, words))
    return found


def _coordinates(terms: Any) -> NDArray[np.float32]:
    """Return vectors [N, N or T] with the very angles of the rows of a matrix [N, T]."""
    from sklearn.preprocessing import normalize

    rows, columns = terms.shape
    if columns <= rows:
        return np.ascontiguousarray(terms.toarray(), dtype=np.float32)
    values, vectors = np.linalg.eigh(np.asarray((terms @ terms.T).todense(), dtype=np.float64))
    found = vectors * np.sqrt(values.clip(0))
    return np.ascontiguousarray(normalize(found), dtype=np.float32)
