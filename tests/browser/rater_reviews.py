"""Reviews with raters for the browser tests: small pictures, a person, two models of one family, a rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import explorer

CLASSES = ("cat", "dog", "newt")


def pictures(n: int, classes: int = 3) -> tuple[Any, Any, Any, Any]:
    """Make pictures whose colour is their class, vectors, what they are, and labels of which every seventh is wrong."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, classes, n)
    vectors = ((rng.normal(size=(classes, 8)) * 3)[truth] + rng.normal(size=(n, 8))).astype("float32")
    hues = rng.integers(30, 200, (classes, 3))
    made = (hues[truth][:, None, None, :] + rng.integers(0, 50, (n, 16, 16, 3))).astype("uint8")
    given = np.where(np.arange(n) % 7 == 0, (truth + 1) % classes, truth)
    return made, vectors, truth, given


def votes(truth: Any, classes: int = 3) -> dict[str, Any]:
    """Make what each rater says, as class codes, -1 for nothing: the models err together, the rule is mostly silent."""
    rng = np.random.default_rng(1)

    def slips(share: float) -> Any:
        wrong = rng.random(len(truth)) < share
        return np.where(wrong, (truth + rng.integers(1, classes, len(truth))) % classes, truth)

    gpt = slips(0.2)
    mini = np.where(rng.random(len(truth)) < 0.9, gpt, slips(0.2))
    rule = np.where((truth == 1) & (rng.random(len(truth)) < 0.6), 1, -1)
    return {"cleo": slips(0.04), "gpt": gpt, "gpt-mini": mini, "barks": rule}


def names(classes: int) -> Any:
    """Return the names of the classes, by code."""
    return np.array(CLASSES if classes == 3 else [f"kind {c:02d}" for c in range(classes)], dtype=object)


def review(store: Path, n: int = 150, *, raters: bool = True, classes: int = 3, rater: str = "ann") -> explorer.Review:
    """Make a review of them that is scored."""
    made, vectors, truth, given = pictures(n, classes)
    called = names(classes)
    dataset = explorer.read(made, label=called[given], features=vectors, key=[f"p{i:03d}" for i in range(n)])
    found = explorer.Review(dataset, store=store, k=10, rater=rater, start=False)
    if raters:
        for name, said in votes(truth, classes).items():
            labels = [None if code < 0 else called[code] for code in said]
            kind = {"cleo": "person", "barks": "function"}.get(name, "model")
            found.add_rater(name, labels, kind=kind, family="gpt" if kind == "model" else "")
    found.audit_rate = 0
    found.start()
    return found.wait(progress=False)
