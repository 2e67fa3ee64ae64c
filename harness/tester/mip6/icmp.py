"""icmp - ICMPv6: neighbours, routers, home agents and mobile prefixes, errors and echoes.

Shapes:  an Icmp is a value; the functions make and read what stands behind its checksum.
Units:   lifetimes are seconds.
Source:  RFC 4443; RFC 4861 section 4; RFC 6275 sections 6.5 to 6.8 and 7.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from harness.tester.mip6 import octets
from harness.tester.mip6.octets import Malformed

PROTO = 58
OPTION_UNIT = 8
INFINITE = 0xFFFFFFFF


class Kind(IntEnum):
    UNREACHABLE, TOO_BIG, TIME_EXCEEDED, PROBLEM = 1, 2, 3, 4
    ECHO, REPLY = 128, 129
    ROUTER_SOLICIT, ROUTER_ADVERT, SOLICIT, ADVERT = 133, 134, 135, 136
    AGENTS, AGENTS_REPLY, PREFIX_SOLICIT, PREFIX_ADVERT = 144, 145, 146, 147


class Opt(IntEnum):
    SOURCE, TARGET, PREFIX, MTU = 1, 2, 3, 5
    INTERVAL, AGENT = 7, 8


# Of a neighbour advertisement, of a router advertisement, of a prefix.
ROUTER, SOLICITED, OVERRIDE = 0x80, 0x40, 0x20
HOME_AGENT = 0x20
ON_LINK, AUTONOMOUS, ROUTER_ADDRESS = 0x80, 0x40, 0x20

Given = Sequence[tuple[int, bytes]]


@dataclass(frozen=True)
class Icmp:
    """`data` is what stands behind the checksum."""

    kind: int
    data: bytes
    code: int = 0
    checksum: int | None = None

    PROTO = PROTO

    def octets(self, src: str, dst: str) -> bytes:
        head = bytes([self.kind, self.code])
        value = octets.checksum(src, dst, PROTO, head + bytes(2) + self.data) \
            if self.checksum is None else self.checksum
        return head + struct.pack("!H", value) + self.data


def parse(src: str, dst: str, message: bytes) -> Icmp:
    if len(message) < OPTION_UNIT:
        raise Malformed(f"an ICMPv6 message of {len(message)} octets")
    if octets.checksum(src, dst, PROTO, message):
        raise Malformed(f"an ICMPv6 message of type {message[0]} has a wrong checksum")
    return Icmp(message[0], message[4:], message[1])


def _options(given: Given) -> bytes:
    """Type, length in units, data, zeros up to a unit."""
    found = b""
    for kind, data in given:
        size = -(-(2 + len(data)) // OPTION_UNIT)
        found += (bytes([kind, size]) + data).ljust(size * OPTION_UNIT, b"\0")
    return found


def options(message: Icmp, start: int) -> Iterator[tuple[int, bytes]]:
    """Those that begin `start` octets behind the checksum."""
    rest = message.data[start:]
    while rest:
        if len(rest) < 2 or not rest[1] or rest[1] * OPTION_UNIT > len(rest):
            raise Malformed("an option of ICMPv6 runs over the end")
        yield rest[0], rest[2:rest[1] * OPTION_UNIT]
        rest = rest[rest[1] * OPTION_UNIT:]


# --- neighbours ---

def _mac(address: str) -> bytes:
    return bytes.fromhex(address.replace(":", ""))


def solicit(target: str, mac: str | None = None) -> Icmp:
    given = [(Opt.SOURCE, _mac(mac))] if mac else []
    return Icmp(Kind.SOLICIT, bytes(4) + octets.packed(target) + _options(given))


def advert(target: str, mac: str | None, flags: int = SOLICITED | OVERRIDE) -> Icmp:
    given = [(Opt.TARGET, _mac(mac))] if mac else []
    return Icmp(Kind.ADVERT, bytes([flags, 0, 0, 0]) + octets.packed(target) + _options(given))


def target(message: Icmp) -> str:
    """Of a solicitation or an advertisement of a neighbour."""
    return octets.text(message.data[4:20])


def link_address(message: Icmp, kind: Opt, start: int = 20) -> str | None:
    found = next((data for one, data in options(message, start) if one == kind), None)
    return found.hex(":") if found else None


# --- routers ---

@dataclass(frozen=True)
class Prefix:
    """A prefix information option; with `router` its address is the router's own."""

    address: str
    valid: int = 12000
    preferred: int = 10000
    size: int = 64
    flags: int = ON_LINK | AUTONOMOUS

    def option(self) -> tuple[int, bytes]:
        return Opt.PREFIX, struct.pack("!BBIII16s", self.size, self.flags, self.valid,
                                       self.preferred, 0, octets.packed(self.address))


