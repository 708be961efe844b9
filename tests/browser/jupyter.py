"""A real Jupyter server with its own settings, and a page of JupyterLab or Notebook 7 in it, for the browser tests."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Locator, Page, expect

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PATIENCE = 120_000  # ms; generous, because these tests wait for events and never for time to pass
SHOWN = """() => {
  const cards = [...document.querySelectorAll('[data-dqx=card]')].filter(card => !card.hidden);
  return cards.length > 0 &&
    cards.every(card => card.ariaBusy !== 'true' && card.dataset.drawn === card.dataset.item);
}"""
"""Whether a card is there, and every one is drawn with its item."""


class Host(NamedTuple):
    """A page that shows a notebook, on the same server as the others."""

    name: str
    address: str
    """What the page's address has before the notebook's."""


LAB = Host("JupyterLab", "lab/tree")
NOTEBOOK = Host("Notebook 7", "notebooks")


def copy_notebooks(folder: Path) -> None:
    """Put copies of the manual into a folder, so that running its notebooks changes none."""
    for notebook in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(notebook, folder)
    shutil.copytree(NOTEBOOKS / "pictures", folder / "pictures")


class Server:
    """JupyterLab on a free port over a folder, with fresh default settings.

    `user` is who sits at it, as a hub says; `cache` is where the explorer keeps what it has computed, else in `state`.
    """

    def __init__(self, folder: Path, state: Path, user: str = "", cache: Path | None = None) -> None:
        self.folder = folder
        self.token = secrets.token_hex(16)
        self._env = os.environ | {
            "JUPYTER_CONFIG_DIR": str(state / "config"),
            "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
            "IPYTHONDIR": str(state / "ipython"),
            "EXPLORER_CACHE": str(cache or state / "cache"),
            "JUPYTERHUB_USER": user,
        }
        # The one setting that is not a default: the question about news would lie over what is tested.
        quiet = state / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        quiet.parent.mkdir(parents=True)
        quiet.write_text('{"fetchNews": "false"}')
        self._log = (state / "server.log").open("ab")
        self.start()

    def start(self) -> None:
        """Start, and return when it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        flags = {
            "ServerApp.root_dir": self.folder,
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "IdentityProvider.token": self.token,
            "LabApp.expose_app_in_browser": True,
            "JupyterNotebookApp.expose_app_in_browser": True,
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += [f"--{name}={value}" for name, value in flags.items()]
        self.process = subprocess.Popen(
            command, env=self._env, stdout=self._log, stderr=self._log, start_new_session=True
        )
        deadline = time.monotonic() + 90
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/api/status?token={self.token}", timeout=5):
                    return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"JupyterLab did not start; see {self._log.name}") from None
                time.sleep(0.2)

    @property
    def url(self) -> str:
        """Address without token."""
        return f"http://127.0.0.1:{self.port}"

    def kernels(self) -> list[int]:
        """Process ids of the running kernels."""
        listed = subprocess.run(["pgrep", "-f", "ipykernel_launcher"], capture_output=True, text=True, check=False)
        mine = []
        for pid in map(int, listed.stdout.split()):
            try:
                environment = Path(f"/proc/{pid}/environ").read_bytes()
            except OSError:
                continue
            if str(self._env["JUPYTER_RUNTIME_DIR"]).encode() in environment:
                mine.append(pid)
        return mine

    def end_kernels(self) -> None:
        """Shut down every kernel, so that none goes on computing beside the next test."""
        kernels, token = f"{self.url}/api/kernels", f"token={self.token}"
        with urllib.request.urlopen(f"{kernels}?{token}", timeout=60) as reply:
            running = json.load(reply)
        for kernel in running:
            end = urllib.request.Request(f"{kernels}/{kernel['id']}?{token}", method="DELETE")
            urllib.request.urlopen(end, timeout=60).close()

    def kill(self) -> None:
        """End server and kernels at once, as a crash would."""
        pids = self.kernels()
        os.killpg(self.process.pid, signal.SIGKILL)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()


