"""job - what a run asks of one scenario; the host writes it as a file, the guest reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path

from harness.bed.base import places

# Whose clock a run has: one of the guest's own, or the machine's.
OWN, REAL = "own", "real"
CLOCKS = {OWN: "the guest's own clock", REAL: "the machine's clock"}


JOB = "job.json"


@dataclass(frozen=True)
class Job:
    """`results` is written, everything else is read.

    `prompt` names the node of prompts, none for the first; there is one at the checkpoint `pause`,
    at the end with `keep`, and after a failure with `on_failure`. `gdb` is PROGRAM or NODE/PROGRAM.
    `ikes` names the IKE daemon of each node that does not run ours, `mip6s` the path of its mip6d.
    `sweep` are faults, each with a run of its own; `fault` is that of this run. `only` names the
    tests of the scenario that run, none for all. `clock` is OWN or REAL; `limit` is how much of it
    the run may have, none where a person looks on. `screen` has the columns and rows of the
    terminal that a prompt will be seen on, 0 where nobody knows. `kernel` and its `modules` are
    those of the guest, none for the installed one. `settings` is what daemons find in their
    environment.
    """

    scenario: str
    top: Path
    results: Path
    programs: Path
    bless: bool = False
    valgrind: bool = False
    ikes: dict[str, str] = field(default_factory=dict)
    mip6s: dict[str, str] = field(default_factory=dict)
    prompt: str | None = None
    pause: str | None = None
    keep: bool = False
    on_failure: bool = False
    gdb: str | None = None
    coverage: bool = False
    sweep: list[str] = field(default_factory=list)
    fault: str | None = None
    only: list[str] = field(default_factory=list)
    clock: str = REAL
    screen: list[int] = field(default_factory=lambda: [0, 0])
    limit: float | None = None
    kernel: Path | None = None
    modules: Path | None = None
    native: bool = False
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def tools(self) -> Path:
        """Where the agent and the preload are."""
        return places.build(self.top) / "guest"

    @property
    def interactive(self) -> bool:
        """Somebody may want a console."""
        return bool(self.pause or self.keep or self.on_failure or self.gdb)

    @property
    def wrapper(self) -> tuple[str, ...]:
        """What stands in front of a daemon's command."""
        if not self.valgrind:
            return ()
        return ("valgrind", "--quiet", "--leak-check=full", "--trace-children=yes",
                f"--log-file={self.results}/valgrind.%p.log")

    @property
    def patience(self) -> float:
        """By how much every limit of a wait grows.

        A fault makes repetitions of every exchange; on the machine's clock a slow machine is slow.
        """
        if self.gdb:
            return 10_000.0
        return 6.0 if self.valgrind else 4.0 if self.fault or self.clock == REAL else 1.0

    def save(self) -> None:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        text = json.dumps({k: str(v) if isinstance(v, Path) else v for k, v in values.items()},
                          indent=1)
        (self.results / JOB).write_text(text + "\n")


def load(path: Path) -> Job:
    paths = {f.name for f in fields(Job) if f.type.startswith("Path")}
    values = json.loads(path.read_text())
    return Job(**{k: Path(v) if k in paths and v else v for k, v in values.items()})