def router_solicit(mac: str | None = None) -> Icmp:
    return Icmp(Kind.ROUTER_SOLICIT, bytes(4) + _options([(Opt.SOURCE, _mac(mac))] if mac else []))


def router_advert(*prefixes: Prefix, lifetime: int = 1800, flags: int = 0,
                  mac: str | None = None, agent: tuple[int, int] | None = None) -> Icmp:
    """`agent` is a home agent's preference and lifetime."""
    given = [(Opt.SOURCE, _mac(mac))] if mac else []
    given += [one.option() for one in prefixes]
    if agent:
        given.append((Opt.AGENT, struct.pack("!HhH", 0, *agent)))
    head = struct.pack("!BBHII", 64, flags, lifetime, 0, 0)
    return Icmp(Kind.ROUTER_ADVERT, head + _options(given))


def _prefixes(message: Icmp, start: int) -> list[Prefix]:
    found = []
    for kind, data in options(message, start):
        if kind == Opt.PREFIX:
            size, flags, valid, preferred, _, address = struct.unpack("!BBIII16s", data)
            found.append(Prefix(octets.text(address), valid, preferred, size, flags))
    return found


# --- home agents and mobile prefixes ---

def agents_request(number: int, reserved: int = 0) -> Icmp:
    return Icmp(Kind.AGENTS, struct.pack("!HH", number, reserved))


def agents_reply(number: int, *agents: str, reserved: int = 0) -> Icmp:
    return Icmp(Kind.AGENTS_REPLY, struct.pack("!HH", number, reserved)
                + b"".join(map(octets.packed, agents)))


def agents(message: Icmp) -> tuple[int, list[str]]:
    """Number and addresses of a reply."""
    number, rest = int.from_bytes(message.data[:2], "big"), message.data[4:]
    if len(rest) % 16:
        raise Malformed("half an address of a home agent")
    return number, [octets.text(rest[at:at + 16]) for at in range(0, len(rest), 16)]


def prefix_solicit(number: int, reserved: int = 0) -> Icmp:
    return Icmp(Kind.PREFIX_SOLICIT, struct.pack("!HH", number, reserved))


def prefix_advert(number: int, *prefixes: Prefix, flags: int = 0, more: Given = ()) -> Icmp:
    given = [*(one.option() for one in prefixes), *more]
    return Icmp(Kind.PREFIX_ADVERT, struct.pack("!HH", number, flags) + _options(given))


def prefixes(message: Icmp) -> tuple[int, list[Prefix]]:
    """Number and prefixes of an advertisement to a mobile node."""
    return int.from_bytes(message.data[:2], "big"), _prefixes(message, 4)


# --- errors and echoes ---

def failure(kind: Kind, code: int, invoking: bytes, value: int = 0) -> Icmp:
    """An error about a packet, with its pointer or MTU."""
    return Icmp(kind, struct.pack("!I", value) + invoking[:1232], code)


def pointer(message: Icmp) -> int:
    return int.from_bytes(message.data[:4], "big")


def echo(number: int, kind: Kind = Kind.ECHO, size: int = 16) -> Icmp:
    return Icmp(kind, struct.pack("!HH", 0x7E57, number) + bytes(size))


def echo_number(message: Icmp) -> int:
    return int.from_bytes(message.data[2:4], "big")