class Lab:
    """One page with a notebook open in it; `host` is which of Jupyter's pages."""

    def __init__(self, browser: Browser, server: Server, host: Host = LAB, **context: Any) -> None:
        self.server = server
        self.host = host
        # Wide enough, beside the list of files, for the item and the map side by side.
        self.context = browser.new_context(viewport={"width": 1640, "height": 1400}, **context)
        self.page: Page = self.context.new_page()
        self.page.set_default_navigation_timeout(PATIENCE)
        self.outside: list[str] = []
        self.console: list[str] = []
        self.page.on("console", lambda m: self.console.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.console.append(str(e)))
        # The network is cut off: whatever is not this server is refused and written down.
        self.page.route(re.compile(r"^(?!http://127\.0\.0\.1|ws://127\.0\.0\.1|blob:|data:).*"), self._refuse)

    def _refuse(self, route: Any) -> None:
        self.outside.append(route.request.url)
        route.abort()

    def open(self, notebook: str) -> None:
        """Open a notebook and wait for its kernel."""
        address = f"{self.server.url}/{self.host.address}/{notebook}?token={self.server.token}&reset"
        self.page.goto(address, timeout=PATIENCE)
        self.ready()

    def ready(self) -> None:
        """Wait until the notebook is there and its kernel idle."""
        self.page.wait_for_function("window.jupyterapp !== undefined", timeout=PATIENCE)
        self.page.wait_for_selector(".jp-Notebook", timeout=PATIENCE)
        self.page.wait_for_function(
            """() => { const p = window.jupyterapp.shell.currentWidget;
                 return p?.sessionContext?.session?.kernel?.status === 'idle' && p.content.model.cells.length > 0; }""",
            timeout=PATIENCE,
        )

    def command(self, name: str, **args: Any) -> None:
        """Run a command of JupyterLab, most of which Notebook 7 has too."""
        self.page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, args])

    def run_all(self) -> None:
        """Run every cell; returns when the last has ended."""
        self.command("notebook:run-all-cells")
        self.page.wait_for_function(
            """() => [...window.jupyterapp.shell.currentWidget.content.widgets]
                 .every(c => c.model.type !== 'code' || !c.model.sharedModel.getSource() || c.model.executionCount)""",
            timeout=PATIENCE,
        )

    def cells(self) -> list[list[str]]:
        """Id, type and source of every cell of the notebook."""
        found: list[list[str]] = self.page.evaluate(
            """() => [...window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells]
                 .map(cell => [cell.id, cell.cell_type, cell.source])"""
        )
        return found

    def restart(self) -> None:
        """Restart the notebook's kernel; returns when the new one is idle."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        self.ready()

    def execute(self, code: str) -> None:
        """Run code in the notebook's kernel, beside its cells; returns when it has ended."""
        self.page.evaluate(
            """async code => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const reply = await kernel.requestExecute({ code, silent: true }).done;
                if (reply.content.status !== "ok") throw new Error(reply.content.evalue);
            }""",
            code,
        )

    def dqx(self, name: str) -> Locator:
        """Find parts of the explorer by the hook that tests rely on."""
        return self.page.locator(f'[data-dqx="{name}"]')

    def tab(self, name: str) -> Locator:
        """Open a tab of the explorer ("item", "map", "neighbours", "charts", "history"); returns its page."""
        self.page.locator(f'[data-dqx="tab"][data-tab="{name}"]').first.click()
        return self.page.locator(f'.dqx-tab-page[data-page="{name}"]').first

    def scope(self, name: str) -> Locator:
        """Choose a scope by its chip, or from the menu where the row has no room for it; returns the chip."""
        expect(self.dqx("scope").first).to_be_visible(timeout=PATIENCE)
        chip = self.page.locator(f'[data-dqx="scope"][data-scope="{name}"]').first
        if chip.is_visible():
            chip.click()
        else:
            self.dqx("scope-more").first.select_option(name)
        expect(chip).to_have_attribute("aria-checked", "true", timeout=PATIENCE)
        return chip

    def details(self, section: str) -> Locator:
        """Open a section of the page behind Details ("sure", "data", "methods", "helped", "work", "store")."""
        if not self.dqx("details-page").first.is_visible():
            self.dqx("details").first.click()
        self.page.locator(f'[data-dqx="details-section"][data-section="{section}"]').first.click()
        return self.page.locator(f'[data-dqx="section"][data-section="{section}"]').first

    def drawn(self, layout: str = "umap") -> None:
        """Wait until the map has drawn a layout."""
        self.page.wait_for_selector(f'[data-dqx="map"][data-drawn="{layout}"]', timeout=PATIENCE)

    def shown(self) -> None:
        """Wait until a card is there, and every one is drawn with its item.

        Keys are not taken for a card that is still on its way; and until there are scores none is shown at all, while
        a map from the cache is drawn already.
        """
        self.page.wait_for_function(SHOWN, timeout=PATIENCE)

    def theme(self, name: str) -> None:
        """Switch JupyterLab to its "Light" or "Dark" theme."""
        self.command("apputils:change-theme", theme=f"JupyterLab {name}")
        self.page.wait_for_function(
            "light => document.body.dataset.jpThemeLight === light", arg=str(name == "Light").lower(), timeout=PATIENCE
        )

    def picture(self, path: Path, *, screen: bool = False) -> Path:
        """Take a picture of the explorer as PNG; with `screen` of what the window shows of it."""
        explorer = self.page.locator(".dqx-explorer").first
        if screen:
            explorer.evaluate("each => each.scrollIntoView({block: 'start'})")
            self.page.screenshot(path=path)
        else:
            explorer.screenshot(path=path)
        return path

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")

    def close(self) -> None:
        """Close the page."""
        self.context.close()
