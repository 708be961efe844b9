"""Fixtures of the browser tests: one Chromium for all, and for each module a JupyterLab over a fresh folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parent))

from chromium import started
from jupyter import Lab, Server, copy_notebooks

REPO = Path(__file__).parents[2]
SHOTS = REPO / "test-results" / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that it can be told apart."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start one headless Chromium with software WebGL."""
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with copies of the notebooks."""
    made = tmp_path_factory.mktemp("notebooks")
    copy_notebooks(made)
    return made


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder of what the explorer has computed: the quickstart's map, say, is computed once for all."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def server(folder: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve that folder with JupyterLab."""
    running = Server(folder, tmp_path_factory.mktemp("jupyter"), cache=cache)
    yield running
    running.kill()


@pytest.fixture
def lab(browser: Browser, server: Server) -> Iterator[Callable[..., Lab]]:
    """Open pages on the server; all are closed at the end with their kernels, and none may have reached outside."""
    opened: list[Lab] = []

    def open_page(**context: Any) -> Lab:
        opened.append(Lab(browser, server, **context))
        return opened[-1]

    yield open_page
    for page in opened:
        page.close()
    server.end_kernels()


@pytest.fixture
def shot() -> Callable[..., Path]:
    """Take a screenshot of the explorer, for people to look at; with `screen` of what a low screen shows of it."""

    def take(page: Lab, name: str, *, screen: bool = False) -> Path:
        SHOTS.mkdir(parents=True, exist_ok=True)
        return page.picture(SHOTS / f"{name}.png", screen=screen)

    return take
