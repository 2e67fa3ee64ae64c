"""channel - the driver's end of the line to a guest's agent: requests, answers, events as values.

A frame is  length(32) id(32) code(8) field*,  what the agent sends has its two clocks (64 each,
nanoseconds) behind the code; a field is  length(32) octets;  all big endian. What can be asked is
a table of the agent's own (harness/guest/agent_table.c); a number is an int, a string a str,
octets are bytes, a list of strings is a list.
Errors:  AgentError is an OSError that the agent answered with; Broken says that the line is gone.
"""

from __future__ import annotations

import os
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

PROTOCOL = 1
DONE, FAILED = 0, 1
FIRST_EVENT = 64
FRAME_LIMIT = 16 << 20
LENGTH = struct.Struct("!I")
HEAD = struct.Struct("!IB")
IDENTIFIER = 4
CLOCKS = struct.Struct("!QQ")
NUMBER = struct.Struct("!Q")
WRAP = 1 << 64
PIECE = 1 << 16
# What a guest's line may hold that the agent has not read: of more than 3,967 octets its kernel
# stops to listen, for good. A SYNC has room beside it.
WINDOW = 3500

Value = int | str | bytes | Sequence[str | bytes]
Request = IntEnum("Request", """GO NODE END SPAWN RUN KILL PIDS READ GLOB WRITE COPY ASK PORT TELL
    HEAR SETTLE SOCKET OPTION BIND IOCTL SEND RECV WATCH CLOSE PASS SYNC LISTEN OFF LOAD""")
Event = IntEnum("Event", "HELLO EXIT FRAME FAULT", start=FIRST_EVENT)


class Broken(RuntimeError):
    """The agent is gone, or what it sends is no frame."""


class AgentError(OSError):
    """What the agent could not do: errno, and its sentence."""


@dataclass(frozen=True)
class Frame:
    """One answer or event; `realtime` and `monotonic` are the guest's clocks, in nanoseconds."""

    id: int
    code: int
    realtime: int
    monotonic: int
    fields: tuple[bytes, ...]

    def number(self, at: int = 0) -> int:
        return NUMBER.unpack(self.fields[at])[0]

    def text(self, at: int = 0) -> str:
        return self.fields[at].decode(errors="surrogateescape")

    def names(self, at: int = 0) -> list[str]:
        """A list of strings."""
        return [os.fsdecode(name) for name in self.fields[at].split(b"\0")[:-1]]


def octets(value: Value) -> bytes:
    """A value as the octets of a field."""
    if isinstance(value, int):
        return NUMBER.pack(value % WRAP)
    if isinstance(value, str):
        return os.fsencode(value)
    if isinstance(value, bytes):
        return value
    return b"".join(octets(one) + b"\0" for one in value)


def pack(identifier: int, code: int, fields: Sequence[Value]) -> bytes:
    """A request as a frame."""
    body = HEAD.pack(identifier, code)
    for value in map(octets, fields):
        body += LENGTH.pack(len(value)) + value
    if len(body) > FRAME_LIMIT:
        raise ValueError(f"a request of {len(body)} octets; {FRAME_LIMIT} at most")
    return LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> Frame:
    """What follows the length of a frame of the agent's."""
    try:
        identifier, code = HEAD.unpack_from(body)
        realtime, monotonic = CLOCKS.unpack_from(body, HEAD.size)
        fields = tuple(_fields(body, HEAD.size + CLOCKS.size))
    except (struct.error, IndexError):
        raise Broken(f"the agent sent a frame of {len(body)} octets that is none") from None
    return Frame(identifier, code, realtime, monotonic, fields)


def _fields(body: bytes, at: int) -> Iterator[bytes]:
    while at < len(body):
        size, = LENGTH.unpack_from(body, at)
        at += LENGTH.size + size
        if at > len(body):
            raise IndexError
        yield body[at - size:at]


class Channel:
    """One line. Events that come while an answer is waited for are kept, in order.

    `folder` is one that the agent sees too: long requests go through it. Without it they go as
    they are, which a guest's line cannot take.
    """

    def __init__(self, sock: socket.socket, folder: Path | None = None) -> None:
        self.sock = sock
        self.folder = folder
        self.events: deque[Frame] = deque()
        self.heard: Callable[[Frame], None] = self.events.append
        self._answers: dict[int, Frame] = {}
        self._rest = bytearray()
        self._last = self._files = 0
        self._unread: deque[tuple[int, int]] = deque()

    def send(self, request: Request, *fields: Value) -> int:
        """Ask, and do not wait; gives the id that answer() wants."""
        self._last = identifier = self._last + 1
        self._write(identifier, request, fields)
        return identifier

    def tell(self, request: Request, *fields: Value) -> None:
        """Ask for what is not answered; its error comes as an event FAULT."""
        self._write(0, request, fields)

    def answer(self, identifier: int) -> Frame:
        while identifier not in self._answers:
            self.receive()
        frame = self._answers.pop(identifier)
        if frame.code == FAILED:
            raise AgentError(frame.number(), frame.text(1))
        return frame

    def request(self, request: Request, *fields: Value) -> Frame:
        return self.answer(self.send(request, *fields))

    def event(self) -> Frame:
        """The oldest event that nobody has had, waited for if there is none."""
        while not self.events:
            self.receive()
        return self.events.popleft()

    def receive(self) -> None:
        """One frame more, to where it belongs."""
        size, = LENGTH.unpack(self._take(LENGTH.size))
        frame = unpack(self._take(size))
        if frame.code >= FIRST_EVENT:
            self.heard(frame)
        else:
            self._has_read(frame.id)
            self._answers[frame.id] = frame

    def close(self) -> None:
        self.sock.close()

    def _write(self, identifier: int, request: Request, fields: Sequence[Value]) -> None:
        frame = pack(identifier, request, fields)
        if self.folder:
            frame = self._short(self.folder, identifier, frame)
            self._make_room(len(frame))
        self._put(identifier, frame)

    def _short(self, folder: Path, identifier: int, frame: bytes) -> bytes:
        """The frame, or one that names a file with its code and fields."""
        if len(frame) <= WINDOW:
            return frame
        self._files += 1
        path = folder / f".request.{self._files}"
        path.write_bytes(frame[LENGTH.size + IDENTIFIER:])
        return pack(identifier, Request.LOAD, [str(path)])

    def _make_room(self, size: int) -> None:
        """Let the agent read what it was sent, if more would be too much for the line."""
        if size + sum(size for _, size in self._unread) > WINDOW:
            self._last = identifier = self._last + 1
            self._put(identifier, pack(identifier, Request.SYNC, []))
            self.answer(identifier)

    def _put(self, identifier: int, frame: bytes) -> None:
        self._unread.append((identifier, len(frame)))
        try:
            self.sock.sendall(frame)
        except OSError as error:
            raise Broken(f"the agent does not listen: {error.strerror}") from None

    def _has_read(self, identifier: int) -> None:
        """Requests are read in their order, so the agent has read all before this one too."""
        if any(one == identifier for one, _ in self._unread):
            while self._unread.popleft()[0] != identifier:
                pass

    def _take(self, size: int) -> bytes:
        while len(self._rest) < size:
            try:
                more = self.sock.recv(PIECE)
            except ConnectionError:
                more = b""
            if not more:
                raise Broken("the agent is gone")
            self._rest += more
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken
