"""forge - binding messages that no mip6d made, built octet by octet and sent from a node.

What an attacker on some link can send: any source, any home address option, any routing header.
And what another process of a node can send: as the node's kernel protects it, or with the keys of
the node's own SAs.
Source: RFC 6275 sections 6.1.3, 6.1.5, 6.1.7, 6.1.8, 6.3 and 6.4.
"""

from __future__ import annotations

import socket
import struct

from harness.bed.decode import esp
from harness.bed.decode.xfrm import State
from harness.bed.node.far_socket import FarSocket
from harness.bed.node.host import Host
from harness.bed.node.mobile import Mobile
from harness.bed.node.node import Node

IPV6, ROUTING, ESP, NO_NEXT, DESTINATION, MOBILITY = 41, 43, 50, 59, 60, 135
HOTI, HOT, BU, BA = 1, 3, 5, 6
KINDS = {HOTI: "home test init", HOT: "home test", BU: "binding update",
         BA: "binding acknowledgement"}
FLAGS_AHK = 0xD000
OPTION_ALT_COA, OPTION_HOME_ADDRESS = 3, 0xC9
HOP_LIMIT = 64
PATIENCE = 3
# The number of a forged ESP packet: beyond all that the kernel has sent.
AHEAD = 1000


def _octets(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, address)


def binding_update(sequence: int, lifetime: int, coa: str) -> bytes:
    """A home registration; `lifetime` in units of 4 s. The checksum is still zero."""
    body = struct.pack("!HHH", sequence, FLAGS_AHK, lifetime)
    option = bytes([1, 0, OPTION_ALT_COA, 16]) + _octets(coa)
    return _mobility(BU, body + option)


def binding_ack(status: int, sequence: int, lifetime: int) -> bytes:
    return _mobility(BA, struct.pack("!BBHH", status, 0, sequence, lifetime) + bytes([1, 2, 0, 0]))


def home_test_init(cookie: bytes) -> bytes:
    return _mobility(HOTI, bytes(2) + cookie)


def home_test(nonce: int, cookie: bytes, token: bytes) -> bytes:
    return _mobility(HOT, struct.pack("!H", nonce) + cookie + token)


def _mobility(kind: int, rest: bytes) -> bytes:
    size = 6 + len(rest)
    return bytes([NO_NEXT, size // 8 - 1, kind, 0, 0, 0]) + rest


def checksum(src: str, dst: str, message: bytes, proto: int = MOBILITY) -> bytes:
    """RFC 8200 section 8.1, of a message whose own checksum is still zero."""
    data = _octets(src) + _octets(dst) + struct.pack("!II", len(message), proto)
    data += message + bytes(len(message) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", 0xFFFF ^ total)


def checked(src: str, dst: str, message: bytes) -> bytes:
    """The message with its checksum, for the addresses that the receiver will see."""
    return message[:4] + checksum(src, dst, message) + message[6:]


def packet(src: str, dst: str, message: bytes, home_address: str | None = None,
           routing: str | None = None) -> bytes:
    """The whole IPv6 packet; the checksum covers the home addresses."""
    payload = checked(home_address or src, routing or dst, message)
    return wrapped(src, dst, MOBILITY, payload, home_address, routing)


def wrapped(src: str, dst: str, proto: int, payload: bytes, home_address: str | None = None,
            routing: str | None = None) -> bytes:
    """An IPv6 header and the extension headers that are asked for around a payload."""
    if home_address:
        option = bytes([1, 2, 0, 0, OPTION_HOME_ADDRESS, 16]) + _octets(home_address)
        payload, proto = bytes([proto, 2]) + option + payload, DESTINATION
    if routing:
        header = bytes([proto, 2, 2, 1, 0, 0, 0, 0]) + _octets(routing)
        payload, proto = header + payload, ROUTING
    return struct.pack("!IHBB", 6 << 28, len(payload), proto, HOP_LIMIT) + \
        _octets(src) + _octets(dst) + payload


def send(host: Host, src: str, dst: str, message: bytes, home_address: str | None = None,
         routing: str | None = None) -> None:
    host.story.note(f"{host.name} sends {dst} a {KINDS[message[2]]} without ESP"
                    + (f" for {home_address}" if home_address else ""))
    put(host, dst, packet(src, dst, message, home_address, routing))


def send_tunnelled(host: Host, outer: tuple[str, str], src: str, dst: str,
                   message: bytes) -> None:
    """Between the ends of a tunnel, with nothing but a second IPv6 header around it."""
    host.story.note(f"{host.name} sends {outer[1]} a {KINDS[message[2]]} in a plain tunnel")
    put(host, outer[1], wrapped(*outer, IPV6, packet(src, dst, message)))


def put(host: Host, dst: str, octets: bytes) -> None:
    """Out of the node's interface as it is."""
    with host.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        sock.sendto(octets, (dst, 0, 0, host.links()["eth0"]))


def send_inside(host: Mobile, state: State, dst: str, message: bytes, home_address: str) -> None:
    """In an SA of the node's own, for another's home address: in a tunnel as the inner source."""
    host.story.note(f"{host.name} sends {dst} a {KINDS[message[2]]} for {home_address} in its own "
                    f"{state.mode} SA")
    tunnel = state.mode == "tunnel"
    inner = packet(home_address, dst, message) if tunnel else checked(home_address, dst, message)
    octets = esp.sealed(IPV6 if tunnel else MOBILITY, inner, state, AHEAD, bytes(esp.CBC_IV))
    put(host, dst, wrapped(host.coa, dst, ESP, octets, None if tunnel else home_address))


def ear(host: Node, address: str) -> FarSocket:
    """Hears what mobility headers the node's kernel lets through to an address."""
    sock = host.socket(socket.AF_INET6, socket.SOCK_RAW, MOBILITY)
    sock.bind((address, 0))
    sock.settimeout(PATIENCE)
    return sock


def send_protected(host: Node, src: str, dst: str, message: bytes) -> None:
    """From one of the node's own addresses: its kernel adds what its policies want."""
    host.story.note(f"another process of {host.name} sends {dst} a {KINDS[message[2]]}")
    with host.socket(socket.AF_INET6, socket.SOCK_RAW, MOBILITY) as sock:
        sock.bind((src, 0))
        sock.sendto(checked(src, dst, message), (dst, 0))
