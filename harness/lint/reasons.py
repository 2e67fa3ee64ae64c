"""reasons - a transition that the learner never sees is one of docs/machines.md, and has a reason.

That it is never seen `make learn` says itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.lint.tree import Fault, text

REASONS, DOCUMENT = "harness/learn/reasons", "docs/machines.md"
SECTION = re.compile(r"^<!-- machine (.+?) -->$(.*?)^<!-- end of \1 -->$",
                     re.MULTILINE | re.DOTALL)
ARROW = re.compile(r"^    (\S+ --> \S+ : .+)$", re.MULTILINE)


def arrows(document: str) -> set[str]:
    """Each transition with its machine, as the file of reasons names it."""
    return {f"{machine}: {arrow}" for machine, section in SECTION.findall(document)
            for arrow in ARROW.findall(section)}


def check(root: Path) -> Iterator[Fault]:
    path = root / REASONS
    if not path.exists():
        return
    known = arrows(text(root / DOCUMENT))
    lines = [line for line in enumerate(text(path).splitlines(), start=1)
             if line[1] and not line[1].startswith("#")]
    seen: set[str] = set()
    for (number, line), (_, following) in zip(lines, [*lines[1:], (0, "")]):
        if line.startswith("\t"):
            continue
        if line not in known:
            yield Fault(REASONS, number, f"'{line}' is no transition of {DOCUMENT}")
        if line in seen:
            yield Fault(REASONS, number, f"'{line}' has a reason already")
        if not following.startswith("\t"):
            yield Fault(REASONS, number, f"'{line}': expected its reason behind a tab")
        seen.add(line)
