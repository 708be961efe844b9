"""Fails unless the browser tests really ran: a green run that skipped them all would prove nothing."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

suites = ElementTree.parse(sys.argv[1]).getroot().iter("testsuite")  # our own file, written a moment ago
counts = [(int(s.get("tests", 0)), int(s.get("skipped", 0))) for s in suites]
total, skipped = (sum(column) for column in zip(*counts, strict=True))
if total == 0 or skipped:
    sys.exit(f"{total} browser tests, {skipped} of them skipped: each must run. See the reasons above.")
print(f"{total} browser tests ran in a real Chromium.")
