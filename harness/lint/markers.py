"""markers - the requirement ids of tests are ids of the list, five a test at most."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.bed.report.trace import MOST_IDS, read_requirements
from harness.lint.tree import Fault, files, name, text

PYTHON = re.compile(r"^\s*@pytest\.mark\.req\(([^)]*)\)", re.MULTILINE)
C = re.compile(r'\bT\(\s*\w+,\s*"([^"]*)"\)')

LIST = "docs/requirements.md"
ROW = re.compile(r"^\| ([A-Z]-?\d+[a-z]?) \|")


def _twice(listed: str) -> Iterator[Fault]:
    """An id that two rows have: each of them would be shown by the other's tests."""
    first: dict[str, int] = {}
    for number, line in enumerate(listed.splitlines(), start=1):
        row = ROW.match(line)
        if row and first.setdefault(row[1], number) != number:
            yield Fault(LIST, number, f"{row[1]} is the id of line {first[row[1]]} already")


def check(root: Path) -> Iterator[Fault]:
    requirements = root / LIST
    listed = text(requirements) if requirements.exists() else ""
    known = read_requirements(listed)
    yield from _twice(listed)
    for path in (*files(root, ".py", under="scenarios"),
                 *files(root, ".py", ".c", under="harness")):
        marker = C if path.suffix == ".c" else PYTHON
        content = text(path)
        for found in marker.finditer(content):
            ids = re.findall(r"[A-Z]-?\d+\w*", found[1])
            line = content.count("\n", 0, found.start(1)) + 1
            yield from (Fault(name(root, path), line, f"unknown requirement {identifier}")
                        for identifier in ids if identifier not in known)
            if len(ids) > MOST_IDS:
                yield Fault(name(root, path), line,
                            f"{len(ids)} requirements of one test, {MOST_IDS} at most")
