"""node - one machine: a thread that lives in its own network, mount and UTS namespace.

Whatever runs in the thread, or is started from it, is inside the node: a command costs one process,
a question to the kernel none. /run is the node's own, /etc an overlay that may be written.
Errors:  CommandFailed carries the command and what it printed; a limit that passes is one too.
"""

from __future__ import annotations

import ctypes
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.bed.base.story import Story
from harness.bed.decode import nl, xfrm_nl
from harness.bed.decode.xfrm import Dump

CLONE_FS, CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWNET = 0x200, 0x20000, 0x4000000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
LIBC = ctypes.CDLL(None, use_errno=True)


class CommandFailed(RuntimeError):
    """A command in a node ended badly or not in time."""


@dataclass(frozen=True)
class Place:
    """Where a node's things come from and go to, and what stands before a daemon's command."""

    programs: Path
    peers: Path
    results: Path
    wrapper: tuple[str, ...] = ()


@dataclass
class Process:
    """A program that stays: its name in the story, and its log."""

    name: str
    popen: subprocess.Popen
    log: Path = field(default=Path("/dev/null"))

    def status(self) -> int | None:
        """With which status it has ended, minus the signal's number; None while it runs."""
        return self.popen.poll()


def _check(result: int, what: str) -> None:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def mount(source: str, target: str, kind: str, flags: int = 0, data: str = "") -> None:
    _check(LIBC.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags),
                      data.encode()), f"mount {kind} on {target}")


class Node:
    def __init__(self, name: str, place: Place, story: Story) -> None:
        self.name = name
        self.place = place
        self.story = story
        self.path = f"{place.programs}:{os.environ.get('PATH', '')}"
        self.processes: list[Process] = []
        self.tid = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self.call(self._move_in)
        self.route = self.call(nl.Socket, socket.NETLINK_ROUTE)
        self.ipsec = self.call(nl.Socket, socket.NETLINK_XFRM)

    def _move_in(self) -> None:
        _check(LIBC.unshare(CLONE_FS), "unshare of the working folder")
        _check(LIBC.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWNET), "unshare of namespaces")
        self.tid = threading.get_native_id()
        mount("none", "/", "none", MS_REC | MS_PRIVATE)
        mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
        for folder in ("/run/lock", "/run/.etc", "/run/.work"):
            os.mkdir(folder)
        mount("overlay", "/etc", "overlay", 0,
              "lowerdir=/etc,upperdir=/run/.etc,workdir=/run/.work")
        mount("sysfs", "/sys", "sysfs")
        socket.sethostname(self.name)

    def call(self, work: Callable[..., Any], *args: Any) -> Any:
        """Run `work` inside the node."""
        return self._thread.submit(work, *args).result()

    def socket(self, family: int, kind: int, proto: int = 0) -> socket.socket:
        return self.call(socket.socket, family, kind | socket.SOCK_CLOEXEC, proto)

    def _environment(self) -> dict[str, str]:
        return os.environ | {"PATH": self.path, "LC_ALL": "C", "TZ": "UTC"}

    def start(self, command: list[str], log: Path, **more: Any) -> subprocess.Popen:
        """Start a program inside the node; its output goes to `log`."""
        with log.open("ab") as out:
            return self.call(lambda: subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=self._environment(), start_new_session=True, **more))

    def keep(self, name: str, command: list[str]) -> Process:
        """Start a program that stays until the node is closed."""
        log = self.place.results / f"{self.name}.{name}.log"
        process = Process(name, self.start(command, log), log)
        self.processes.append(process)
        return process

    def run(self, command: str, within: float = 20, text: str | None = None) -> str:
        """Run one command to its end and give what it printed."""
        words = shlex.split(command)
        try:
            done = self.call(lambda: subprocess.run(
                words, input=text, capture_output=True, text=True, timeout=within,
                env=self._environment(), check=False))
        except subprocess.TimeoutExpired:
            raise CommandFailed(f"{self.name}# {command}: did not end in {within} s") from None
        except FileNotFoundError:
            raise CommandFailed(f"{self.name}# {command}: there is no {words[0]}") from None
        if done.returncode:
            said = (done.stderr or done.stdout).strip() or "nothing"
            raise CommandFailed(
                f"{self.name}# {command}: exit status {done.returncode}, it said: {said}")
        return done.stdout

    def typed(self, command: str, within: float = 20) -> str:
        """A command of the story: shown, then run."""
        self.story.command(self.name, command)
        return self.run(command, within)

    def write(self, path: str, text: str) -> None:
        """Write a file inside the node: a sysctl, a configuration."""
        self.call(lambda: Path(path).write_text(text))

    def read(self, path: str) -> str | None:
        """A file inside the node, or None where there is none."""
        def text() -> str | None:
            file = Path(path)
            return file.read_text(errors="replace") if file.exists() else None
        return self.call(text)

    def furnish(self, folder: Path, certs: Path) -> None:
        """Put the files of `folder` into /etc; its list `certs` names what comes from there."""
        self.call(_furnish, folder, certs)

    def xfrm(self) -> Dump:
        return xfrm_nl.dump(self.ipsec)

    def addresses(self) -> list[nl.Address]:
        return nl.addresses(self.route)

    def address(self, text: str) -> nl.Address | None:
        return next((a for a in self.addresses() if a.address == text), None)

    def dropped(self, table: str) -> int:
        """How many packets the counted rules of a bridge table have dropped."""
        rules = self.run(f"nft list table bridge {table}")
        return sum(int(number) for number in re.findall(r"counter packets (\d+)", rules))

    def pids(self) -> dict[int, str]:
        """Every process that lives in the node's network namespace, by its name."""
        home = self.call(os.readlink, "/proc/thread-self/ns/net")
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(folder / "ns/net") == home:
                    found[int(folder.name)] = _program(folder)
            except OSError:
                continue
        found.pop(os.getpid(), None)
        return found

    def called(self, name: str) -> list[int]:
        """The node's processes whose program has that name."""
        return [pid for pid, comm in self.pids().items() if comm == name]

    def session(self, process: Process) -> list[int]:
        """What still runs of all that a kept process has started, itself among it."""
        process.status()
        return [pid for pid in self.pids() if _session(pid) == process.popen.pid]

    def kill(self, pid: int, name: str) -> None:
        os.kill(pid, getattr(signal, f"SIG{name}"))

    def close(self) -> None:
        """End everything that still runs in the node, then the node."""
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for process in self.processes:
            process.popen.wait(timeout=10)
        self.route.close()
        self.ipsec.close()
        self._thread.shutdown()


def _program(folder: Path) -> str:
    """The name of a process; that of the program under test where valgrind runs it."""
    name = (folder / "comm").read_text().strip()
    if not name.startswith("memcheck"):
        return name
    words = (folder / "cmdline").read_text().split("\0")[1:]
    return next((Path(word).name for word in words if word and not word.startswith("-")), name)


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def _furnish(folder: Path, certs: Path) -> None:
    for file in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "certs"):
        _place(file, Path("/etc") / file.relative_to(folder))
    listed = folder / "certs"
    if listed.exists():
        for line in listed.read_text().splitlines():
            source, target = line.split()
            _place(certs / source, Path("/etc") / target)
        for name in ("aacerts", "acerts", "ocspcerts"):
            (Path("/etc/ipsec.d") / name).mkdir(parents=True, exist_ok=True)


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    secret = target.name == "ipsec.secrets" or target.parent.name == "private"
    target.chmod(0o600 if secret else 0o644)
