"""failure - what a terminal shows of a checkpoint that failed: the lines around what differs.

Expected beside actual, as many lines as fit under the sentence; all of it is in a file that the
last line names.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from harness.bed.check import columns

DIFF, EXPECTED = ".diff", ".expected"
CONTEXT, MOST, INDENT = 2, 14, " " * 8


def folder(results: str, test: str) -> Path:
    """Where a test has left its dumps: a folder of its own where a scenario has several."""
    own = Path(results) / test.rpartition("::")[2]
    return own if own.is_dir() else Path(results)


def excerpt(where: Path, terminal: bool) -> str:
    """Of the first dump that differs; empty where none does."""
    found = sorted(where.glob(f"*{DIFF}"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        return ""
    texts = [found[0].with_suffix(suffix).read_text() for suffix in (EXPECTED, "")]
    heads = ("expected", found[0].stem.partition(".")[0] + " had")
    if terminal and not os.environ.get("NO_COLOR"):
        width = shutil.get_terminal_size().columns - len(INDENT)
        text = columns.coloured(*texts, heads, width, CONTEXT)
    else:
        text = columns.side_by_side(*texts, heads, context=CONTEXT)
    lines = text.splitlines()
    more = ["…"] if len(lines) > MOST else []
    return "\n".join(INDENT + line for line in [*lines[:MOST], *more, f"all of it: {found[0]}"])
