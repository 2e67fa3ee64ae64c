"""pace - watching a run: whether it still moves, and when it is over.

No time on the wall ends a run with a verdict. A run on a clock of its own has a limit on that one,
the story's, and is ended when nothing of it moves: its clock, its console, the words on its line,
the processor time of its process group, and none of its processes wants a processor. A driver that
owes a word holds the clock, and then it is not the guest that does not move. On the machine's clock
a run is ended when it has said nothing for as long as its limit.

Who plays a run, the driver, is watched by the front door: where neither it nor a guest of its own
has moved for twice as long as a guest may, or has said nothing on the machine's clock for a minute
longer than a run may, it hangs itself.

A guest that works and works and is never idle is not slow, it turns in a circle: its clock is made
faster until its own limits are reached, instead of after hours.
What comes after the status has been written decides nothing: it is told as a note.
Units:   seconds; processor time is that of the whole group.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.bed.engine import clock as clocks
from harness.bed.engine.clock import BILLION, Clock

# Between two looks; as many in a row without a move end a run.
LOOK, STILL = 1.0, 30
# Processor time without a moment of idleness after which the clock is made faster, up to so much.
CIRCLE, FASTEST = 20.0, 64
# For power-off, once everything has been told.
AFTERWARDS = 60.0
# A story has as much of its own clock unless its file says otherwise; a run on the real clock may
# be silent for as long.
STORY, QUIET = 600.0, 300.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Work:
    """What a process group has done: processor time, and whether one of it wants more."""

    seconds: float
    wants: bool


def work(group: int) -> Work:
    """Of all processes of the session `group`."""
    ticks, wants = 0, False
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            # A program's name is octets, and that of a guest's process anything.
            words = (folder / "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(words[3]) == group:
            ticks += sum(map(int, words[11:15]))
            wants |= words[0] in b"RD"
    return Work(ticks / TICKS, wants)


class Driver:
    """Looks at the pytest `group` of a run and at the groups of its guests, each LOOK.

    `limit` is what the run may be silent for on the machine's clock, `own` that it has its own;
    without a limit a person looks on, and nothing is ended.
    """

    def __init__(self, group: int, own: bool, limit: float | None,
                 guests: Callable[[], list[int]], worked: Callable[[int], Work] = work) -> None:
        self.group, self.guests, self.worked = group, guests, worked
        self.most = 2 * STILL if own else int(((limit or 0) + AFTERWARDS) / LOOK)
        self.watched = limit is not None
        self._before: list[tuple[int, float]] = []
        self._still = 0

    def heard(self) -> None:
        """A line came."""
        self._still = 0

    def hangs(self) -> bool:
        """Whether nothing of it has moved for as many looks as there may be; then they begin anew.
        """
        if not self.watched:
            return False
        found = [(group, self.worked(group)) for group in (self.group, *self.guests())]
        times = [(group, one.seconds) for group, one in found]
        moves = times != self._before or any(one.wants for _, one in found)
        self._before = times
        self._still = 0 if moves else self._still + 1
        if self._still < self.most:
            return False
        self._still = 0
        return True


class Pace:
    """Looks at one run now and then. `over` tells whether its status has been written.

    `limit` is of its own clock, or of silence on the machine's; None where a person looks on.
    """

    def __init__(self, group: int, clock: Clock | None, limit: float | None,
                 over: Callable[[], bool], told: Callable[[], float] = time.monotonic,
                 worked: Callable[[int], Work] = work) -> None:
        self.group, self.clock, self.limit, self.over = group, clock, limit, over
        self.told, self.worked = told, worked
        self.octets = 0
        self._spoke = told()
        self._ended: float | None = None
        self._before: tuple[int, ...] = ()
        self._worked, self._still = 0.0, 0
        self._idle: tuple[int, float, int] | None = None

    def heard(self, octets: int, spoke: float = 0.0) -> None:
        """So much more stands on the console, and a word came at the moment `spoke`."""
        self.octets += octets
        self._spoke = max(self._spoke, spoke, self.told() if octets else 0.0)

    def facts(self) -> clocks.Facts:
        """Which clock the run had, and what became of it."""
        return clocks.facts(self.clock)

    def look(self) -> str:
        """Why the run must be ended now, as a sentence; nothing if it goes on."""
        if self.over():
            self._ended = self._ended or self.told()
            late = self.told() - self._ended > AFTERWARDS
            return "it did not power off after its last test" if late else ""
        return self._beyond() or self._stuck()

    def _beyond(self) -> str:
        """Over the limit, on the clock that counts."""
        if self.limit is None:
            return ""
        if not self.clock:
            silent = self.told() - self._spoke > self.limit
            return (f"the run has said nothing for {self.limit:.0f} s on the machine's clock"
                    if silent else "")
        if self.clock.now > self.limit:
            return f"the run was not over after {self.limit:.0f} s on its own clock"
        self._hurry(self.clock)
        return ""

    def _hurry(self, clock: Clock) -> None:
        """Make the clock of a guest faster that is never idle, and as it was when it is again."""
        idles = clock["idles"]
        if self._idle is None or self._idle[0] != idles:
            if self._idle and clock["rate"] != self._idle[2]:
                clock["rate"] = self._idle[2]
            self._idle = (idles, self.worked(self.group).seconds, clock["rate"])
        elif self.worked(self.group).seconds - self._idle[1] > CIRCLE:
            clock["rate"] = min(2 * clock["rate"], FASTEST * BILLION)

    def _stuck(self) -> str:
        """Nothing moves, and nobody outside is waited for."""
        if not self.clock:
            return ""
        if self.clock["sent"] != self.clock["seen"]:
            self._still = 0
            return ""
        seen = (self.octets, *(self.clock[name] for name in ("now", "sent", "got", "given")))
        self._still = self._still + 1 if seen == self._before else 0
        if self._still and self._moves():
            self._still = 0
        self._before = seen
        return "nothing in the run moves any more" if self._still >= STILL else ""

    def _moves(self) -> bool:
        found, before = self.worked(self.group), self._worked
        self._worked = found.seconds
        return found.wants or before != found.seconds
