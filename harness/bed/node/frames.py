"""frames - what the driver and a guest's agent say to each other: requests, answers, events.

A frame is  length(32) id(32) code(8) field*,  what the agent sends has its two clocks (64 each,
nanoseconds) behind the code; a field is  length(32) octets;  all big endian. What can be asked is
a table of the agent's own (harness/guest/agent_table.c); a number is an int, a string a str,
octets are bytes, a list of strings is a list.
Errors:  Refused is an OSError that the agent answered with; Gone says that nobody is there.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
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
# What a guest's line may hold that the agent has not read: of more than 3,967 octets its kernel
# stops to listen, for good. A SYNC has room beside it.
WINDOW = 3500

Value = int | str | bytes | Sequence[str | bytes]
Request = IntEnum("Request", """GO NODE END SPAWN RUN KILL PIDS READ GLOB WRITE COPY ASK PORT TELL
    HEAR SETTLE SOCKET OPTION BIND IOCTL SEND RECV WATCH CLOSE PASS SYNC LISTEN OFF LOAD
    NOTES KMSG""")
Event = IntEnum("Event", "HELLO EXIT FRAME FAULT", start=FIRST_EVENT)


class Gone(RuntimeError):
    """The guest has ended, or its agent, or what it sends is no frame."""


class Refused(OSError):
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
        return self.fields[at].decode(errors="replace")

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


def shortened(frame: bytes, identifier: int, path: Path) -> bytes:
    """The same request as one that names a file, which has its code and fields and goes then."""
    path.write_bytes(frame[LENGTH.size + IDENTIFIER:])
    return pack(identifier, Request.LOAD, [str(path)])


def unpack(body: bytes) -> Frame:
    """What follows the length of a frame of the agent's."""
    try:
        identifier, code = HEAD.unpack_from(body)
        realtime, monotonic = CLOCKS.unpack_from(body, HEAD.size)
        fields = tuple(_fields(body, HEAD.size + CLOCKS.size))
    except (struct.error, IndexError):
        raise Gone(f"the agent sent a frame of {len(body)} octets that is none") from None
    return Frame(identifier, code, realtime, monotonic, fields)


def _fields(body: bytes, at: int) -> Iterator[bytes]:
    while at < len(body):
        size, = LENGTH.unpack_from(body, at)
        at += LENGTH.size + size
        if at > len(body):
            raise IndexError
        yield body[at - size:at]
