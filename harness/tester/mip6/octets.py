"""octets - addresses, the checksum, and options of one octet type and one octet length.

Source: RFC 8200 sections 4.2 and 8.1; RFC 6275 section 6.2.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from ipaddress import IPv6Address

PAD1, PADN = 0, 1
UNIT = 8


class Malformed(ValueError):
    """What came is no packet of its kind."""


def packed(address: str) -> bytes:
    return IPv6Address(address).packed


def text(octets: bytes) -> str:
    return str(IPv6Address(octets))


def checksum(src: str, dst: str, proto: int, message: bytes) -> int:
    """Of a message whose own checksum is zero; of one that has its checksum it is zero."""
    data = packed(src) + packed(dst) + struct.pack("!II", len(message), proto) + message
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF ^ total


def padding(size: int) -> bytes:
    """So many octets that say nothing."""
    return b"" if not size else bytes([PAD1]) if size == 1 else bytes([PADN, size - 2]) + \
        bytes(size - 2)


# An option, and where it has to begin: at a multiple of the first, plus the second.
Option = tuple[int, bytes]
Alignment = dict[int, tuple[int, int]]


def options(start: int, given: Sequence[Option], align: Alignment) -> bytes:
    """Options behind `start` octets, each aligned, the whole filled up to a unit."""
    found = b""
    for kind, data in given:
        unit, rest = align.get(kind, (1, 0))
        found += padding((rest - start - len(found)) % unit)
        found += bytes([kind, len(data)]) + data
    return found + padding(-(start + len(found)) % UNIT)


def read_options(octets: bytes) -> Iterator[Option]:
    """Those that are no padding."""
    at = 0
    while at < len(octets):
        if octets[at] == PAD1:
            at += 1
            continue
        if at + 2 > len(octets) or at + 2 + octets[at + 1] > len(octets):
            raise Malformed("an option runs over the end")
        kind, data = octets[at], octets[at + 2:at + 2 + octets[at + 1]]
        at += 2 + len(data)
        if kind != PADN:
            yield kind, data
