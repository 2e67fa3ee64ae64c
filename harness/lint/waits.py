"""waits - nobody sleeps: a wait is for a fact and has a limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.lint.tree import Fault, files, name, scripts, text

CALL = re.compile(r"\b(?:u|nano|clock_nano)?sleep\s*\(")
COMMAND = re.compile(r"(?:^|[\s;&|'\"(])sleep\s+[\d.$]")


def check(root: Path) -> Iterator[Fault]:
    paths = {*files(root, ".c", ".h", ".py", ".sh"), *scripts(root)}
    for path in sorted(paths):
        for number, line in enumerate(text(path).splitlines(), start=1):
            if CALL.search(line) or COMMAND.search(line):
                yield Fault(name(root, path), number, "a sleep; wait for a fact instead")
