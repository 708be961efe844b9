"""What a run is made with, and what it has computed so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset

if TYPE_CHECKING:
    import pandas as pd

    from explorer.detectors import Combined, Findings, Inputs
    from explorer.detectors.combine.rescore import Settled
    from explorer.embedding import Embedding
    from explorer.embedding.class_names import NameScores
    from explorer.estimates.trust import Trust
    from explorer.graph import NeighbourGraph
    from explorer.probe import Probe


def other_options(
    dataset: Dataset,
    old: Options,
    embedder: str | None,
    device: str | None,
    embedder_options: dict[str, Any],
    names: str | bool | None = None,
) -> Options:
    """Return what a new run is made with: as before, but for what is given. What cannot be had is refused now.

    Another embedder begins without the options of the one before. It is made and not used, so that its name and options
    are known to be right: the Hugging Face hub is asked about a model that is not on this machine.

    Raises
    ------
    UnknownName, MissingExtra, DataError
        An embedder, option or device that is none, as `explorer.embedding.embed` would say in the middle of the run.
    """
    from explorer.embedding import Request, auto, registry
    from explorer.engine.devices import pick

    given = {**({} if embedder else old.embedder_options), **embedder_options}
    new = replace(
        old,
        embedder=embedder or old.embedder,
        embedder_options=given,
        device=device or old.device,
        names=old.names if names is None else names,
    )
    # The same again, one that is made already, or none.
    if new == old or not isinstance(new.embedder, str) or not new.embedder:
        return new
    picked = pick(new.device)[0]
    name = auto.choose(dataset, picked)[0] if new.embedder == "auto" else new.embedder
    own = {option: value for option, value in given.items() if option != "batch_size"}
    registry.find(name, dataset.kind).create(Request(name, dataset, picked, new.seed, own))
    return new


@dataclass(frozen=True)
class Options:
    """What a run is made with; part of the manifest."""

    embedder: str = "auto"
    embedder_options: dict[str, Any] = field(default_factory=dict)
    device: str | None = None
    k: int = 50
    seed: int = 0
    cache: bool | str = True
    names: str | bool = "auto"


@dataclass(frozen=True, eq=False)
class Results:
    """All that has been computed so far. Replaced as a whole, never changed in place, so that readers need no lock."""

    embedding: Embedding | None = None
    layout: NDArray[np.float32] | None = None
    layout_name: str | None = None
    graph: NeighbourGraph | None = None
    distances: NeighbourGraph | None = None  # by cosine, where links were given as the graph
    probe: Probe | None = None
    probs: NDArray[np.float32] | None = None
    names: NameScores | None = None
    inputs: Inputs | None = None
    findings: Findings | None = None
    combined: Combined | None = None
    table: pd.DataFrame | None = None
    trust: Trust | None = None
    settled: Settled | None = None  # what people had settled when the scores were made
