"""markers - the requirement ids of tests are ids of the list, five a test at most, each one once.

An id with "!" is one whose refusal or boundary the test shows; a test is either for an id.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from harness.bed.report.trace import MOST_IDS, REFUSES, read_requirements
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
            for fault in _faults(ids, known):
                yield Fault(name(root, path), line, fault)


def _faults(ids: list[str], known: Collection[str]) -> Iterator[str]:
    yield from (f"unknown requirement {one}" for one in ids if one not in known)
    yield from (f"{one} twice: a test shows it, or its refusal ({one}{REFUSES})"
                for one in sorted(set(ids)) if ids.count(one) > 1)
    if len(ids) > MOST_IDS:
        yield f"{len(ids)} requirements of one test, {MOST_IDS} at most"
