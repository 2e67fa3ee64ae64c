"""logs - the daemons' log lines with the time at which each was written.

A daemon's own stamp has seconds only. While a scenario runs the guest's agent notes when each log
grew; lines are given those times. Without notes a line has the second of its own stamp.
Shapes:  lines in order of their file; times in seconds since 1970.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from harness.bed.base.story import rows

NOTES = "logs.jsonl"
# "Nov 19 08:39:19 carol iked: 05[KNL] " or "Nov 19 08:39:23 carol mip6d[1317]: "
STAMP = re.compile(r"(\w{3} +\d+ \d\d:\d\d:\d\d)(?: [\w.-]+ \w+(?:\[\d+\])?:)? ")


@dataclass(frozen=True)
class Line:
    time: float
    node: str
    daemon: str
    text: str
    exact: bool


def read(folder: Path, daemons: tuple[str, ...], near: float) -> list[Line]:
    """All lines of NODE.DAEMON.log; `near` is a moment of the run, for the year of the stamps."""
    notes = _notes(folder)
    return [line for path in sorted(folder.glob("*.log"))
            if path.name.count(".") == 2 and path.name.split(".")[1] in daemons
            for line in _lines(path, notes.get(path.name, []), near)]


def _notes(folder: Path) -> dict[str, list[tuple[float, int]]]:
    found: dict[str, list[tuple[float, int]]] = {}
    for moment, name, size in rows(folder / NOTES):
        found.setdefault(name, []).append((moment, size))
    return found


def _lines(path: Path, notes: list[tuple[float, int]], near: float) -> Iterator[Line]:
    node, daemon, _ = path.name.split(".")
    at, note, last = 0, 0, near
    for octets in path.read_bytes().splitlines(keepends=True):
        at += len(octets)
        while note < len(notes) and notes[note][1] < at:
            note += 1
        text = octets.decode(errors="replace").rstrip("\n")
        stamp = STAMP.match(text)
        exact = note < len(notes)
        if exact:
            last = notes[note][0]
        elif stamp:
            last = _seconds(stamp[1], near)
        yield Line(last, node, daemon, text[stamp.end():] if stamp else text, exact)


def _seconds(stamp: str, near: float) -> float:
    year = datetime.fromtimestamp(near, timezone.utc).year
    moment = datetime.strptime(f"{year} {stamp}", "%Y %b %d %H:%M:%S")
    return moment.replace(tzinfo=timezone.utc).timestamp()
