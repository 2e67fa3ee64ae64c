"""stamp - packets with the moment at which the kernel received them, however late we look."""

from __future__ import annotations

import socket
import struct
import time

SO_TIMESTAMPNS = 35


def enable(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)


def receive(sock: socket.socket, room: int) -> tuple[bytes, float, tuple]:
    """One packet, seconds since 1970, and its sender; errors are those of recvmsg()."""
    data, ancillary, _, sender = sock.recvmsg(room, 64)
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanos = struct.unpack_from("=qq", value)
            return data, seconds + nanos / 1e9, sender
    return data, time.time(), sender
