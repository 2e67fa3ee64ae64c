"""traffic - numbered echo requests every 20 ms, and which of them were answered when.

The agent's own program sends them from a raw socket inside the node, so each one's time is known
whether or not it could leave; it writes down what happens as it does.
"""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from harness.bed.base import wait
from harness.bed.base.story import Story
from harness.bed.base.wait import Fact
from harness.bed.check.replay import Gap
from harness.bed.node.node import Node, Process

INTERVAL = 0.02
# Longer than the program waits for its last answer.
PATIENCE = 3.0
# What has happened (one of the next three), its number, when (ns since 1970), the error.
RECORD = struct.Struct("=B3xIQiI")
SENT, ANSWERED, REFUSED = range(3)


@dataclass
class Echo:
    """One request: times of the guest's clock; `refused` is the error at sending."""

    number: int
    sent: float
    answered: float | None = None
    refused: str | None = None


class Pings:
    """Requests, and what became of them."""

    def __init__(self, echoes: Iterable[Echo] = ()) -> None:
        self._echoes = list(echoes)

    @property
    def echoes(self) -> list[Echo]:
        """All of them, in their order."""
        return self._echoes

    @property
    def lost(self) -> list[Echo]:
        return [echo for echo in self.echoes if echo.answered is None]

    def lost_since(self, moment: float) -> list[Echo]:
        """Requests sent after `moment` (of the guest's clock) that nobody answered."""
        return [echo for echo in self.lost if echo.sent > moment]

    def lost_outside(self, gaps: Iterable[Gap], since: float) -> list[Echo]:
        """Those of lost_since() that were not on their way in any of these times."""
        way = max((e.answered - e.sent for e in self.echoes if e.answered is not None), default=0.0)
        times = [(gap.start - way, gap.end or float("inf")) for gap in gaps]
        return [echo for echo in self.lost_since(since)
                if not any(start <= echo.sent <= end for start, end in times)]

    @property
    def gap(self) -> float:
        """The longest time from a request to the next answer, its own or a later one's, in seconds.

        Pauses of the sender, which shares the guest's one processor, are no gaps.
        """
        longest, next_answer = 0.0, None
        for echo in reversed(self.echoes):
            if echo.answered is not None:
                next_answer = min(echo.answered, next_answer or echo.answered)
            if next_answer is not None:
                longest = max(longest, next_answer - echo.sent)
        return longest


class Traffic(Pings):
    def __init__(self, node: Node, src: str, dst: str, story: Story,
                 interval: float = INTERVAL) -> None:
        super().__init__()
        self.node, self.src, self.dst, self.story, self.interval = node, src, dst, story, interval
        self.process: Process | None = None
        self._read = 0
        results = node.place.results
        self._file = next(path for number in count(1)
                          if not (path := results / f"{node.name}.ping.{number}").exists())

    def __enter__(self) -> Traffic:
        self.story.command(self.node.name, f"ping -i {self.interval} -I {self.src} {self.dst}")
        self._file.touch()
        ident = int(self._file.suffix[1:]) << 8 | self.node.tid & 0xFF
        self.process = self.node.keep("ping", [
            str(self.node.place.tools / "agent"), "ping", self.src, self.dst,
            str(int(self.interval * 1e6)), str(ident & 0xFFFF), str(self._file)])
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill(signal.SIGTERM)
        wait.until(Fact("the pings have ended", lambda: (
            "they go on" if self.process.status() is None else None)), PATIENCE, self.story.clock)
        self.story.note(self.summary())

    @property
    def echoes(self) -> list[Echo]:
        """All requests so far."""
        with self._file.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = len(data) - len(data) % RECORD.size
        self._read += whole
        for what, number, when, error, _ in RECORD.iter_unpack(data[:whole]):
            if what == ANSWERED:
                self._echoes[number].answered = when / 1e9
            else:
                refused = os.strerror(error) if what == REFUSED else None
                self._echoes.append(Echo(number, when / 1e9, refused=refused))
        return self._echoes

    def answered(self, more: int) -> Fact:
        """`more` further requests have been answered from now on."""
        goal = self._answers() + more

        def missing() -> str | None:
            have = self._answers()
            return None if have >= goal else f"{goal - have} answers are missing"
        return Fact(f"{more} more pings are answered", missing)

    def _answers(self) -> int:
        return sum(echo.answered is not None for echo in self.echoes)

    def summary(self) -> str:
        return (f"{len(self.echoes)} echo requests from {self.src} to {self.dst}: "
                f"{len(self.lost)} lost, longest gap {1000 * self.gap:.0f} ms")
