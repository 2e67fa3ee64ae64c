"""forge - binding messages that no mip6d made, built octet by octet and sent from a node.

What an attacker on some link can send: any source, any home address option, any routing header.
And what another process of a node can send, which the node's own kernel protects.
Source: RFC 6275 sections 6.1.7, 6.1.8, 6.3 and 6.4.
"""

from __future__ import annotations

import socket
import struct

from harness.bed.host import Host

DESTINATION, ROUTING, MOBILITY, NO_NEXT = 60, 43, 135, 59
BU, BA = 5, 6
KINDS = {BU: "binding update", BA: "binding acknowledgement"}
FLAGS_AHK = 0xD000
OPTION_ALT_COA, OPTION_HOME_ADDRESS = 3, 0xC9
HOP_LIMIT = 64


def _octets(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, address)


def binding_update(sequence: int, lifetime: int, coa: str) -> bytes:
    """A home registration; `lifetime` in units of 4 s. The checksum is still zero."""
    body = struct.pack("!HHH", sequence, FLAGS_AHK, lifetime)
    option = bytes([1, 0, OPTION_ALT_COA, 16]) + _octets(coa)
    return _mobility(BU, body + option)


def binding_ack(status: int, sequence: int, lifetime: int) -> bytes:
    return _mobility(BA, struct.pack("!BBHH", status, 0, sequence, lifetime) + bytes([1, 2, 0, 0]))


def _mobility(kind: int, rest: bytes) -> bytes:
    size = 6 + len(rest)
    return bytes([NO_NEXT, size // 8 - 1, kind, 0, 0, 0]) + rest


def _checksum(src: str, dst: str, message: bytes) -> bytes:
    pseudo = _octets(src) + _octets(dst) + struct.pack("!II", len(message), MOBILITY)
    data = pseudo + message
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", 0xFFFF ^ total)


def packet(src: str, dst: str, message: bytes, home_address: str | None = None,
           routing: str | None = None) -> bytes:
    """The whole IPv6 packet; the checksum covers the home addresses, as the receiver will see."""
    check = _checksum(home_address or src, routing or dst, message)
    payload, first = message[:4] + check + message[6:], MOBILITY
    if home_address:
        option = bytes([1, 2, 0, 0, OPTION_HOME_ADDRESS, 16]) + _octets(home_address)
        payload, first = bytes([first, 2]) + option + payload, DESTINATION
    if routing:
        header = bytes([first, 2, 2, 1, 0, 0, 0, 0]) + _octets(routing)
        payload, first = header + payload, ROUTING
    return struct.pack("!IHBB", 6 << 28, len(payload), first, HOP_LIMIT) + \
        _octets(src) + _octets(dst) + payload


def send(host: Host, src: str, dst: str, message: bytes, home_address: str | None = None,
         routing: str | None = None) -> None:
    host.story.note(f"{host.name} sends {dst} a {KINDS[message[2]]} without ESP"
                    + (f" for {home_address}" if home_address else ""))
    with host.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        index = host.call(socket.if_nametoindex, "eth0")
        sock.sendto(packet(src, dst, message, home_address, routing), (dst, 0, 0, index))


def send_protected(host: Host, src: str, dst: str, message: bytes) -> None:
    """From one of the node's own addresses: its kernel adds what its policies want."""
    host.story.note(f"another process of {host.name} sends {dst} a {KINDS[message[2]]}")
    whole = message[:4] + _checksum(src, dst, message) + message[6:]
    with host.socket(socket.AF_INET6, socket.SOCK_RAW, MOBILITY) as sock:
        sock.bind((src, 0))
        sock.sendto(whole, (dst, 0))
