"""Takes the pictures of README and manual: the desk in a real JupyterLab in a real Chromium.

`make pictures` runs it, and writes them as WebP into the folder that it is given.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chromium import started
from jupyter import PATIENCE, Lab, Server, copy_notebooks
from PIL import Image
from playwright.sync_api import Browser, expect
from test_low_screens import notebook

QUICKSTART = "01_quickstart.ipynb"
LARGEST = 200_000  # bytes of one picture: everyone who clones downloads it
WINDOW = {"width": 1640, "height": 900}
CELL = {"width": 1180, "height": 900}  # about as wide as a page of the manual
LETTERS = """
import itertools, explorer
parts = {
    "delivery": (
        ["My parcel was promised for Tuesday", "The courier rang once and drove off", "The box came two weeks late"],
        ["nobody at the depot could say where it was", "the tracking page still says that it is on its way",
         "it had been left with a neighbour whom I do not know", "the driver had the wrong address"],
        ["Please send it again.", "When will it arrive?", "I would rather collect it at the depot."],
    ),
    "payment": (
        ["My card was charged twice", "The invoice has the wrong sum", "I have waited a month for my refund"],
        ["the bank says that the payment went through", "the discount is missing from the invoice",
         "the account shows the charge but no refund", "the invoice was sent to my old address"],
        ["Please pay the difference back.", "Could you send a new invoice?", "Which account was it paid to?"],
    ),
    "praise": (
        ["Your support team was friendly and patient", "Thank you for the quick answer", "What a pleasant call it was"],
        ["she explained every step and did not hurry me", "my question was answered within the hour",
         "he rang back the same evening to ask whether all was well", "even the second question was welcome"],
        ["Keep it up.", "Please tell her that I was delighted.", "I shall recommend you."],
    ),
}
texts = [f"{a}, and {b}. {c}" for label in parts for a, b, c in itertools.product(*parts[label])]
labels = [label for label in parts for _ in range(36)]
for n in range(5, 108, 17):
    labels[n] = list(parts)[(list(parts).index(labels[n]) + 1) % 3]
review = explorer.Review(explorer.read(texts, label=labels), store="letters.labels.db").wait(progress=False)
"""


class Album:
    """A folder of pictures."""

    def __init__(self, folder: Path, browser: Browser, server: Server) -> None:
        self._folder, self._browser, self._server = folder, browser, server

    @contextmanager
    def page(self, notebook_name: str) -> Iterator[Lab]:
        """Open a notebook, run it, and wait until the desk is there; the list of files is closed."""
        lab = Lab(self._browser, self._server, device_scale_factor=1.5)
        lab.page.set_viewport_size(WINDOW)
        lab.open(notebook_name)
        lab.command("application:toggle-left-area")
        lab.run_all()
        lab.drawn("umap")
        lab.shown()
        yield lab
        lab.close()

    def put(self, lab: Lab, name: str, *, screen: bool = False) -> None:
        """Take a picture of the desk, or of all the window shows, and keep it."""
        path = self._folder / f"{name}.webp"
        made = lab.picture(self._server.folder / f"{name}.png", screen=screen)
        with Image.open(made) as picture:
            picture.convert("RGB").save(path, quality=85, method=6)
        size = path.stat().st_size
        print(f"{path}: {size:,} bytes")
        if size > LARGEST:
            sys.exit(f"{path} is larger than {LARGEST:,} bytes.")


def decide(lab: Lab, *keys: str) -> None:
    """Press keys as a person does, each on a card that is there, and wait until all is on disk."""
    for key in keys:
        lab.shown()
        lab.page.locator(".dqx-explorer").first.focus()
        lab.page.keyboard.press(key)
    expect(lab.dqx("unsaved").first).to_have_attribute("data-count", "0", timeout=PATIENCE)
    lab.shown()


def quickstart(album: Album) -> None:
    """The whole desk in both themes; then in a cell of the manual its reasons, its estimate and its history."""
    with album.page(QUICKSTART) as lab:
        decide(lab, "Enter", "Enter", "k", "Enter", "Enter", "Enter")
        for theme in ("Dark", "Light"):
            lab.theme(theme)
            lab.drawn("umap")
            lab.shown()
            album.put(lab, f"explorer-{theme.lower()}")
        lab.page.set_viewport_size({"width": 1440, "height": 900})
        lab.dqx("full-screen").first.click()
        lab.page.wait_for_function("() => document.fullscreenElement !== null", timeout=PATIENCE)
        expect(lab.page.locator('.dqx-tab-page[data-page="neighbours"]').first).to_be_visible(timeout=PATIENCE)
        lab.drawn("umap")
        lab.shown()
        album.put(lab, "full-screen", screen=True)
        lab.dqx("full-screen").first.click()
        lab.page.wait_for_function("() => document.fullscreenElement === null", timeout=PATIENCE)

        lab.page.set_viewport_size(CELL)
        lab.shown()
        lab.dqx("more-lines").first.click()
        album.put(lab, "reasons")
        lab.dqx("more-lines").first.click()
        expect(lab.details("sure")).to_be_visible(timeout=PATIENCE)
        album.put(lab, "how-sure")
        lab.dqx("details-close").first.click()
        expect(lab.tab("history")).to_be_visible(timeout=PATIENCE)
        album.put(lab, "history")


def texts(album: Album, folder: Path) -> None:
    """A text, whole, with the words that told marked."""
    notebook(folder, "letters.ipynb", LETTERS, "review")
    with album.page("letters.ipynb") as lab:
        lab.page.set_viewport_size(CELL)
        decide(lab, "Enter")
        expect(lab.page.locator(".dqx-card mark").first).to_be_visible(timeout=PATIENCE)
        album.put(lab, "text")


def take(folder: Path) -> None:
    """Write all pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, started() as browser:
        work, state = Path(temporary, "work"), Path(temporary, "state")
        work.mkdir()
        state.mkdir()
        copy_notebooks(work)
        server = Server(work, state, user="ann")
        try:
            album = Album(folder, browser, server)
            quickstart(album)
            texts(album, work)
        finally:
            server.kill()


if __name__ == "__main__":
    take(Path(sys.argv[1]))
