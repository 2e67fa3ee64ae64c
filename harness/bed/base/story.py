"""story - what a scenario does, told line by line while it happens.

A line is a command typed in a node, a wait with what it took, or a checkpoint with what moved.
Everything goes to one stream, and so into the console log of the run; with its time also as a JSON
line into `events`, for those who put it on one clock with packets and logs. Whose clock that is is
the teller's affair: a guest has one of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from harness.bed.base.job import CLOCKS, REAL
from harness.bed.base.wait import HERE, Clock

EVENTS, NOW = "events.jsonl", "now"


def rows(path: Path) -> list:
    """The JSON lines of a file; one that a killed run has not finished is left out."""
    found = []
    for line in path.read_text(errors="replace").splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


class Story:
    def __init__(self, out: TextIO = sys.__stdout__, clock: Clock = HERE) -> None:
        self.out = out
        self.clock = clock
        self.start = clock.monotonic()
        self.events: Path | None = None

    def begin(self, events: Path, clock: str = REAL) -> None:
        """A new act: its record, whose clock it has, the moment that all its times count from."""
        self.events, self.start = events, self.clock.monotonic()
        self.event("note", f"the story begins, on {CLOCKS[clock]}", clock=clock)

    def event(self, kind: str, text: str, **facts: object) -> None:
        """One step for the record, not shown."""
        if self.events:
            row = {"time": self.clock.time(), "kind": kind, "text": text, **facts}
            with self.events.open("a") as out:
                out.write(json.dumps(row) + "\n")

    def now(self, text: str) -> None:
        """What goes on at this moment, for who looks from outside."""
        if self.events:
            self.events.with_name(NOW).write_text(text + "\n")

    def waits(self, says: str, within: float) -> None:
        self.now(f"waits up to {within:g} s until {says}")

    def line(self, text: str) -> None:
        """Shown with its time, and not for the record."""
        self.now(text)
        print(f"{self.clock.monotonic() - self.start:7.2f}  {text}", file=self.out, flush=True)

    def title(self, text: str) -> None:
        print(text, file=self.out, flush=True)

    def command(self, node: str, typed: str) -> None:
        self.event("command", typed, node=node)
        self.line(f"{node}# {typed}")

    def waited(self, says: str, took: float) -> None:
        self.event("wait", says, took=took)
        self.line(f"waited {took:.2f} s until {says}")

    def note(self, text: str, **facts: object) -> None:
        self.event("note", text, **facts)
        self.line(text)

    def details(self, lines: Iterable[str]) -> None:
        for line in lines:
            print(f"           {line}", file=self.out, flush=True)
