"""ids - what a comment cites can be looked up: requirements and kernel facts of docs/.

A number of a list that is not in the repository tells a reader nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.bed.report.trace import read_requirements
from harness.lint.tree import Fault, files, name, text

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
REQUIREMENT = re.compile(r"(?<![\w-])[A-Z]-\d{1,3}\b")
FACT = re.compile(r"(?<![\w-])P\d{1,2}\b")
ELSEWHERE = re.compile(r"\b[Tt]emplates? \d+|\bspec(?= [A-Z]| of\b)|(?<![\w-])I\d{2}\b")


def check(root: Path) -> Iterator[Fault]:
    requirements, design = root / "docs/requirements.md", root / "docs/DESIGN.md"
    known = set(read_requirements(text(requirements))) if requirements.exists() else set()
    known |= set(FACT.findall(text(design))) if design.exists() else set()
    for under in ("src", "harness"):
        for path in files(root, ".c", ".h", under=under):
            source = text(path)
            for comment in COMMENT.finditer(source):
                for at, word in _unknown(comment[0], known):
                    line = source.count("\n", 0, comment.start() + at) + 1
                    yield Fault(name(root, path), line, f"{word} stands nowhere in docs/")


def _unknown(comment: str, known: set[str]) -> Iterator[tuple[int, str]]:
    for rule in (REQUIREMENT, FACT, ELSEWHERE):
        for found in rule.finditer(comment):
            if found[0] not in known:
                yield found.start(), found[0]
