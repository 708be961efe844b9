"""Reads a label store from a process of its own: what a test sees there is really on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CODE = """
import json, sys
from explorer import labels
with labels.open(sys.argv[1], read_only=True) as store:
    log = store.log()
    verified = store.verify()
    print(json.dumps({
        "log": json.loads(log.to_json(orient="records", date_format="iso")),
        "labels": store.as_of("head").to_dict(),
        "ok": verified.ok,
    }))
"""


def read_store(path: Path) -> dict[str, Any]:
    """Return log (newest first), labels now and whether every hash fits."""
    done = subprocess.run([sys.executable, "-c", CODE, str(path)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
