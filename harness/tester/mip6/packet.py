"""packet - IPv6 packets with the headers of mobility around a message, built and read.

A packet may be the message of another: that is a tunnel. Checksums cover the home addresses that
headers carry; ESP stands behind those headers.
Shapes:  a Packet is a value; what is read equals what was built from.
Errors:  Malformed.
Source:  RFC 8200 sections 3 and 4; RFC 6275 sections 6.3 and 6.4.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import Protocol

from harness.tester.mip6 import icmp, mobility, octets, sas
from harness.tester.mip6.octets import Malformed
from harness.tester.mip6.sas import Sa

IPV6, ROUTING, FRAGMENT, DESTINATION = 41, 43, 44, 60
HEAD = 40
HOPS, NEIGHBOUR_HOPS = 64, 255
HOME_ADDRESS, HOME_ADDRESS_AT = 0xC9, (8, 6)
ROUTING_TYPE = 2


class Message(Protocol):
    PROTO: int

    def octets(self, src: str, dst: str) -> bytes: ...


@dataclass(frozen=True)
class Raw:
    """Octets of any protocol."""

    PROTO: int
    data: bytes

    def octets(self, src: str, dst: str) -> bytes:
        return self.data


@dataclass(frozen=True)
class Packet:
    """`hao` is the home address of its option, `route` that of its type 2 routing header."""

    src: str
    dst: str
    message: Message
    hao: str | None = None
    route: str | None = None
    sa: Sa | None = None
    hops: int = HOPS

    PROTO = IPV6

    def octets(self, src: str = "", dst: str = "") -> bytes:
        """The same whatever is around it."""
        proto = self.message.PROTO
        text = self.message.octets(self.hao or self.src, self.route or self.dst)
        if self.sa:
            proto, text = sas.PROTO, self.sa.seal(proto, text)
        if self.hao:
            given = octets.options(2, [(HOME_ADDRESS, octets.packed(self.hao))],
                                   {HOME_ADDRESS: HOME_ADDRESS_AT})
            proto, text = DESTINATION, bytes([proto, (2 + len(given)) // 8 - 1]) + given + text
        if self.route:
            head = bytes([proto, 2, ROUTING_TYPE, 1, 0, 0, 0, 0]) + octets.packed(self.route)
            proto, text = ROUTING, head + text
        return struct.pack("!IHBB", 6 << 28, len(text), proto, self.hops) \
            + octets.packed(self.src) + octets.packed(self.dst) + text

    @property
    def ends(self) -> tuple[str, str]:
        """Who speaks with whom, whatever the addresses of the way are."""
        return self.hao or self.src, self.route or self.dst

    def __str__(self) -> str:
        words = [f"{self.src} > {self.dst}"]
        words += [f"hao {self.hao}"] if self.hao else []
        words += [f"route {self.route}"] if self.route else []
        words += [f"in {self.sa.name}"] if self.sa else []
        return f"{' '.join(words)}: {_named(self.message)}"


def _named(message: Message) -> str:
    if isinstance(message, Packet):
        return f"({message})"
    if isinstance(message, mobility.Mobility):
        return f"mobility header {message.kind} {message.data.hex()}"
    if isinstance(message, icmp.Icmp):
        return f"ICMPv6 {message.kind}.{message.code}"
    return f"protocol {message.PROTO}"


def same(one: str, other: str) -> bool:
    return IPv6Address(one) == IPv6Address(other)


# The SA of an SPI, None where there is none.
Lookup = Callable[[bytes], Sa | None]


def parse(data: bytes, lookup: Lookup = lambda spi: None) -> Packet:
    if len(data) < HEAD or data[0] >> 4 != 6:
        raise Malformed(f"{len(data)} octets that are no IPv6 packet")
    size, proto, hops = struct.unpack_from("!HBB", data, 4)
    if HEAD + size > len(data):
        raise Malformed(f"an IPv6 packet says {size} octets and has {len(data) - HEAD}")
    found = Packet(octets.text(data[8:24]), octets.text(data[24:40]), Raw(proto, b""), hops=hops)
    return _behind(found, proto, data[HEAD:HEAD + size], lookup)


def _behind(found: Packet, proto: int, text: bytes, lookup: Lookup) -> Packet:
    """What follows in the packet, header by header, in the order that RFC 6275 6.3 gives them."""
    if proto in (ROUTING, DESTINATION) and (found.sa or proto == ROUTING and found.hao):
        before = "ESP" if found.sa else "a home address"
        raise Malformed(f"an extension header {proto} stands behind {before}")
    if proto == ROUTING:
        route, proto, text = _routing(text)
        return _behind(replace(found, route=route), proto, text, lookup)
    if proto == DESTINATION:
        hao, proto, text = _destination(text)
        return _behind(replace(found, hao=hao or found.hao), proto, text, lookup)
    if proto == sas.PROTO:
        sa = lookup(text[:4])
        if not sa:
            return replace(found, message=Raw(proto, text))
        proto, inner = sa.unseal(text)
        return _behind(replace(found, sa=sa), proto, inner, lookup)
    return replace(found, message=_message(found, proto, text, lookup))


def _extension(text: bytes) -> tuple[int, bytes, bytes]:
    """Its next header, what it holds, what is behind it."""
    size = (text[1] + 1) * 8 if len(text) > 1 else 0
    if not size or size > len(text):
        raise Malformed("an extension header runs over the end")
    return text[0], text[2:size], text[size:]


def _routing(text: bytes) -> tuple[str, int, bytes]:
    proto, held, rest = _extension(text)
    if len(held) != 22 or tuple(held[:2]) != (ROUTING_TYPE, 1):
        raise Malformed(f"a routing header of type {held[0]}, {held[1]} segments left")
    return octets.text(held[6:]), proto, rest


def _destination(text: bytes) -> tuple[str | None, int, bytes]:
    proto, held, rest = _extension(text)
    hao = None
    for kind, data in octets.read_options(held):
        if kind == HOME_ADDRESS and len(data) == 16:
            hao = octets.text(data)
    return hao, proto, rest


def _message(found: Packet, proto: int, text: bytes, lookup: Lookup) -> Message:
    if proto == mobility.PROTO:
        return mobility.parse(*found.ends, text)
    if proto == icmp.PROTO:
        return icmp.parse(*found.ends, text)
    return parse(text, lookup) if proto == IPV6 else Raw(proto, text)
