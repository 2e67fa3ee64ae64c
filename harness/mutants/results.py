"""results - which mutants turned their test red, as far as they were tried here as they are now."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from harness.mutants.rows import ROWS, Mutant

FILE = "mutants.jsonl"


def key(row: Mutant) -> str:
    """Another text is another mutant, of which nothing is known yet."""
    return hashlib.sha1("\0".join((row.file, row.old, row.new, row.test)).encode()).hexdigest()


def keep(results: Path, row: Mutant, died: bool) -> None:
    results.mkdir(parents=True, exist_ok=True)
    with (results / FILE).open("a") as file:
        file.write(json.dumps({"key": key(row), "test": row.test, "died": died}) + "\n")


def turned_red(results: Path, rows: tuple[Mutant, ...] = ROWS) -> dict[str, list[str]]:
    """By requirement the files in which a mutant died when it was tried last."""
    path = results / FILE
    lines = path.read_text().splitlines() if path.exists() else []
    last = {one["key"]: one["died"] for one in map(json.loads, lines)}
    found: dict[str, list[str]] = {}
    for row in rows:
        for identifier in row.ids if last.get(key(row)) else ():
            found.setdefault(identifier, []).append(row.file)
    return found
