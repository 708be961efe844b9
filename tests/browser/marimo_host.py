"""A marimo server over one notebook, and a page on it, for the browser tests."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from jupyter import PATIENCE
from playwright.sync_api import Browser, Locator, Page, Route, expect

# The one setting that is not a default: cells run when the page is opened, as a person's *Run all* does.
CONFIG = "[runtime]\nauto_instantiate = true\n[save]\nautosave = 'off'\n"

HEAR = """window.heard = []; document.addEventListener("keydown", (event) => window.heard.push(event.key));"""

# Each of marimo's widgets is in a shadow root of its own.
FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot) at = at.shadowRoot.activeElement;
  return at?.closest(".dqx-explorer") != null;
}"""


class Marimo:
    """`marimo edit` or `marimo run` on a free port, with fresh settings."""

    def __init__(self, mode: str, notebook: Path, state: Path) -> None:
        config = state / "config" / "marimo"
        config.mkdir(parents=True)
        (config / "marimo.toml").write_text(CONFIG)
        env = os.environ | {
            "XDG_CONFIG_HOME": str(state / "config"),
            "XDG_STATE_HOME": str(state / "state"),
            "XDG_CACHE_HOME": str(state / "xdg"),
            "EXPLORER_CACHE": str(state / "cache"),
            "MARIMO_SKIP_UPDATE_CHECK": "1",
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "marimo", "-q", "-y", mode, str(notebook), "--headless", "--no-token"]
        self._log = (state / "marimo.log").open("ab")
        self.process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(self.port)],
            cwd=notebook.parent,
            env=env,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE / 1000
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"marimo did not start; see {self._log.name}") from None
                time.sleep(0.2)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """End the server and its kernels."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._log.close()


class MarimoPage:
    """One page on the notebook. Locators look into marimo's shadow roots by themselves."""

    def __init__(self, browser: Browser, server: Marimo) -> None:
        self.server = server
        self.context = browser.new_context(viewport={"width": 1400, "height": 1300})
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        # The network is cut off: whatever is not this server is refused.
        self.outside: list[str] = []
        self.page.route(re.compile(r"^(?!http://127\.0\.0\.1|ws://127\.0\.0\.1|blob:|data:).*"), self._refuse)
        self.page.add_init_script(HEAR)

    def _refuse(self, route: Route) -> None:
        self.outside.append(route.request.url)
        route.abort()

    def heard(self) -> list[str]:
        """Keys that came as far as marimo's page, since it was loaded."""
        found: list[str] = self.page.evaluate("window.heard")
        return found

    def focused(self) -> bool:
        """Whether the explorer has the keyboard."""
        return bool(self.page.evaluate(FOCUSED))

    def open(self) -> None:
        """Open the notebook, and wait until the explorer shows its queue."""
        self.page.goto(self.server.url, timeout=PATIENCE)
        self.ready()

    def ready(self) -> None:
        expect(self.dqx("queue-tile").first).to_be_visible(timeout=PATIENCE)
        self.shown()

    def dqx(self, name: str) -> Locator:
        return self.page.locator(f'[data-dqx="{name}"]')

    def shown(self) -> None:
        """Wait until the first card is drawn with its item."""
        card = self.dqx("card").first
        expect(card).to_have_attribute("data-drawn", self.current(), timeout=PATIENCE)
        expect(card).not_to_have_attribute("aria-busy", "true", timeout=PATIENCE)

    def tile(self, item: str) -> Locator:
        return self.page.locator(f'[data-dqx="queue-tile"][data-item="{item}"]').first

    def current(self) -> str:
        found = self.page.locator('[data-dqx="queue-tile"][aria-current="true"]').first
        return str(found.get_attribute("data-item", timeout=PATIENCE))

    def press(self, key: str) -> str:
        """Press a key while the explorer has the keyboard; returns the item that the card showed."""
        # A cell that has just run takes the keyboard back, and its output may be drawn once more.
        expect(self.page.locator('[data-status="running"], [data-status="queued"]')).to_have_count(0, timeout=PATIENCE)
        self.shown()
        # marimo moves what is below a cell that runs: nobody decides on a card out of sight.
        self.dqx("card").first.scroll_into_view_if_needed()
        self.page.locator(".dqx-explorer").first.focus()
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if not self.focused():
            self.page.locator(".dqx-explorer").first.focus()
        item = self.current()
        self.page.keyboard.press(key)
        return item

    def restart(self) -> None:
        """Restart the kernel by marimo's own menu; the page loads itself again and runs all cells."""
        self.page.get_by_test_id("notebook-menu-dropdown").click()
        self.page.get_by_role("menuitem", name="Restart kernel").click()
        with self.page.expect_event("load", timeout=PATIENCE):
            self.page.get_by_label("Confirm Restart").click()
        self.ready()

    def close(self) -> None:
        self.context.close()
