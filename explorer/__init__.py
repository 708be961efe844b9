"""Find labels that are wrong, see why, and fix them in place.

    import explorer
    dataset = explorer.read("photos/")
    review = explorer.Review(dataset, store="photos.labels.db")
    review                       # in a notebook: the explorer
    review.issues                # the ranking as a DataFrame

Importing this package is quick and imports no widget, no torch and no plotly: they come when they are needed.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as in `typing`, whose import costs half of what this package may take to start
if TYPE_CHECKING:
    from typing import Any

    from explorer.dataset.dataset import Dataset
    from explorer.dataset.labelling_function import labelling_function
    from explorer.detectors import detector, forget
    from explorer.errors import ExplorerError
    from explorer.panels import show
    from explorer.pipeline.find_issues import find_issues
    from explorer.readers import read
    from explorer.review.review import Review
    from explorer.training import Recorder

__all__ = [
    "Dataset",
    "ExplorerError",
    "Recorder",
    "Review",
    "__version__",
    "detector",
    "find_issues",
    "forget",
    "labelling_function",
    "read",
    "show",
]

if TYPE_CHECKING:
    __version__: str

_HOMES = {
    "Dataset": "explorer.dataset.dataset",
    "ExplorerError": "explorer.errors",
    "Recorder": "explorer.training.recorder",
    "Review": "explorer.review.review",
    "detector": "explorer.detectors",
    "find_issues": "explorer.pipeline.find_issues",
    "forget": "explorer.detectors",
    "labelling_function": "explorer.dataset.labelling_function",
    "read": "explorer.readers",
    "show": "explorer.panels",
}

_ROOMS = ("consensus", "cues")
"""Packages of plain functions on arrays, which `explorer.consensus` finds without an import of its own."""


def __getattr__(name: str) -> Any:
    import importlib

    if name == "__version__":
        from importlib import metadata

        globals()[name] = metadata.version("data-quality-explorer")
        return globals()[name]
    if name in _ROOMS:
        return importlib.import_module(f"explorer.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'explorer' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    if name == "Review":
        value._display_ = _display
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _display(review: Any) -> Any:
    """Return what marimo shows for a review, as its display protocol asks: the widget, or once closed its text."""
    from explorer.panels import show

    return repr(review) if review.closed else show(review)


def _attach_display() -> None:
    """Teach a running IPython to show a review as its widget. `Review` itself knows no widget."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    # A plain terminal cannot draw widgets: there the review's text is the better answer.
    if shell is None or not hasattr(shell, "kernel"):
        return

    def mimebundle(review: Any, include: Any = None, exclude: Any = None) -> Any:  # noqa: ARG001  # IPython's signature
        from explorer.panels import show

        if review.closed:
            return None  # its text says so
        return show(review)._repr_mimebundle_()

    shell.display_formatter.mimebundle_formatter.for_type_by_name("explorer.review.review", "Review", mimebundle)


_attach_display()
