"""No key and no address of whoever runs the tests, no real pauses, and a cache of each test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.language_models import client


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("EXPLORER_LLM_ENDPOINT", "OPENAI_BASE_URL", "EXPLORER_LLM_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.001)
