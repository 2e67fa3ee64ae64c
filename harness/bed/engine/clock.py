"""clock - the host's side of a guest's own clock: a small file that both have mapped.

The preload (harness/guest/clock.c) answers the guest kernel's questions for the time: idle time is
jumped over, busy time counts at a rate that it measures when the kernel starts. What it knows, and
what a driver outside says to hold the clock, stands in one mapping whose layout is clock.h's.

A guest has this clock or the real one, and its job says which (OWN, REAL). Where the preload cannot
work, in a static kernel or one of another C library, the kernel does not write into the mapping:
`refusal` asks it for its version only, so that is known before a guest starts.
Units:   nanoseconds of the guest's CLOCK_MONOTONIC, billionths of a rate, octets of the line.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.job import OWN, REAL
from harness.bed.engine.kernel import Kernel, preloaded

PRELOAD = "guest/preload.so"
FILE = "clock.map"
MAGIC, VERSION, ROOM = 0x6B636F6C43454750, 1, 4096
BILLION = 1_000_000_000
FIELDS = ("magic", "version", "now", "jumps", "jumped", "rate", "started", "sent", "got", "given",
          "seen", "idles")
RATE = "CLOCK_RATE"


def preload(top: Path) -> Path:
    return places.build(top) / PRELOAD


class Clock:
    """The mapping of one guest, by the names of clock.h; close it when the guest is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # The guest's clock begins where the machine's is.
        self.began = time.monotonic()
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), ROOM)
        self._words = memoryview(self._map).cast("Q")

    def close(self) -> None:
        self._words.release()
        self._map.close()

    def __getitem__(self, name: str) -> int:
        return self._words[FIELDS.index(name)]

    def __setitem__(self, name: str, value: int) -> None:
        self._words[FIELDS.index(name)] = value

    @property
    def works(self) -> bool:
        """Whether the preload has begun to tell the time."""
        return self["now"] != 0

    @property
    def now(self) -> float:
        """Seconds of the guest's clock since the mapping was made."""
        return max(0.0, self["now"] / BILLION - self.began)

    @property
    def rate(self) -> float:
        return self["rate"] / BILLION

    @property
    def held(self) -> bool:
        """Whether the driver owes a word, or the guest has not read the last one."""
        return self["sent"] != self["seen"] or self["got"] != self["given"]

    def start(self) -> None:
        """The guest is up: from now on busy time counts at its rate."""
        self["started"] = 1

    def gives(self, octets: int, seen: int) -> None:
        """Said before the driver writes so many, when it had read `seen` in all."""
        self["given"] += octets
        self["seen"] = seen


@dataclass(frozen=True)
class Facts:
    """Which clock a run had, for its report; all else is 0 for the real one.

    `seconds` of the clock passed, `jumped` of them in `jumps` while nothing could run.
    """

    name: str = REAL
    seconds: float = 0.0
    jumps: int = 0
    jumped: float = 0.0
    rate: float = 0.0


def facts(clock: Clock | None) -> Facts:
    """Of a run that is over."""
    if not clock or not clock.works:
        return Facts()
    return Facts(OWN, round(clock.now, 3), clock["jumps"], round(clock["jumped"] / BILLION, 3),
                 clock.rate)


def make(path: Path) -> Clock:
    """A fresh mapping at `path`."""
    path.write_bytes(b"\0" * ROOM)
    clock = Clock(path)
    clock["version"], clock["magic"] = VERSION, MAGIC
    return clock


def environment(preload: Path, path: Path, line: int | None = None) -> dict[str, str]:
    """What the kernel needs in its environment; `line` is the descriptor of a driver's line."""
    found = preloaded(preload) | {"CLOCK_MAP": str(path)}
    if rate := os.environ.get(RATE):
        found[RATE] = rate
    return found | ({"CLOCK_LINE": str(line)} if line is not None else {})


def refusal(kernel: Kernel, preload: Path, tried: Mapping[str, str] | None = None) -> str:
    """Why guests on this kernel cannot have a clock of their own; nothing if they can."""
    with tempfile.TemporaryDirectory(prefix="perigee-clock-") as name:
        clock = make(Path(name, FILE))
        try:
            done = subprocess.run(
                [str(kernel.binary), "--version"], cwd=kernel.folder, capture_output=True,
                env=os.environ | kernel.environment | environment(preload, clock.path)
                | (tried or {}), text=True, errors="replace", check=False)
            if clock.works:
                return ""
            said = (done.stderr.strip().splitlines() or [""])[0]
            return f"{preload.name} has no effect on {kernel.binary}" + (said and f" ({said})")
        finally:
            clock.close()
