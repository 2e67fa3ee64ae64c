"""speed - what a run took beside its aims: all of it, each guest's processor time, its memory.

On its own clock a guest waits for nothing, so processor time is all that it costs. On the machine's
clock a scenario waits for the timers of daemons and kernel; what is beyond is the testbed's own:
boot, nodes, commands, dumps. The memory of a guest is what its kernel ever touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.bed.base.job import OWN, REAL
from harness.bed.base.story import EVENTS, rows

FILE = "speed.json"
# Where its memory file, which has no name, is among its descriptors.
EARLY = range(3, 12)
AIM_ALL, AIM_BEYOND, AIM_MEMORY = 240.0, 3.0, 400 << 20
NOTHING = {"name": REAL}


@dataclass(frozen=True)
class Took:
    """One guest: seconds from start to end and those that the story waited, octets, processor time.

    `clock` is what is known of the guest's clock: its name, and the rest for one of its own.
    """

    name: str
    seconds: float
    waited: float
    memory: int
    processor: float = 0.0
    clock: Mapping = field(default_factory=lambda: NOTHING)

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


def write(results: Path, seconds: float, octets: int, processor: float, clock: Mapping) -> None:
    row = {"seconds": round(seconds, 3), "memory": octets, "processor": round(processor, 3),
           "clock": dict(clock)}
    (results / FILE).write_text(json.dumps(row) + "\n")


def read(run: Path) -> list[Took]:
    """Every guest that a run has booted."""
    found = []
    for file in sorted(run.rglob(FILE)):
        row = json.loads(file.read_text())
        waited = sum(step.get("took", 0.0) for events in sorted(file.parent.rglob(EVENTS))
                     for step in rows(events))
        found.append(Took(file.parent.name, row["seconds"], waited, row["memory"],
                          row.get("processor", 0.0), row.get("clock", NOTHING)))
    return found


def lines(took: Iterable[Took], seconds: float, whole: bool) -> Iterator[str]:
    """Figures beside their aims; `seconds` is what the scenarios took together."""
    guests = list(took)
    if not guests:
        return
    aim = f" (aim {AIM_ALL:.0f})" if whole else ""
    yield f"speed: {len(guests)} guest{'s' * (len(guests) > 1)} in {seconds:.0f} s{aim}"
    own = [one for one in guests if one.clock["name"] == OWN]
    real = [one for one in guests if one.clock["name"] == REAL]
    if own:
        yield _most("on its own clock a guest takes", "s of processor time",
                    [(one.processor, one.name) for one in own])
    if real:
        yield _most("on the machine's clock, beyond what its story waits for, a guest takes", "s",
                    [(one.beyond, one.name) for one in real]) + f" (aim {AIM_BEYOND:.0f})"
    largest = max(guests, key=lambda one: one.memory)
    if largest.memory:
        yield (f"speed: memory of a guest {largest.memory >> 20} MB at most "
               f"({largest.name}, aim {AIM_MEMORY >> 20})")


def _most(says: str, unit: str, figures: list[tuple[float, str]]) -> str:
    """The middle one, and where there are several the largest."""
    figures.sort()
    middle, most = figures[len(figures) // 2], figures[-1]
    others = f", at most {most[0]:.1f} s ({most[1]})" if len(figures) > 1 else ""
    return f"speed: {says} {middle[0]:.1f} {unit}{others}"


def clocks(run: Path) -> str:
    """Whose clock the guests of a run had, in a sentence."""
    took = read(run)
    own = [one.clock for one in took if one.clock["name"] == OWN]
    found = []
    if own:
        rates = sorted(1 / one["rate"] for one in own if one["rate"])
        spread = f", busy time at 1/{rates[0]:.0f}" if rates else ""
        spread += f" to 1/{rates[-1]:.0f}" if rates and rates[-1] - rates[0] >= 1 else ""
        found.append(f"{len(own)} on a clock of {'their' if len(own) > 1 else 'its'} own, "
                     f"{sum(one['seconds'] for one in own):.0f} s of it{spread}")
    if real := len(took) - len(own):
        found.append(f"{real} on the machine's clock")
    return f"guests: {'; '.join(found)}" if found else ""
