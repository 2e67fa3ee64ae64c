"""pcap - frames of a capture file, pcap or pcapng, and the IPv6 layers inside a frame.

A classic pcap file can also be written.

Shapes:  frames with the time in seconds since 1970; layers are plain facts, outermost first.
Errors:  CaptureError for a file that is no capture; a frame cut short ends its layers early.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv6Address
from pathlib import Path
from typing import NamedTuple


class CaptureError(ValueError):
    """The file is not a capture this reader knows."""


class Frame(NamedTuple):
    number: int
    time: float
    link: int
    octets: bytes


class Layer(NamedTuple):
    """One IPv6 header with its extension headers, up to the next IPv6 header, ESP or payload."""

    src: str
    dst: str
    home_address: str | None
    routing_address: str | None
    proto: int
    payload: bytes


# How many addresses are kept as texts.
KNOWN = 4096
ETHERNET, RAW, COOKED, RAW_IPV6, NETLINK, COOKED2 = 1, 101, 113, 229, 253, 276
ETHERTYPE_IPV6, ETHERTYPE_VLAN = 0x86DD, 0x8100
HOP_BY_HOP, IPV6, ROUTING, FRAGMENT, ESP, ICMPV6, DESTINATION = 0, 41, 43, 44, 50, 58, 60
MOBILITY = 135
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION)
OPTION_HOME_ADDRESS = 0xC9

SECTION, INTERFACE, ENHANCED = 0x0A0D0D0A, 1, 6
MAGIC, SNAP = 0xA1B2C3D4, 1 << 18
MAGICS = {MAGIC: 1e6, 0xA1B23C4D: 1e9}


class Writer:
    """A classic pcap file of one link type."""

    def __init__(self, path: Path, link: int) -> None:
        self.file = path.open("wb")
        self.file.write(struct.pack("=IHHiIII", MAGIC, 2, 4, 0, 0, SNAP, link))

    def write(self, when: float, octets: bytes) -> None:
        seconds, size = int(when), len(octets)
        micros = int((when - seconds) * 1_000_000)
        self.file.write(struct.pack("=IIII", seconds, micros, size, size) + octets)

    def close(self) -> None:
        self.file.close()


def frames(path: Path) -> Iterator[Frame]:
    data = Path(path).read_bytes()
    for order in "<>":
        magic = struct.unpack_from(f"{order}I", data)[0] if len(data) >= 24 else 0
        if magic in MAGICS:
            return _pcap(data, order, MAGICS[magic])
        if magic == SECTION:
            return _pcapng(data)
    if not data:
        return iter(())
    raise CaptureError(f"{path}: neither pcap nor pcapng")


def _pcap(data: bytes, order: str, per_second: float) -> Iterator[Frame]:
    link = struct.unpack_from(f"{order}I", data, 20)[0] & 0xFFFF
    at, number, head, end = 24, 0, struct.Struct(f"{order}IIII"), len(data)
    while at + 16 <= end:
        seconds, parts, size, _ = head.unpack_from(data, at)
        number += 1
        yield Frame(number, seconds + parts / per_second, link, data[at + 16:at + 16 + size])
        at += 16 + size


def _pcapng(data: bytes) -> Iterator[Frame]:
    order, at, number = "<", 0, 0
    interfaces: list[tuple[int, float]] = []
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(f"{order}II", data, at)
        body = data[at + 8:at + length - 4]
        if kind == INTERFACE:
            interfaces.append((struct.unpack_from(f"{order}H", body)[0], _resolution(order, body)))
        if kind == ENHANCED:
            port, high, low, size = struct.unpack_from(f"{order}IIII", body)
            link, per_second = interfaces[port]
            number += 1
            yield Frame(number, ((high << 32) + low) / per_second, link, body[20:20 + size])
        at += max(length, 12)


def _resolution(order: str, body: bytes) -> float:
    """Option 9, if_tsresol: a power of ten, or of two with the top bit set."""
    at = 8
    while at + 4 <= len(body):
        code, size = struct.unpack_from(f"{order}HH", body, at)
        if code == 9:
            value = body[at + 4]
            return float(2 ** (value & 0x7F) if value & 0x80 else 10 ** value)
        at += 4 + (size + 3) // 4 * 4
    return 1e6


def ipv6_of(frame: Frame) -> bytes:
    """The IPv6 packet of a frame; nothing if it carries something else."""
    octets = frame.octets
    if frame.link in (RAW, RAW_IPV6):
        return octets if octets[:1] and octets[0] >> 4 == 6 else b""
    at = {ETHERNET: 12, COOKED: 14, COOKED2: 0}.get(frame.link)
    if at is None:
        raise CaptureError(f"link type {frame.link} is not known")
    kind = int.from_bytes(octets[at:at + 2], "big")
    if frame.link == COOKED2:
        return octets[20:] if kind == ETHERTYPE_IPV6 else b""
    if kind == ETHERTYPE_VLAN:
        at += 4
        kind = int.from_bytes(octets[at:at + 2], "big")
    return octets[at + 2:] if kind == ETHERTYPE_IPV6 else b""


def headers(packet: bytes) -> list[int]:
    """The protocol numbers of the first IPv6 header's chain, up to ESP or the payload."""
    proto, rest = packet[6], packet[40:]
    chain = [proto]
    while proto in EXTENSIONS and len(rest) >= 8:
        size = 8 if proto == FRAGMENT else 8 * (rest[1] + 1)
        proto, rest = rest[0], rest[size:]
        chain.append(proto)
    return chain


@lru_cache(KNOWN)
def address(octets: bytes) -> str:
    """As a person writes it; a capture has few, many times."""
    return str(IPv6Address(octets))


def layers(packet: bytes) -> Iterator[Layer]:
    """The IPv6 headers of a packet that can be seen without a key."""
    while len(packet) >= 40 and packet[0] >> 4 == 6:
        layer = _layer(packet)
        yield layer
        packet = layer.payload if layer.proto == IPV6 else b""


def _layer(packet: bytes) -> Layer:
    src, dst = address(packet[8:24]), address(packet[24:40])
    proto, rest = packet[6], packet[40:40 + int.from_bytes(packet[4:6], "big")]
    home = route = None
    while proto in EXTENSIONS and len(rest) >= 8:
        size = 8 if proto == FRAGMENT else 8 * (rest[1] + 1)
        if proto == DESTINATION:
            home = _home_address(rest[2:size]) or home
        if proto == ROUTING and rest[2] == 2:
            route = address(rest[8:24]) if len(rest) >= 24 else None
        if proto == FRAGMENT and int.from_bytes(rest[2:4], "big") >> 3:
            return Layer(src, dst, home, route, rest[0], b"")
        proto, rest = rest[0], rest[size:]
    return Layer(src, dst, home, route, proto, rest)


def _home_address(options: bytes) -> str | None:
    at = 0
    while at < len(options):
        if options[at] == 0:
            at += 1
            continue
        size = options[at + 1] if at + 1 < len(options) else 0
        if options[at] == OPTION_HOME_ADDRESS and size == 16 and at + 18 <= len(options):
            return address(options[at + 2:at + 18])
        at += 2 + size
    return None
