"""guest - one scenario in its own kernel: User Mode Linux on the host's files.

No root and no KVM. The guest is a process group of its own that is killed whole when it is over or
no longer moves (pace.py); its exit status comes back as a file, its console through a pipe, its
clock in a mapping (clock.py).
Errors:  Unfit says what this machine lacks and what to do about it.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.bed.base.job import Job
from harness.bed.base.job import OWN
from harness.bed.engine import clock as clocks
from harness.bed.engine import coverage
from harness.bed.engine import kernel as kernels
from harness.bed.engine.clock import Clock
from harness.bed.engine.kernel import Kernel, Unfit
from harness.bed.engine.pace import LOOK, Pace
from harness.bed.report import speed

FAREWELLS = ("reboot: System halted", "reboot: Power down")
XSTATE_ROOM = 2696
MEMORY, ROOM = "500M", "300M"
MEMORY_VALGRIND = "1200M"
DISK = 700 << 20
PLACES = ("/dev/shm", "/tmp", "/var/tmp")
# A guest waits for timers more than half of its time.
A_PROCESSOR = 3
# A second of benchmarks for disks that no guest has (the second name is that of Linux 7), and a
# pool for swap that none has either.
UNUSED = ("initcall_blacklist=raid6_select_algo,raid6_init", "zswap.enabled=0")

# What a dead guest's last words mean, and what to do.
REASONS = {
    "ptrace set fp regs failed": "this processor's XSAVE area kills the guest kernel: "
                                 "type make guest, which builds the preload that mends it",
    "PTRACE_TRACEME": "this machine forbids ptrace, which the guest kernel lives on: "
                      "allow it (seccomp profile, kernel.yama.ptrace_scope) or use --native",
    "Operation not permitted": "this machine forbids something the guest kernel needs",
    "No space left on device": "the disk is full: make room in {tmp} and in build/",
    "Bus error": "the disk is full: make room in {tmp} and in build/",
}


@dataclass
class Ended:
    """How a run ended: pytest's exit status, or why there is none; `note` decides nothing."""

    status: int | None
    reason: str
    seconds: float
    note: str = ""


def check(preload: Path, kernel: Kernel | None = None) -> None:
    """Raise Unfit unless a guest can start here."""
    kernels.check(kernel or kernels.installed())
    if not preload.exists():
        raise Unfit(f"{preload} is missing: type make guest")
    for folder in (memory_folder(), preload.parent):
        free = shutil.disk_usage(folder).free
        if free < DISK:
            raise Unfit(f"{folder} has {free >> 20} MB left, a guest needs {DISK >> 20}: "
                        "make room there")


def memory_folder() -> Path:
    """Where the guest kernel keeps its memory file: what the environment says, or where it fits.

    A container's /dev/shm is often of 64 MB, or not executable.
    """
    said = next(filter(None, (os.environ.get(name) for name in ("TMPDIR", "TMP", "TEMP"))), None)
    if said:
        return Path(said)
    fit = [folder for folder in map(Path, PLACES)
           if folder.is_dir() and not noexec(folder) and os.access(folder, os.W_OK)]
    roomy = (folder for folder in fit if shutil.disk_usage(folder).free >= DISK)
    return next(roomy, fit[-1] if fit else Path(PLACES[-1]))


def noexec(folder: Path) -> bool:
    """Whether nothing there may be mapped to be run."""
    return bool(os.statvfs(folder).f_flag & os.ST_NOEXEC)


def at_a_time() -> int:
    """How many guests this machine does well at once: by its processors and by its room."""
    room = shutil.disk_usage(memory_folder()).free // speed.AIM_MEMORY
    return max(1, min(A_PROCESSOR * len(os.sched_getaffinity(0)), room))


def xsave_area(preload: Path) -> int:
    """How long this processor's XSAVE area is, in octets."""
    return ctypes.CDLL(str(preload)).xstate_area()


