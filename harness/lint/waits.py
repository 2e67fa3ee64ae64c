"""waits - nobody sleeps: a wait is for a fact and has a limit, on the clock of its guest.

What a scenario sees of nodes has their guest's time; the machine's own clock has none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.lint.tree import Fault, files, name, scripts, text

CALL = re.compile(r"\b(?:u|nano|clock_nano)?sleep\s*\(")
COMMAND = re.compile(r"(?:^|[\s;&|'\"(])sleep\s+[\d.$]")


HERE = re.compile(r"\btime\.(?:time|monotonic|perf_counter)\w*\(|\bthreading\b|\bwait\.HERE\b")
# Who only knows the guest's time; the end of its line sees both.
INSIDE = ("scenarios/", "harness/bed_tests/kernel/",
          *(f"harness/bed/{room}/" for room in ("check", "node", "peers", "faults", "stage")))
BETWEEN = "harness/bed/node/line.py"


def check(root: Path) -> Iterator[Fault]:
    paths = {*files(root, ".c", ".h", ".py", ".sh"), *scripts(root)}
    for path in sorted(paths):
        for number, line in enumerate(text(path).splitlines(), start=1):
            if CALL.search(line) or COMMAND.search(line):
                yield Fault(name(root, path), number, "a sleep; wait for a fact instead")
            elif HERE.search(line) and _inside(name(root, path)):
                yield Fault(name(root, path), number,
                            "the machine's clock; bed.clock has the guest's time")


def _inside(path: str) -> bool:
    return path.startswith(INSIDE) and path.endswith(".py") and path != BETWEEN
