"""play - one scenario's tests as a pytest of their own, which boots the guest that they need.

It is forked from a process that has read pytest and the testbed already (nursery.py).
Its exit status comes from its process, what it says through a pipe. All that it has left running is
ended with it. One that hangs is asked where (SIGABRT, which makes pytest print its traces), then
ended: it never holds up the other scenarios.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.bed.base.job import OWN, Job
from harness.bed.engine import machine, nursery, pace
from harness.bed.engine.nursery import Child, Nursery

CONSOLE, CHUNK = "console.log", 1 << 16
HUNG = b"\0hung"
HANGS = "pytest hangs: neither it nor its guest moves any more"
# What pytest has for others: who looks on, asks for other results, or writes tests in another way.
UNUSED = ("terminal", "cacheprovider", "debugging", "doctest", "freeze_support", "junitxml",
          "legacypath", "nose", "pastebin", "setuponly", "setupplan", "stepwise", "unittest")
PYTEST = ("-p", "harness.bed.plugin", *(f"-pno:{name}" for name in UNUSED),
          "--import-mode=importlib", "-s", "-c", "/dev/null")


@dataclass
class Ended:
    """How a run ended: pytest's exit status, or why there is none."""

    status: int | None
    reason: str
    seconds: float


class Fleet:
    """The runs that are under way; all of them can be ended at once.

    It is made before its process has threads.
    """

    def __init__(self) -> None:
        self._running: dict[Child, Path] = {}
        self._nursery = Nursery(nursery.tests)
        self._choice = threading.Lock()
        self._on: Counter[int] = Counter()

    def play(self, job: Job, tests: Path, tell: Callable[[str], None]) -> Ended:
        """Run the job's tests; `tell` gets every line that they say."""
        job.results.mkdir(parents=True, exist_ok=True)
        job.save()
        start = time.monotonic()
        with self._one_processor() as processor:
            process = self._nursery.start([*PYTEST, f"--rootdir={job.top}", str(tests)], job.top,
                                          _environment(job), processor)
            self._running[process] = job.results
            try:
                last, hung = _pass_on(process, job, tell)
                status = process.wait()
            finally:
                del self._running[process]
                _end(process, job.results)
        seconds = time.monotonic() - start
        if hung:
            return Ended(None, f"{HANGS}; the last words: {last}; type pytest -s "
                               f"{tests.relative_to(job.top)} to see it with a debugger", seconds)
        if status < 0:
            return Ended(None, f"pytest was ended by {signal.Signals(-status).name}; the last "
                               f"words: {last}", seconds)
        return Ended(status, "", seconds)

    @contextmanager
    def _one_processor(self) -> Iterator[int]:
        """The processor that has the fewest runs, and now one more, which is kept there.

        A guest never does two things at once: each system call and page fault in it is handed over
        between two processes of the host, and across processors that takes three times as long. Its
        driver speaks while it waits.
        """
        with self._choice:
            ours = sorted(os.sched_getaffinity(0))
            start = os.getpid() % len(ours)
            chosen = min(ours[start:] + ours[:start], key=lambda one: self._on[one])
            self._on[chosen] += 1
        try:
            yield chosen
        finally:
            with self._choice:
                self._on[chosen] -= 1

    def end(self) -> None:
        for process, results in list(self._running.items()):
            _end(process, results)


def _environment(job: Job) -> dict[str, str]:
    return {
        "PYTHONPATH": str(job.top), "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "BED_JOB": str(job.results / "job.json")}


def _pass_on(process: Child, job: Job, tell: Callable[[str], None]
             ) -> tuple[str, bool]:
    """Every line while it comes; the last one, and whether pytest had to be ended."""
    last, rest, hung = "nothing yet", b"", False
    watch = pace.Driver(process.pid, job.clock == OWN, job.limit,
                        lambda: machine.groups(job.results))
    with (job.results / CONSOLE).open("wb") as log, process.stdout as said:
        while data := _next(said.fileno(), watch.hangs):
            if data is HUNG:
                hung = _ask_where(process, hung)
                continue
            watch.heard()
            log.write(data)
            log.flush()
            *lines, rest = (rest + data).split(b"\n")
            for text in (line.decode(errors="replace").rstrip("\r") for line in lines):
                last = last if hung else text.strip() or last
                tell(text)
    return last, hung


def _next(said: int, hangs: Callable[[], bool]) -> bytes:
    """What comes next, nothing at the end, HUNG where nothing will."""
    while not select.select([said], [], [], pace.LOOK)[0]:
        if hangs():
            return HUNG
    return os.read(said, CHUNK)


def _ask_where(process: Child, again: bool) -> bool:
    """pytest prints its traces and ends; what does not is killed, with all that holds the pipe.

    Whether it has hung: one that is over has only left something behind.
    """
    lives = process.poll() is None
    if lives and not again:
        process.send_signal(signal.SIGABRT)
    else:
        machine.kill_group(process.pid)
    return lives or again


def _end(process: Child, results: Path) -> None:
    machine.kill_group(process.pid)
    machine.end_leftovers(results)
