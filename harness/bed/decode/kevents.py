"""kevents - what happened in one node's kernel, from the capture of its netlink.

A request is told once, with the kernel's refusal if there was one; a notification once, however
many listeners it had. Questions and their answers are no events.
Shapes:  pure reading of a capture; times in seconds since 1970.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.bed.decode import kwords, nl, nlmon, pcap, rtmon

REQUEST, MULTI, DUMP = 0x1, 0x2, 0x300
REPEATED_WITHIN = 0.005
QUESTIONS = {"GETSA", "GETPOLICY", "GETAE", "NEWSADINFO", "GETSADINFO", "NEWSPDINFO", "GETSPDINFO"}


@dataclass
class KernelEvent:
    """`name` is the message's; `error` the number of a refused request, `asked` a request."""

    time: float
    node: str
    family: int
    message: nl.Message
    name: str
    words: str
    asked: bool
    error: int = 0

    @property
    def text(self) -> str:
        refused = f" (refused: {errno.errorcode.get(self.error, self.error)})" if self.error else ""
        return f"{self.words}{refused}"


def read(node: str, capture: Path) -> list[KernelEvent]:
    found: list[KernelEvent] = []
    open_requests: dict[tuple[int, int], KernelEvent] = {}
    last_told: dict[tuple[int, int, bytes], float] = {}
    for time, family, message in _messages(capture):
        if message.type == nl.NLMSG_ERROR:
            _answer(message, family, open_requests)
            continue
        event = _event(time, node, family, message)
        if not event:
            continue
        key = (family, message.type, message.body)
        if event.asked:
            open_requests[family, message.seq] = event
        elif time - last_told.get(key, 0.0) < REPEATED_WITHIN:
            continue
        else:
            last_told[key] = time
        found.append(event)
    return found


def _messages(capture: Path) -> Iterator[tuple[float, int, nl.Message]]:
    for frame in pcap.frames(capture):
        family = struct.unpack_from(">H", frame.octets, 14)[0]
        for message in nl.messages(frame.octets[16:]):
            yield frame.time, family, message


def _answer(message: nl.Message, family: int, requests: dict) -> None:
    if len(message.body) < 20:
        return
    number = struct.unpack_from("=i", message.body)[0]
    event = requests.pop((family, message.seq), None)
    if event:
        event.error = -number


def _event(time: float, node: str, family: int, message: nl.Message) -> KernelEvent | None:
    if message.flags & MULTI or message.type == nl.NLMSG_DONE:
        return None
    asked = bool(message.flags & REQUEST)
    if family == socket.NETLINK_XFRM:
        name = nlmon.TYPES.get(message.type, "")
        # What is not asked and carries a port is the answer to a question or to an ALLOCSPI.
        if not name or name in QUESTIONS or not asked and message.pid:
            return None
        words = kwords.line(message)
        return KernelEvent(time, node, family, message, name, words, asked)
    if family == socket.NETLINK_ROUTE:
        words = rtmon.line(message)
        return KernelEvent(time, node, family, message, "route", words, asked) \
            if words and not asked else None
    return None
