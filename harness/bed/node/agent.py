"""agent - what the guest's agent can do, as calls: programs, files, netlink, sockets, captures.

One method a request of harness/guest/agent.h, in its words. A node is named; the empty name is the
guest itself.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.bed.node.frames import Event, Frame, Refused, Request, Value
from harness.bed.node.line import Line

TERMINAL = 1


@dataclass(frozen=True)
class Done:
    """How a program ended: its exit status, negative where a signal ended it."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Program:
    """A process of a node by its name and its command line."""

    pid: int
    comm: str
    words: tuple[str, ...]


class Agent:
    def __init__(self, line: Line) -> None:
        self.line = line
        self.exits: dict[int, int] = {}
        self._said: list[str] = []
        self._frames: dict[int, Callable[[bytes, bytes, float], None]] = {}
        line.on |= {Event.EXIT: self._exit, Event.FRAME: self._frame}

    def _ask(self, code: Request, *values: Value) -> Frame:
        return self.line.request(code, *values)

    def _exit(self, event: Frame) -> None:
        self.exits[event.number()] = os.waitstatus_to_exitcode(event.number(1))

    def _frame(self, event: Frame) -> None:
        take = self._frames.get(event.number())
        if take:
            take(event.fields[1], event.fields[2], event.number(3) / 1e9)

    def node(self, name: str) -> int:
        """A new node; the process id of the one that holds its namespaces."""
        return self._ask(Request.NODE, name).number()

    def end(self, name: str) -> None:
        self._ask(Request.END, name)

    def spawn(self, node: str, words: list[str], env: dict[str, str], output: Path | str = "",
              terminal: str = "") -> int:
        """Start a program that stays; its process id. With a terminal that is its console."""
        output = terminal or str(output)
        return self._ask(Request.SPAWN, node, terminal, output, words, _settings(env),
                         TERMINAL if terminal else 0).number()

    def run(self, node: str, words: list[str], env: dict[str, str], within: float,
            text: str = "") -> Done:
        """Run a program to its end; Refused with ETIMEDOUT if it does not come in time."""
        done = self._ask(Request.RUN, node, int(within * 1000), text, words, _settings(env))
        return Done(os.waitstatus_to_exitcode(done.number()), done.text(1), done.text(2))

    def kill(self, pid: int, signal: int) -> None:
        """Send a signal; that a process has ended since it was looked up is no error."""
        try:
            self._ask(Request.KILL, pid, signal)
        except Refused as error:
            if error.errno != errno.ESRCH:
                raise

    def programs(self, node: str) -> list[Program]:
        found = self._ask(Request.PIDS, node)
        return [Program(found.number(at), found.text(at + 1), tuple(found.names(at + 2)))
                for at in range(0, len(found.fields), 3)]

    def read(self, node: str, path: str) -> bytes:
        return self._ask(Request.READ, node, path).fields[0]

    def glob(self, node: str, pattern: str) -> tuple[str, ...]:
        return tuple(self._ask(Request.GLOB, node, pattern).names())

    def write(self, node: str, path: str, text: str, mode: int = 0) -> None:
        self._ask(Request.WRITE, node, path, text, mode)

    def copy(self, node: str, files: list[tuple[Path, Path, int]]) -> None:
        """Source, target and mode of each; without a source it is a folder."""
        self._ask(Request.COPY, node, [
            word for source, target, mode in files
            for word in (str(source) if source.name else "", str(target), f"{mode:o}")])

    def ask(self, node: str, family: int, request: bytes) -> bytes:
        """A netlink request; all octets of its answer."""
        return self._ask(Request.ASK, node, family, request).fields[0]

    def port(self, node: str, family: int) -> int:
        return self._ask(Request.PORT, node, family).number()

    def tell(self, node: str, family: int, port: int, octets: bytes) -> None:
        self._ask(Request.TELL, node, family, port, octets)

    def hear(self, node: str, device: str, file: Path, linktype: int) -> None:
        """Capture into a file, which begins anew where it is captured into already."""
        self._ask(Request.HEAR, node, device, str(file), linktype)

    def settle(self) -> None:
        self._ask(Request.SETTLE)

    def socket(self, node: str, family: int, kind: int, proto: int) -> int:
        return self._ask(Request.SOCKET, node, family, kind, proto).number()

    def option(self, handle: int, level: int, name: int, value: bytes) -> None:
        self._ask(Request.OPTION, handle, level, name, value)

    def bind(self, handle: int, address: bytes) -> None:
        self._ask(Request.BIND, handle, address)

    def ioctl(self, handle: int, request: int, octets: bytes, pointed: bytes = b"",
              at: int = -1) -> bytes:
        """`pointed` is put where the octets want its address, which is `at`."""
        return self._ask(Request.IOCTL, handle, request, octets, at, pointed).fields[0]

    def send(self, handle: int, octets: bytes, address: bytes = b"", later: float = 0) -> None:
        self._ask(Request.SEND, handle, octets, address, int(later * 1e6))

    def receive(self, handle: int, within: float) -> tuple[bytes, bytes, float]:
        """Octets, the sender's address, and when the kernel had them."""
        came = self._ask(Request.RECV, handle, int(within * 1000))
        return came.fields[0], came.fields[1], came.number(2) / 1e9

    def watch(self, handle: int, take: Callable[[bytes, bytes, float], None]) -> None:
        """What comes goes to `take`, with its sender and its time."""
        self._frames[handle] = take
        self._ask(Request.WATCH, handle)

    def close(self, handle: int) -> None:
        self._frames.pop(handle, None)
        self._ask(Request.CLOSE, handle)

    def listen(self, node: str, family: int, group: int) -> int:
        return self._ask(Request.LISTEN, node, family, group).number()

    def notes(self, folder: Path | None) -> None:
        """Times at which the logs of a folder grow are noted there from now on."""
        self._ask(Request.NOTES, str(folder or ""))

    def kernel_log(self) -> list[str]:
        """What the kernel has said since the last time."""
        found = self._ask(Request.KMSG).names()
        self._said += found
        return found

    def everything_said(self) -> list[str]:
        """What the kernel has said since it was booted."""
        self.kernel_log()
        return self._said

    def off(self) -> None:
        self._ask(Request.OFF)


def _settings(env: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in env.items()]
