"""node - one machine of the guest: network, mount and UTS namespaces of its own.

A command costs one process, a question to the kernel none. /run is the node's own, /etc an overlay
that may be written. What it does there the guest's agent does for it.
Errors:  CommandFailed carries the command and what it printed; a limit that passes is one too.
"""

from __future__ import annotations

import errno
import re
import shlex
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from harness.bed.base.story import Story
from harness.bed.decode import nl, xfrm_nl
from harness.bed.decode.xfrm import Dump
from harness.bed.node.agent import Agent, Program
from harness.bed.node.far_socket import FarSocket
from harness.bed.node.frames import Refused

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OTHER_CERTS = ("aacerts", "acerts", "ocspcerts")
RTM_GETLINK, IFLA_IFNAME = 18, 3
LINK_HEADER = 16
# Where /proc/PID/stat has it, counted from behind the name.
SESSION = 3


class CommandFailed(RuntimeError):
    """A command in a node ended badly or not in time."""


@dataclass(frozen=True)
class Place:
    """Where a node's things come from and go to, and what stands before a daemon's command."""

    agent: Agent
    tools: Path
    programs: Path
    peers: Path
    results: Path
    wrapper: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Process:
    """A program that stays: its name in the story, and its log."""

    name: str
    pid: int
    log: Path
    agent: Agent

    def status(self) -> int | None:
        """With which status it has ended, minus the signal's number; None while it runs."""
        return self.agent.exits.get(self.pid)

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.agent.kill(self.pid, number)


class Node:
    def __init__(self, name: str, place: Place, story: Story) -> None:
        self.name = name
        self.place = place
        self.story = story
        self.agent = place.agent
        self.path = f"{place.programs}:{PATH}"
        self.tid = self.agent.node(name)
        self.route = nl.Asker(partial(self.agent.ask, name, socket.NETLINK_ROUTE))
        self.ipsec = nl.Asker(partial(self.agent.ask, name, socket.NETLINK_XFRM))

    def socket(self, family: int, kind: int, proto: int = 0) -> FarSocket:
        return FarSocket(self.agent, self.name, family, kind, proto)

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": "/tmp", "PATH": self.path, "LC_ALL": "C", "TZ": "UTC",
                **self.place.settings}

    def start(self, command: list[str], log: Path) -> int:
        """Start a program inside the node; its output goes to `log`. Gives its process id."""
        return self.agent.spawn(self.name, command, self.environment, log)

    def keep(self, name: str, command: list[str]) -> Process:
        """Start a program that stays until the node is closed."""
        log = self.place.results / f"{self.name}.{name}.log"
        return Process(name, self.start(command, log), log, self.agent)

    def run(self, command: str, within: float = 20, text: str | None = None) -> str:
        """Run one command to its end and give what it printed."""
        words = shlex.split(command)
        try:
            done = self.agent.run(self.name, words, self.environment, within, text or "")
        except Refused as refused:
            raise CommandFailed(f"{self.name}# {command}: {_why(refused, words, within)}") from None
        if done.status:
            said = (done.err or done.out).strip() or "nothing"
            raise CommandFailed(
                f"{self.name}# {command}: exit status {done.status}, it said: {said}")
        return done.out

    def typed(self, command: str, within: float = 20) -> str:
        """A command of the story: shown, then run."""
        self.story.command(self.name, command)
        return self.run(command, within)

    def write(self, path: str, text: str) -> None:
        """Write a file inside the node: a sysctl, a configuration."""
        self.agent.write(self.name, path, text)

    def read(self, path: str) -> str | None:
        """A file inside the node, or None where there is none."""
        try:
            return self.agent.read(self.name, path).decode(errors="replace")
        except Refused as refused:
            if refused.errno != errno.ENOENT:
                raise
            return None

    def furnish(self, folder: Path, certs: Path) -> None:
        """Put the files of `folder` into /etc; its list `certs` names what comes from there."""
        self.agent.copy(self.name, list(_furniture(folder, certs)))

    def xfrm(self) -> Dump:
        return xfrm_nl.dump(self.ipsec)

    def addresses(self) -> list[nl.Address]:
        return nl.addresses(self.route)

    def address(self, text: str) -> nl.Address | None:
        return next((a for a in self.addresses() if a.address == text), None)

    def links(self) -> dict[str, int]:
        """The index of each of its interfaces."""
        head = bytes([socket.AF_UNSPEC]) + bytes(LINK_HEADER - 1)
        found = {}
        for message in self.route.dump(RTM_GETLINK, head):
            name = dict(nl.attributes(message.body[LINK_HEADER:]))[IFLA_IFNAME]
            found[name.rstrip(b"\0").decode()] = int.from_bytes(message.body[4:8], "little")
        return found

    def dropped(self, table: str) -> int:
        """How many packets the counted rules of a bridge table have dropped."""
        rules = self.run(f"nft list table bridge {table}")
        return sum(int(number) for number in re.findall(r"counter packets (\d+)", rules))

    def kernel(self) -> tuple[int, ...]:
        """The first two numbers of its release."""
        release = self.read("/proc/sys/kernel/osrelease") or ""
        return tuple(int(number) for number in release.split(".")[:2])

    def programs(self) -> list[Program]:
        """Every process that lives in the node's network namespace."""
        return self.agent.programs(self.name)

    def pids(self) -> dict[int, str]:
        """Their names by process id."""
        return {one.pid: _program(one) for one in self.programs()}

    def called(self, name: str) -> list[int]:
        """The node's processes whose program has that name."""
        return [pid for pid, comm in self.pids().items() if comm == name]

    def session(self, process: Process) -> list[int]:
        """What still runs of all that a kept process has started, itself among it."""
        return [pid for pid in self.pids() if self._session(pid) == process.pid]

    def _session(self, pid: int) -> int | None:
        stat = self.read(f"/proc/{pid}/stat")
        return int(stat.rpartition(")")[2].split()[SESSION]) if stat else None

    def kill(self, pid: int, name: str) -> None:
        self.agent.kill(pid, getattr(signal, f"SIG{name}"))

    def close(self) -> None:
        """End everything that still runs in the node, then the node."""
        self.agent.end(self.name)


def _why(refused: Refused, words: list[str], within: float) -> str:
    if refused.errno == errno.ETIMEDOUT:
        return f"did not end in {within} s"
    return f"there is no {words[0]}" if refused.errno == errno.ENOENT else str(refused)


def _program(one: Program) -> str:
    """The name of a process; that of the program under test where valgrind runs it."""
    if not one.comm.startswith("memcheck"):
        return one.comm
    return next((Path(word).name for word in one.words[1:] if word and not word.startswith("-")),
                one.comm)


def _furniture(folder: Path, certs: Path) -> Iterator[tuple[Path, Path, int]]:
    """Source, target and mode of each file; a folder has no source."""
    for file in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "certs"):
        yield _placed(file, Path("/etc") / file.relative_to(folder))
    listed = folder / "certs"
    for line in listed.read_text().splitlines() if listed.exists() else ():
        source, target = line.split()
        yield _placed(certs / source, Path("/etc") / target)
    for name in OTHER_CERTS if listed.exists() else ():
        yield Path(), Path("/etc/ipsec.d") / name, 0o755


def _placed(source: Path, target: Path) -> tuple[Path, Path, int]:
    secret = target.name == "ipsec.secrets" or target.parent.name == "private"
    return source, target, 0o600 if secret else 0o644
