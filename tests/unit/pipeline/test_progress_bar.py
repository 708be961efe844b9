"""Progress in a notebook: it is seen while somebody waits, and nothing of it stays behind."""

from __future__ import annotations

import nbformat
from nbclient import NotebookClient

from explorer.pipeline.stages import STAGES

WAITS = """
import explorer
from explorer.pipeline import progress_bar
from sklearn.datasets import load_digits

progress_bar.PATIENCE = 0
digits = load_digits()
review = explorer.Review(explorer.read(digits.data, label=digits.target), cache=False)
print("before")
_ = review.wait()
"""


def test_nothing_stays_behind_in_a_notebook():
    seen = []

    class Client(NotebookClient):
        def process_message(self, message, *others):
            if message["msg_type"] in ("display_data", "update_display_data"):
                seen.append(message["content"]["data"].get("text/plain", ""))
            return super().process_message(message, *others)

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(WAITS)])
    Client(notebook, timeout=120, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    assert [o.name for o in outputs if o.output_type == "stream"] == ["stdout"], "no stderr, which is a pink strip"
    assert [o.data for o in outputs if o.output_type == "display_data"] == [{"text/html": "", "text/plain": ""}]
    assert outputs[0].text == "before\n"
    assert any(f"{STAGES.index('layout') + 1}/{len(STAGES)} layout" in line for line in seen), seen
    assert seen[-1] == ""
