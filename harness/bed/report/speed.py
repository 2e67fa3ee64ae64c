"""speed - what a run took beside its aims: all of it, each scenario beyond its own waits, memory.

What a scenario waits for are the timers of daemons and kernel; what is beyond is the testbed's own:
boot, nodes, commands, dumps. The memory of a guest is what its kernel ever touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.bed.base.story import EVENTS, rows

FILE = "speed.json"
# Where its memory file, which has no name, is among its descriptors.
EARLY = range(3, 12)
AIM_ALL, AIM_BEYOND, AIM_MEMORY = 240.0, 3.0, 400 << 20


@dataclass(frozen=True)
class Took:
    """One guest: seconds from start to end, those of them that the story waited, octets."""

    name: str
    seconds: float
    waited: float
    memory: int

    @property
    def beyond(self) -> float:
        return self.seconds - self.waited


def memory(pid: int) -> int:
    """The octets of memory that the guest kernel with this process id has ever touched."""
    for number in EARLY:
        path = f"/proc/{pid}/fd/{number}"
        try:
            if os.readlink(path).endswith("(deleted)"):
                return os.stat(path).st_blocks * 512
        except OSError:
            continue
    return 0


def write(results: Path, seconds: float, octets: int) -> None:
    (results / FILE).write_text(json.dumps({"seconds": seconds, "memory": octets}) + "\n")


def read(run: Path) -> list[Took]:
    """Every guest that a run has booted."""
    found = []
    for file in sorted(run.rglob(FILE)):
        row = json.loads(file.read_text())
        waited = sum(step.get("took", 0.0) for events in sorted(file.parent.rglob(EVENTS))
                     for step in rows(events))
        found.append(Took(file.parent.name, row["seconds"], waited, row["memory"]))
    return found


def lines(took: Iterable[Took], seconds: float, whole: bool) -> Iterator[str]:
    """Figures beside their aims; `seconds` is what the scenarios took together."""
    guests = sorted(took, key=lambda one: one.beyond)
    if not guests:
        return
    aim = f" (aim {AIM_ALL:.0f})" if whole else ""
    yield f"speed: {len(guests)} guest{'s' * (len(guests) > 1)} in {seconds:.0f} s{aim}"
    middle, most = guests[len(guests) // 2], guests[-1]
    others = f", at most {most.beyond:.1f} s ({most.name})" if len(guests) > 1 else ""
    yield (f"speed: beyond what its story waits for a guest takes {middle.beyond:.1f} s{others} "
           f"(aim {AIM_BEYOND:.0f})")
    largest = max(guests, key=lambda one: one.memory)
    if largest.memory:
        yield (f"speed: memory of a guest {largest.memory >> 20} MB at most "
               f"({largest.name}, aim {AIM_MEMORY >> 20})")
