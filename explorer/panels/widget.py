"""The one anywidget class behind every panel; synced are only the review and the panel, all else is asked for."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from explorer.errors import ExplorerError
from explorer.panels.session import SESSIONS
from explorer.pipeline import kernel
from explorer.review.review import Review

STATIC = Path(__file__).parent.parent / "static"


def _bundle(name: str) -> Path:
    path = STATIC / name
    if not path.is_file():
        raise ExplorerError(
            f"The widget bundle {path} has not been built.",
            "Install the package (pip install .), or run: npm --prefix widgets run build",
        )
    return path


class Panel(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget ships no types for its base class
    """One panel of a review, linked to all others of the same review.

    Parameters
    ----------
    review
        The review to show.
    panel
        "explorer" (everything), or "map", "queue", "card", "neighbours", "history", "charts", "details",
        "pipeline".
    """

    _esm = _bundle("widget.js")
    _css = _bundle("widget.css")
    review = traitlets.Unicode().tag(sync=True)
    panel = traitlets.Unicode("explorer").tag(sync=True)
    line = traitlets.Unicode().tag(sync=True)
    """The id of the widget's comm, by which its page finds the model that messages arrive at."""

    def __init__(self, review: Review, panel: str = "explorer", **kwargs: Any) -> None:
        self._title = f"The explorer of {len(review.dataset):,} items. Run this cell to see it."
        line = uuid.uuid4().hex
        super().__init__(review=review.id, panel=panel, line=line, model_id=line, **kwargs)
        self._session = SESSIONS.of(review)
        self._session.attach(self)

    @property
    def ended(self) -> bool:
        """Whether it was closed, by somebody or by its host: nothing that is said to it arrives."""
        # Both ipykernel's comms and marimo's say so only in this attribute.
        return self.comm is None or bool(getattr(self.comm, "_closed", False))

    def __repr__(self) -> str:
        return self._title

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if self.panel == "explorer" and self.comm is not None:
            self._session.snapshot.show()
        return super()._repr_mimebundle_(**kwargs)

    @traitlets.observe("comm")  # type: ignore[untyped-decorator]  # traitlets has no types for it
    def _adopt(self, change: dict[str, Any]) -> None:
        if change["new"] is not None:
            kernel.adopt(change["new"], self._handle_msg)
