"""far_socket - a socket inside a node, used from the driver as if it were one of its own.

The calls are those of Python's sockets, as far as the testbed needs them: of the families inet,
inet6, packet and netlink. An answer that has not come in time is a TimeoutError, without a limit a
BlockingIOError.
Source: linux/if_packet.h, netinet/in.h.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Callable

from harness.bed.node.agent import Agent
from harness.bed.node.frames import Refused

IN, IN6 = struct.Struct("=HH4s8x"), struct.Struct("=HHI16sI")
PACKET = struct.Struct("=HHiHBB8s")
NETLINK = struct.Struct("=HHII")
ROOM_TO_COME = 5.0


def address(family: int, where: tuple) -> bytes:
    """A sockaddr from the tuple that Python's sockets take; a device is given by its index."""
    if family == socket.AF_INET6:
        text, port, *more = where
        flow, scope = (*more, 0, 0)[:2]
        return IN6.pack(family, socket.htons(port), flow, socket.inet_pton(family, text), scope)
    if family == socket.AF_INET:
        text, port = where
        return IN.pack(family, socket.htons(port), socket.inet_pton(family, text))
    if family == socket.AF_PACKET:
        index, proto = where
        return PACKET.pack(family, socket.htons(proto), index, 0, 0, 0, b"")
    port, groups = where
    return NETLINK.pack(family, 0, port, groups)


def readable(octets: bytes) -> tuple:
    """The tuple of a sockaddr: address and port, or index, protocol and packet type."""
    (family,) = struct.unpack_from("=H", octets)
    if family == socket.AF_INET6:
        _, port, flow, raw, scope = IN6.unpack_from(octets)
        return socket.inet_ntop(family, raw), socket.ntohs(port), flow, scope
    if family == socket.AF_INET:
        _, port, raw = IN.unpack_from(octets)
        return socket.inet_ntop(family, raw), socket.ntohs(port)
    if family == socket.AF_PACKET:
        _, proto, index, _, kind, _, _ = PACKET.unpack(octets.ljust(PACKET.size, b"\0"))
        return index, socket.ntohs(proto), kind
    return NETLINK.unpack_from(octets)[2:]


class FarSocket:
    def __init__(self, agent: Agent, node: str, family: int, kind: int, proto: int = 0) -> None:
        self.agent, self.family = agent, family
        self.handle = agent.socket(node, family, kind, proto)
        self._limit: float | None = ROOM_TO_COME
        self._peer = b""

    def __enter__(self) -> FarSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.agent.close(self.handle)

    def bind(self, where: tuple) -> None:
        self.agent.bind(self.handle, address(self.family, where))

    def connect(self, where: tuple) -> None:
        """What send() sends goes there."""
        self._peer = address(self.family, where)

    def setsockopt(self, level: int, name: int, value: int | bytes) -> None:
        octets = struct.pack("=i", value) if isinstance(value, int) else value
        self.agent.option(self.handle, level, name, octets)

    def ioctl(self, request: int, octets: bytes, pointed: bytes = b"", at: int = -1) -> bytes:
        return self.agent.ioctl(self.handle, request, octets, pointed, at)

    def settimeout(self, limit: float) -> None:
        self._limit = limit

    def setblocking(self, blocking: bool) -> None:
        self._limit = ROOM_TO_COME if blocking else None

    def sendto(self, octets: bytes, where: tuple) -> None:
        self.agent.send(self.handle, octets, address(self.family, where))

    def send(self, octets: bytes, later: float = 0) -> None:
        """At once, or `later` seconds from now."""
        self.agent.send(self.handle, octets, self._peer, later)

    def recvfrom(self, room: int) -> tuple[bytes, tuple]:
        try:
            octets, sender, _ = self.agent.receive(self.handle, self._limit or 0)
        except Refused as refused:
            if refused.errno != errno.ETIMEDOUT:
                raise
            kind = BlockingIOError if self._limit is None else TimeoutError
            raise kind(refused.errno, os.strerror(refused.errno)) from None
        return octets[:room], readable(sender) if sender else ()

    def recv(self, room: int) -> bytes:
        return self.recvfrom(room)[0]

    def watch(self, take: Callable[[bytes, tuple, float], None]) -> None:
        """What comes goes to `take`, with its sender and the moment at which the kernel had it."""
        self.agent.watch(self.handle, lambda octets, sender, when: take(
            octets, readable(sender) if sender else (), when))
