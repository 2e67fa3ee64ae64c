"""machine - a guest, or a namespace of this machine, with its agent at the other end of the line.

A machine is booted for one scenario and serves its tests one after the other, unless it dies. Its
console goes to a file, its clock stands in a mapping (clock.py), whether it moves is seen by its
pace (pace.py). How it powers off is never a verdict.
Errors:  Gone says why there is none any more.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from harness.bed.base.job import OWN, Job
from harness.bed.engine import clock as clocks
from harness.bed.engine.pace import AFTERWARDS, Pace
from harness.bed.node.agent import Agent
from harness.bed.node.frames import Event, Frame, Gone, Request
from harness.bed.node.line import Line
from harness.bed.report import speed

CONSOLE, PID = "guest.log", "guest.pid"


class Machine:
    """A process group; `words` makes its command from the descriptors of line and console.

    `meaning` gives what a console's text means where that is known.
    """

    def __init__(self, job: Job, words: Callable[[int, int], list[str]], where: Path | None = None,
                 meaning: Callable[[str], str] = lambda said: "") -> None:
        self.job, self.meaning = job, meaning
        self.release = ""
        self._start, self._memory, self._octets = time.monotonic(), 0, 0
        self.clock = clocks.make(job.results / clocks.FILE) if job.clock == OWN else None
        ours, theirs = socket.socketpair()
        with theirs, self._console.open("ab") as console:
            self.process = subprocess.Popen(
                words(theirs.fileno(), console.fileno()), stdin=subprocess.DEVNULL, stdout=console,
                stderr=console, pass_fds=(theirs.fileno(), console.fileno()), cwd=where,
                start_new_session=True)
        (job.results / PID).write_text(f"{self.process.pid}\n")
        self.pace = Pace(self.process.pid, self.clock, job.limit, lambda: False)
        self.agent = Agent(Line(ours, self.clock, job.results, self._look, self._epitaph))
        self.agent.line.on[Event.HELLO] = self._hello

    @property
    def _console(self) -> Path:
        return self.job.results / CONSOLE

    def await_hello(self) -> Machine:
        """Return once the agent is there."""
        while not self.release:
            self.agent.line.turn()
        return self

    def _hello(self, event: Frame) -> None:
        self.release = event.text(1)
        if self.clock:
            self.clock.start()

    def _look(self) -> None:
        """Nothing comes: is it there, does it move, is it over?"""
        if self.process.poll() is not None:
            raise Gone(self.last_words())
        octets = self._console.stat().st_size
        self.pace.heard(octets - self._octets, self.agent.line.heard)
        self._octets, self._memory = octets, max(self._memory, speed.memory(self.process.pid))
        if why := self.pace.look():
            self.kill()
            raise Gone(f"{why} and was ended; its last words: {self._last_line()}")

    def _epitaph(self) -> str:
        """Its line has ended, so it is about to end itself."""
        try:
            self.process.wait(AFTERWARDS)
        except subprocess.TimeoutExpired:
            self.kill()
        return self.last_words()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def last_words(self) -> str:
        """What the end of its console means."""
        said = self._console.read_text(errors="replace")
        return self.meaning(said) or f"{self._how()}; its last words: {self._last_line()}"

    def _how(self) -> str:
        """A guest that nobody has ended ends by itself, or by a signal from outside."""
        status = self.process.returncode or 0
        if status == -signal.SIGKILL:
            return ("the guest was ended by SIGKILL: by somebody, or because memory was short "
                    "(dmesg says so; -j 1 runs one guest at a time)")
        return f"the guest was ended by {signal.Signals(-status).name}" if status < 0 else \
            "the guest ended without a result"

    def _last_line(self) -> str:
        said = self._console.read_text(errors="replace").partition("Kernel panic")[0]
        lines = [line.strip() for line in said.split("\n") if line.strip()]
        return lines[-1] if lines else "nothing"

    def end(self) -> str:
        """Power it off; a note if it did not go by itself."""
        note = ""
        if self.alive:
            self._memory = max(self._memory, speed.memory(self.process.pid))
            try:
                self.agent.line.post(Request.OFF)
                self.process.wait(AFTERWARDS)
            except (Gone, subprocess.TimeoutExpired):
                note = "it did not power off after its last test"
        self.kill()
        self.agent.line.close()
        if self.clock:
            self.clock.close()
        return note

    def kill(self) -> None:
        """The whole group goes: a guest is several processes of the host."""
        kill_group(self.process.pid)
        if self.process.returncode is None:
            self.process.wait()
        speed.write(self.job.results, time.monotonic() - self._start, self._memory,
                    _processor(), asdict(self.pace.facts()))
        (self.job.results / PID).unlink(missing_ok=True)


def _processor() -> float:
    """What this process and all that it has waited for have used."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def groups(results: Path) -> list[int]:
    """The process groups of the guests that run below `results`."""
    found = []
    for file in results.rglob(PID):
        try:
            found.append(int(file.read_text()))
        except (OSError, ValueError):
            continue  # it has just ended, or just begun
    return found


def end_leftovers(results: Path) -> None:
    """Kill the guests that a run which was ended itself has left below `results`."""
    for group in groups(results):
        kill_group(group)
    for file in results.rglob(PID):
        file.unlink(missing_ok=True)
