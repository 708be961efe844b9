"""What starting costs: `import explorer` beside `import numpy`, `explorer --help` beside `python -c pass`.

Run it alone on a quiet machine: `python tests/benchmarks/start.py`. The commands run in turn, so that whatever else the
machine does meets all of them; what counts are the ratios of their medians. CPU is user and system time of the process.
`--check` exits with 1 beyond the limits. RESULTS.md has the last figures.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HELP = "import sys; from explorer.cli import main; sys.argv = ['explorer', '--help']; sys.exit(main())"
"""What the installed script does, for any tree that PYTHONPATH names."""

COMMANDS = {"pass": "pass", "import numpy": "import numpy", "import explorer": "import explorer", "--help": HELP}
LIMITS = {("import explorer", "import numpy"): 0.5, ("--help", "pass"): 2.0}


def once(code: str) -> tuple[float, float]:
    """Run a Python of its own; returns seconds on the wall and on the CPU."""
    began = time.perf_counter()
    # Elsewhere, since Python looks for packages in the folder that it is started in before all others.
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, cwd=tempfile.gettempdir())
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{code!r} ended with {child.returncode}.")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime


def main() -> int:
    """Measure, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true", help="exit with 1 beyond the limits")
    given = parser.parse_args()
    for code in COMMANDS.values():
        once(code)  # compiles, and fetches the files from disk
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for _ in range(given.runs):
        for name, code in COMMANDS.items():
            taken[name].append(once(code))
    figures: dict[str, dict[str, float]] = {}
    for name, times in taken.items():
        wall, cpu = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
        figures[name] = {"wall_ms": round(wall, 1), "cpu_ms": round(cpu, 1)}
        print(f"{name:<16} {wall:7.1f} ms wall {cpu:7.1f} ms CPU")
    over = False
    for (name, beside), limit in LIMITS.items():
        wall, cpu = (figures[name][key] / figures[beside][key] for key in ("wall_ms", "cpu_ms"))
        over |= wall > limit
        figures[f"{name} / {beside}"] = {"wall": round(wall, 2), "cpu": round(cpu, 2), "limit": limit}
        print(f"{name} / {beside}: {wall:.2f} wall, {cpu:.2f} CPU (limit {limit})")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")
    return int(given.check and over)


if __name__ == "__main__":
    sys.exit(main())
