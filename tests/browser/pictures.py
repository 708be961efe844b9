"""Takes the README's pictures: the quickstart in a real JupyterLab in a real Chromium, light and dark.

`make pictures` runs it, and writes `explorer-light.webp` and `explorer-dark.webp` into the folder that it is given.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from chromium import started
from jupyter import PATIENCE, Lab, Server, copy_notebooks
from PIL import Image
from playwright.sync_api import expect

QUICKSTART = "01_quickstart.ipynb"
LARGEST = 200_000  # bytes of one picture: everyone who clones downloads it


def review(lab: Lab) -> None:
    """Run the quickstart and decide on a few items, as a person does."""
    lab.open(QUICKSTART)
    lab.command("application:toggle-left-area")
    lab.run_all()
    lab.drawn("umap")
    for key in ("Enter", "Enter", "k", "Enter", "Enter", "Enter"):
        lab.shown()
        lab.page.locator(".dqx-explorer").first.focus()
        lab.page.keyboard.press(key)
    expect(lab.dqx("unsaved").first).to_have_attribute("data-count", "0", timeout=PATIENCE)
    lab.shown()


def take(folder: Path) -> None:
    """Write both pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, started() as browser:
        work, state = Path(temporary, "work"), Path(temporary, "state")
        work.mkdir()
        state.mkdir()
        copy_notebooks(work)
        server = Server(work, state, user="ann")
        try:
            lab = Lab(browser, server, device_scale_factor=1.5)
            review(lab)
            for theme in ("Light", "Dark"):
                lab.theme(theme)
                lab.drawn("umap")
                lab.shown()
                made = lab.picture(work / f"{theme}.png")
                path = folder / f"explorer-{theme.lower()}.webp"
                with Image.open(made) as picture:
                    picture.convert("RGB").save(path, quality=85, method=6)
                size = path.stat().st_size
                print(f"{path}: {size:,} bytes")
                if size > LARGEST:
                    sys.exit(f"{path} is larger than {LARGEST:,} bytes.")
            lab.close()
        finally:
            server.kill()


if __name__ == "__main__":
    take(Path(sys.argv[1]))
