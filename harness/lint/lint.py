#!/usr/bin/python3
"""lint - the house rules, one line a fault; exit status 1 if there is one."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from harness.bed.report.progress import Progress  # noqa: E402
from harness.lint import (  # noqa: E402
    asleep, conformance, goldens, ids, layers, limits, markers, patience, reasons, rooms, secrets,
    sizes, tools, waits, writers,
)

RULES = (layers.check, rooms.check, writers.check, ids.check, sizes.check, waits.check,
         patience.check, goldens.check, markers.check, secrets.check, tools.check,
         conformance.check, reasons.check, limits.check, asleep.check)
NOTES = (tools.unformatted, tools.unseen)


def main(root: Path = ROOT) -> int:
    with Progress(sys.stderr, threading.Lock()).doing("lint"):
        faults = [fault for rule in RULES for fault in rule(root)]
        notes = [note for rule in NOTES for note in rule(root)]
    for note in notes:
        print(f"note: {note}")
    for fault in faults:
        print(fault)
    print(f"lint: {len(faults)} faults, {len(notes)} notes")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
