"""Progress in a notebook: it is seen while somebody waits, and nothing of it stays behind."""

from __future__ import annotations

import nbformat
from nbclient import NotebookClient

WAITS = """
import time
from explorer import terminal
from explorer.progress import Stage

terminal.PATIENCE = 0


class Pipeline:
    step = 0

    @property
    def stages(self):
        return [Stage("embed", "running", self.step, 4)] if self.step < 3 else [Stage("graph", "running", 1, 4)]

    def wait(self, stage, timeout=None):
        self.step += 1
        time.sleep(0.15)
        return self.step > 4


print("before")
terminal.follow(Pipeline(), None, None, True)
"""


def test_nothing_stays_behind_in_a_notebook():
    seen = []

    class Client(NotebookClient):
        def process_message(self, message, *others):
            if message["msg_type"] in ("display_data", "update_display_data"):
                seen.append(message["content"]["data"].get("text/plain", ""))
            return super().process_message(message, *others)

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(WAITS)])
    Client(notebook, timeout=60, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    assert [o.name for o in outputs if o.output_type == "stream"] == ["stdout"], "no stderr, which is a pink strip"
    assert [o.data for o in outputs if o.output_type == "display_data"] == [{"text/html": "", "text/plain": ""}]
    assert outputs[0].text == "before\n"
    assert any("embed" in line for line in seen)
    assert any("graph" in line for line in seen)
    assert seen[-1] == ""
