"""stray - echo requests with a home address option or a routing header that nobody asked for.

Source: RFC 4443 section 4.1, RFC 6275 sections 6.3 and 6.4, RFC 5095.
"""

from __future__ import annotations

import socket
import struct

from harness.bed.faults import forge
from harness.bed.node.host import Host

ECHO_REQUEST, ICMPV6 = 128, 58


def _echo(src: str, dst: str) -> bytes:
    """For the addresses that the receiver will see."""
    message = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, 7, 1) + bytes(8)
    return message[:2] + forge.checksum(src, dst, message, ICMPV6) + message[4:]


def optioned(src: str, dst: str, home_address: str) -> bytes:
    return forge.wrapped(src, dst, ICMPV6, _echo(home_address, dst), home_address)


def routed(src: str, dst: str, final: str, kind: int = 2, segments_left: int = 1) -> bytes:
    header = bytes([ICMPV6, 2, kind, segments_left, 0, 0, 0, 0])
    header += socket.inet_pton(socket.AF_INET6, final)
    return forge.wrapped(src, dst, forge.ROUTING, header + _echo(src, final))


def send_optioned(host: Host, dst: str, src: str, home_address: str) -> None:
    host.story.note(f"{host.name} sends {dst} an echo request for {home_address} without ESP")
    forge.put(host, dst, optioned(src, dst, home_address))


def send_routed(host: Host, dst: str, src: str, final: str, **header: int) -> None:
    """`header`: kind and segments_left."""
    words = "".join(f", {name} {value}" for name, value in header.items())
    host.story.note(f"{host.name} sends {dst} an echo request by way of {final}{words}")
    forge.put(host, dst, routed(src, dst, final, **header))
