"""Finds a Chromium for the browser tests, or gets one: the system's, else the package manager's, else Playwright's own.

Run as a script it makes sure that there is one and prints its path; imported, `find()` returns that path and
`started()` runs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
SOFTWARE_GL = [
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--no-sandbox",
    "--disable-background-networking",
    # WebGL stays; the page itself is drawn without GL, whose emulation takes a third of a test's time.
    "--disable-gpu-compositing",
    "--disable-gpu-rasterization",
]
HELP = (
    "No Chromium was found, and none could be installed.\n"
    "Install one (Debian/Ubuntu: apt-get install chromium; macOS: brew install --cask chromium),\n"
    "or point the environment variable CHROMIUM at its executable, then run the tests again."
)


def find() -> str | None:
    """Return the path of a Chromium that is there already."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not Path(named).is_file():
            sys.exit(f"CHROMIUM names {named!r}, which is not a file.")
        return named
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    for place in PLACES:
        if Path(place).is_file():
            return place
    return _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def install() -> None:
    """Try the system's package manager, then Playwright's own download."""
    attempts = []
    if shutil.which("apt-get") and os.geteuid() == 0:
        attempts += [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]
    attempts.append([sys.executable, "-m", "playwright", "install", "chromium"])
    for command in attempts:
        print("$", *command, flush=True)
        done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        if done.returncode == 0 and find():
            return


@contextmanager
def started() -> Iterator[Browser]:
    """Start one headless Chromium with software WebGL, and end it."""
    from playwright.sync_api import sync_playwright

    path = find()
    if path is None:
        raise RuntimeError(HELP)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, headless=True, args=SOFTWARE_GL)
        yield running
        running.close()


if __name__ == "__main__":
    if find() is None:
        install()
    path = find()
    if path is None:
        sys.exit(HELP)
    print(f"Browser tests use {path}")
