"""crowd - how many guests run at once: as many as find a processor and memory.

On its own clock a guest waits for nothing and takes one processor; on the machine's clock it waits
more than half of its time, and three share one. Other work that wants the processors has its share
of them, and what a guest never does is wait for memory. Both are looked at before each guest anew:
a run beside other work begins with fewer and goes on with more when that is over. One always runs.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.bed.base.job import OWN
from harness.bed.engine import guest
from harness.bed.report.speed import AIM_MEMORY

SHARES = {True: 1, False: 3}
# The programs that want a processor change all the time.
SAMPLES, BETWEEN = 5, 0.02
AGAIN = 2.0


@dataclass(frozen=True)
class Machine:
    """`others` is how many programs beside our guests want a processor; `room` is in octets."""

    processors: int
    others: float
    room: int


def most(machine: Machine, clock: str) -> int:
    """How many guests do well on this machine."""
    share = machine.processors / (machine.processors + machine.others)
    by_work = int(SHARES[clock == OWN] * machine.processors * share + 0.5)
    return max(1, min(by_work, machine.room // AIM_MEMORY))


def look(running: int) -> Machine:
    """This machine, while so many guests of ours run."""
    wanted = 0.0
    for _ in range(SAMPLES):
        # The fourth word is RUNNABLE/ALL, and we are one of them.
        wanted += int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0]) - 1
        threading.Event().wait(BETWEEN)
    room = shutil.disk_usage(guest.memory_folder()).free
    return Machine(len(os.sched_getaffinity(0)), max(0.0, wanted / SAMPLES - running),
                   min(room, available()))


def available() -> int:
    """Octets of memory that can be had."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 1 << 62


class Crowd:
    """The guests of one run. `fixed` is how many a person wants, 0 for as many as do well."""

    def __init__(self, clock: str, fixed: int = 0, seen: Callable[[int], Machine] = look) -> None:
        self.clock, self.fixed, self.seen = clock, fixed, seen
        self._running, self._over = 0, False
        self._changed = threading.Condition()

    @property
    def seats(self) -> int:
        """How many there are at most, on a machine without other work."""
        return self.fixed or SHARES[self.clock == OWN] * len(os.sched_getaffinity(0))

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait until one more guest does well, and be it."""
        with self._changed:
            while self._running and not self._over and not self._room():
                self._changed.wait(AGAIN)
            if self._over:
                raise InterruptedError("the run was ended")
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Nobody enters any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _room(self) -> bool:
        return self._running < (self.fixed or most(self.seen(self._running), self.clock))