def needs_preload(preload: Path) -> bool:
    """Whether that is more than the guest kernel's buffer holds."""
    return xsave_area(preload) > XSTATE_ROOM


def script(job: Job, tests: Path) -> str:
    """What runs the tests of one job, inside the guest or inside a native namespace."""
    python = ["/usr/bin/python3", "-m", "pytest", "-p", "harness.bed.stage.plugin",
              "-p", "no:terminal", "-p", "no:cacheprovider",
              "--import-mode=importlib", "-s", "-c", "/dev/null",
              f"--rootdir={job.top}", str(tests)]
    return "\n".join([
        f"cd {shlex.quote(str(job.top))} || exit",
        f"export PYTHONPATH={shlex.quote(str(job.top))} PYTHONDONTWRITEBYTECODE=1",
        f"export PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 HOME=/tmp BED_JOB={job.results}/job.json",
        *([f"umask 0; export {_settings(job)}"] if job.coverage else []),
        "exec " + shlex.join(python), ""])


def _settings(job: Job) -> str:
    found = coverage.prepare(job.top, job.results)
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in found.items())


def prepare(job: Job, tests: Path) -> None:
    job.results.mkdir(parents=True, exist_ok=True)
    job.save()
    (job.results / "guest.sh").write_text(script(job, tests))


def command(job: Job, console: int, kernel: Kernel) -> list[str]:
    memory = MEMORY_VALGRIND if job.valgrind else MEMORY
    shell = ["con1=pts", "con2=pts"] if job.interactive else []
    return [str(kernel.binary), f"mem={memory}", "seccomp=auto", "rootfstype=hostfs",
            "rootflags=/", "ro", "quiet", "loglevel=1", "con=null", f"con0=null,fd:{console}",
            *UNUSED, *shell, f"init={job.top}/harness/guest/init", f"RUN={job.results}",
            f"ROOM={ROOM}", f"MODULES={kernel.modules}"]


def settings(job: Job, preload: Path, kernel: Kernel) -> list[str]:
    """Words that give the kernel its environment, and nothing that is started before it.

    Its C library is not that of the machine's programs.
    """
    home = job.results / "uml"
    home.mkdir(exist_ok=True)
    mended = {"LD_PRELOAD": str(preload)} if needs_preload(preload) else {}
    if job.clock == OWN:
        mended = clocks.environment(preload, job.results / clocks.FILE)
    places = {"HOME": str(home), "TMPDIR": str(memory_folder())}
    wanted = places | kernel.environment | mended
    return ["env", *(f"{name}={value}" for name, value in wanted.items())]


class Fleet:
    """The runs that are under way; all of them can be ended at once."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen] = set()
        self._choice = threading.Lock()
        self._guests: Counter[int] = Counter()

    def boot(self, job: Job, tests: Path, limit: float | None, tell: Callable[[str], None],
             kernel: Kernel | None = None) -> Ended:
        """Run the job's tests in a guest; `tell` gets every line of its console."""
        prepare(job, tests)
        return self.start(job, limit, tell, kernel or kernels.installed())

    def start(self, job: Job, limit: float | None, tell: Callable[[str], None], kernel: Kernel
              ) -> Ended:
        """Run what guest.sh in the job's results says in a guest."""
        preload = job.top / clocks.PRELOAD
        with self._one_processor() as pinned:
            before = [*pinned, *settings(job, preload, kernel)]
            return self.run(lambda console: [*before, *command(job, console, kernel)],
                            dict(os.environ), job, limit, tell, where=kernel.folder)

    @contextmanager
    def _one_processor(self) -> Iterator[list[str]]:
        """Words that keep a guest on the processor that has the fewest.

        A guest never does two things at once: each system call and page fault in it is handed over
        between two processes of the host, and across processors that takes three times as long.
        """
        with self._choice:
            ours = sorted(os.sched_getaffinity(0))
            start = os.getpid() % len(ours)
            chosen = min(ours[start:] + ours[:start], key=lambda one: self._guests[one])
            self._guests[chosen] += 1
        try:
            yield ["taskset", "--cpu-list", str(chosen)]
        finally:
            with self._choice:
                self._guests[chosen] -= 1

    def run(self, words: Callable[[int], list[str]], env: dict[str, str], job: Job,
            limit: float | None, tell: Callable[[str], None], talks: bool = False,
            where: Path | None = None) -> Ended:
        """Start a process group and watch it to its end.

        `words` makes its command from the descriptor of the console; `talks` says that its
        standard output is the console; `where` is the working folder.
        """
        ours, theirs = os.pipe()
        clock = clocks.make(job.results / clocks.FILE) if job.clock == OWN else None
        with (job.results / "boot.log").open("wb") as log:
            out = theirs if talks else log
            process = subprocess.Popen(
                words(theirs), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                pass_fds=(theirs,), env=env, cwd=where, start_new_session=True)
        os.close(theirs)
        self._running.add(process)
        try:
            status = job.results / "status"
            pace = Pace(process.pid, clock, limit, lambda: _written(status))
            return watch(process, ours, job, pace, tell)
        finally:
            self._running.discard(process)
            if clock:
                clock.close()

    def end(self) -> None:
        for process in list(self._running):
            _kill_group(process)


