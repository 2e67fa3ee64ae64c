"""guest - a User Mode Linux process: whether it can start here, its command, what its end means.

No root and no KVM: a whole Linux kernel as an ordinary process, on the host's own files.
Errors:  Unfit says what this machine lacks and what to do about it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

from harness.bed.base import places, room
from harness.bed.base.job import OWN, Job
from harness.bed.engine import clock as clocks
from harness.bed.engine import kernel as kernels
from harness.bed.engine.kernel import Kernel, Unfit

XSTATE_ROOM = 2696
MEMORY, ROOM = "500M", "300M"
MEMORY_VALGRIND = "1200M"
# What a guest touches of its memory, and what its results take.
DISK, RESULTS = 200 << 20, 60 << 20
PLACES = ("/dev/shm", "/tmp", "/var/tmp")
# A second of benchmarks for disks that no guest has (the second name is that of Linux 7), a pool
# for swap that none has either, 512 terminals, for each of which a process is started, and how
# often an empty loop goes round in a tick, by which the kernel would wait for devices.
UNUSED = ("initcall_blacklist=raid6_select_algo,raid6_init", "zswap.enabled=0",
          "pty.legacy_count=0", "lpj=1000000")

# What a dead guest's last words mean, and what to do.
REASONS = {
    "ptrace set fp regs failed": "this processor's XSAVE area kills the guest kernel: "
                                 "type make guest, which builds the preload that mends it",
    "PTRACE_TRACEME": "this machine forbids ptrace, which the guest kernel lives on: "
                      "allow it (seccomp profile, kernel.yama.ptrace_scope) or use --native",
    "Operation not permitted": "this machine forbids something the guest kernel needs",
    "No space left on device": "the disk is full: make room in {tmp} and where results go",
    "Kernel mode signal 7": "the disk is full: make room in {tmp}",
    "Bus error": "the disk is full: make room in {tmp} and where results go",
}


def check(preload: Path, kernel: Kernel | None = None) -> None:
    """Raise Unfit unless a guest can start here."""
    kernels.check(kernel or kernels.installed())
    if not preload.exists():
        raise Unfit(f"{preload} is missing: type make guest")
    memory = memory_folder()
    if why := room.unusable(memory, not memory.is_dir() or not noexec(memory)):
        raise Unfit(why)
    for folder, wanted in ((memory, DISK), (preload.parent, RESULTS)):
        free = shutil.disk_usage(folder).free
        if free < wanted:
            raise Unfit(f"{folder} has {free >> 20} MB left, a guest needs {wanted >> 20}: "
                        f"{room.MAKE}")


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


def xsave_area(preload: Path) -> int:
    """How long this processor's XSAVE area is, in octets."""
    return ctypes.CDLL(str(preload)).xstate_area()


def needs_preload(preload: Path) -> bool:
    """Whether that is more than the guest kernel's buffer holds."""
    return xsave_area(preload) > XSTATE_ROOM


def command(job: Job, line: int, console: int, kernel: Kernel) -> list[str]:
    memory = MEMORY_VALGRIND if job.valgrind else MEMORY
    shell = ["con1=pts", "con2=pts"] if job.interactive else []
    return [str(kernel.binary), f"mem={memory}", "seccomp=auto", "rootfstype=hostfs",
            "rootflags=/", "ro", "quiet", "loglevel=1", "con=null", f"con0=null,fd:{console}",
            f"ssl0=fd:{line}", *UNUSED, *shell, f"ROOM={ROOM}",
            *(f'{name}="{path}"' for name, path in (
                ("init", job.tools / "agent"), ("PREFORK", job.tools / "prefork.so"),
                ("RUN", job.results), ("MODULES", kernel.modules)))]


def settings(job: Job, kernel: Kernel, line: int) -> list[str]:
    """Words that give the kernel its environment, and nothing that is started before it.

    Its C library is not that of the machine's programs.
    """
    home = job.results / "uml"
    home.mkdir(exist_ok=True)
    preload = clocks.preload(job.top)
    # A kernel that somebody names may have a C library of its own, which takes no preload of ours.
    mended = kernels.preloaded(preload) if needs_preload(preload) or not kernel.named else {}
    if job.clock == OWN:
        mended = clocks.environment(preload, job.results / clocks.FILE, line)
    folders = {"HOME": str(home), "TMPDIR": str(memory_folder())}
    wanted = folders | kernel.environment | mended
    return ["env", *(f"{name}={value}" for name, value in wanted.items())]


def meaning(said: str) -> str:
    """What a dead guest's words mean, and what to do; nothing where that is not known."""
    return next((reason.format(tmp=memory_folder()) for words, reason in REASONS.items()
                 if words in said), "")
