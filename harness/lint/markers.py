"""markers - the requirement ids of tests are ids of the list, five a test at most."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.bed.report.trace import MOST_IDS, read_requirements
from harness.lint.tree import Fault, files, name, text

PYTHON = re.compile(r"^\s*@pytest\.mark\.req\(([^)]*)\)", re.MULTILINE)
C = re.compile(r'\bT\(\s*\w+,\s*"([^"]*)"\)')


def check(root: Path) -> Iterator[Fault]:
    requirements = root / "docs/requirements.md"
    known = read_requirements(text(requirements)) if requirements.exists() else {}
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