def watch(process: subprocess.Popen, console: int, job: Job, pace: Pace,
          tell: Callable[[str], None]) -> Ended:
    """Pass the console on line by line until the run ends or its pace says that it must."""
    start = looked = time.monotonic()
    last, rest, why, octets = "nothing yet", b"", "", 0
    with (job.results / "console.log").open("wb") as log, selectors.DefaultSelector() as ready:
        ready.register(console, selectors.EVENT_READ)
        while not why:
            there = ready.select(timeout=LOOK)
            if time.monotonic() - looked >= LOOK:
                why, looked = pace.look(), time.monotonic()
                octets = max(octets, speed.memory(process.pid))
            if not there:
                continue
            data = os.read(console, 65536)
            if not data:
                break
            log.write(data)
            pace.heard(len(data))
            *lines, rest = (rest + data.replace(b"\r", b"")).split(b"\n")
            for line in (text.decode(errors="replace") for text in lines):
                if line not in FAREWELLS:
                    last = line.strip() or last
                    tell(line)
    os.close(console)
    processor = _end(process)
    took = time.monotonic() - start
    speed.write(job.results, took, octets, processor, asdict(pace.facts()))
    return _ended(job, why, last, took)


def _end(process: subprocess.Popen) -> float:
    """The whole group goes: a guest is several processes of the host. Its processor time."""
    with selectors.DefaultSelector() as gone:
        descriptor = os.pidfd_open(process.pid)
        gone.register(descriptor, selectors.EVENT_READ)
        gone.select(timeout=3)
        os.close(descriptor)
    _kill_group(process)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def _written(status: Path) -> bool:
    return status.exists() and status.read_text().strip() != ""


def _kill_group(process: subprocess.Popen) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _ended(job: Job, why: str, last: str, seconds: float) -> Ended:
    """`why` is what its pace said against it: without a result a reason, with one only a note."""
    status = job.results / "status"
    if _written(status):
        return Ended(int(status.read_text()), "", seconds, why)
    if why:
        return Ended(None, f"{why} and was ended; its last words: {last}", seconds)
    return Ended(None, _last_words(job, last), seconds)


def _last_words(job: Job, last: str) -> str:
    said = "".join((job.results / name).read_text(errors="replace")
                   for name in ("boot.log", "console.log") if (job.results / name).exists())
    for words, reason in REASONS.items():
        if words in said:
            return reason.format(tmp=memory_folder())
    before, panic, _ = said.partition("Kernel panic")
    if panic:
        last = (before.strip().splitlines() or ["a kernel panic"])[-1]
    return f"the guest ended without a result; its last words: {last}"
