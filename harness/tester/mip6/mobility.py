"""mobility - mobility headers: what the tester says as any node, and what it reads.

Every field may be set to what it must not be. A message's `data` is what stands behind its
checksum; the classes below read it.
Shapes:  a Mobility is a value; Update, Ack, Error and Test are views of its data.
Units:   lifetimes are seconds; the wire has units of four.
Source:  RFC 6275 sections 6.1 and 6.2; RFC 3963 section 4.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from harness.tester.mip6 import octets
from harness.tester.mip6.octets import Malformed, Option

PROTO, NO_NEXT = 135, 59
HEAD, CHECKSUM = 6, 4
LIFETIME_UNIT = 4


class Kind(IntEnum):
    BRR, HOTI, COTI, HOT, COT, BU, BA, BE = range(8)


class Opt(IntEnum):
    REFRESH, ALT_COA, NONCES, AUTH, PREFIX = range(2, 7)


ALIGN = {Opt.REFRESH: (2, 0), Opt.ALT_COA: (8, 6), Opt.NONCES: (2, 0), Opt.AUTH: (8, 2),
         Opt.PREFIX: (8, 4)}


class Flag(IntFlag):
    """Of a binding update."""

    A, H, L, K, R = 0x8000, 0x4000, 0x2000, 0x1000, 0x0400
    NONE = 0


HOME = Flag.A | Flag.H
ACK_KEY = 0x80


class Status(IntEnum):
    ACCEPTED, PREFIX_DISCOVERY = 0, 1
    UNSPECIFIED, PROHIBITED, NO_RESOURCES, NOT_SUPPORTED = 128, 129, 130, 131
    NOT_HOME_SUBNET, NOT_HOME_AGENT, NOT_UNIQUE, SEQUENCE = 132, 133, 134, 135
    ROUTER_REFUSED, INVALID_COA = 140, 174


@dataclass(frozen=True)
class Mobility:
    """`length` and `checksum` are what they have to be unless they are given."""

    kind: int
    data: bytes
    proto: int = NO_NEXT
    reserved: int = 0
    length: int | None = None
    checksum: int | None = None

    PROTO = PROTO

    def octets(self, src: str, dst: str) -> bytes:
        """For the ends that the receiver sees: home addresses where headers carry them."""
        size = HEAD + len(self.data)
        length = size // octets.UNIT - 1 if self.length is None else self.length
        head = bytes([self.proto, length, self.kind, self.reserved])
        value = octets.checksum(src, dst, PROTO, head + bytes(2) + self.data) \
            if self.checksum is None else self.checksum
        return head + struct.pack("!H", value) + self.data


def parse(src: str, dst: str, message: bytes) -> Mobility:
    """Its checksum fits, and it is as long as it says."""
    if len(message) < octets.UNIT or len(message) != (message[1] + 1) * octets.UNIT:
        raise Malformed(f"a mobility header of {len(message)} octets says another length")
    if octets.checksum(src, dst, PROTO, message):
        raise Malformed(f"a mobility header of type {message[2]} has a wrong checksum")
    return Mobility(message[2], message[HEAD:], message[0], message[3])


def _message(kind: int, fields: bytes, given: Iterable[Option], **more: int) -> Mobility:
    return Mobility(kind, fields + octets.options(HEAD + len(fields), list(given), ALIGN), **more)


@dataclass(frozen=True)
class Update:
    sequence: int
    flags: Flag = HOME
    lifetime: int = 60
    coa: str | None = None
    given: tuple[Option, ...] = ()
    bits: int = 0

    def message(self, **more: int) -> Mobility:
        """`bits` are those of the reserved field; other options stand behind the address."""
        fields = struct.pack("!HHH", self.sequence, self.flags | self.bits,
                             self.lifetime // LIFETIME_UNIT)
        alt = ((Opt.ALT_COA, octets.packed(self.coa)),) if self.coa else ()
        return _message(Kind.BU, fields, (*alt, *self.given), **more)


def update(message: Mobility) -> Update:
    sequence, flags, lifetime = struct.unpack_from("!HHH", message.data)
    given = tuple(octets.read_options(message.data[6:]))
    alt = next((data for kind, data in given if kind == Opt.ALT_COA), None)
    rest = tuple(one for one in given if one[0] != Opt.ALT_COA)
    return Update(sequence, Flag(flags & 0xF000), lifetime * LIFETIME_UNIT,
                  octets.text(alt) if alt else None, rest, flags & 0x0FFF)


@dataclass(frozen=True)
class Ack:
    status: int
    sequence: int
    lifetime: int = 60
    key: bool = False
    given: tuple[Option, ...] = ()
    bits: int = 0

    def message(self, **more: int) -> Mobility:
        fields = struct.pack("!BBHH", self.status, ACK_KEY * self.key | self.bits, self.sequence,
                             self.lifetime // LIFETIME_UNIT)
        return _message(Kind.BA, fields, self.given, **more)

    @property
    def refresh(self) -> int | None:
        found = next((data for kind, data in self.given if kind == Opt.REFRESH), None)
        return int.from_bytes(found, "big") * LIFETIME_UNIT if found else None


def ack(message: Mobility) -> Ack:
    status, flags, sequence, lifetime = struct.unpack_from("!BBHH", message.data)
    return Ack(status, sequence, lifetime * LIFETIME_UNIT, bool(flags & ACK_KEY),
               tuple(octets.read_options(message.data[6:])), flags & ~ACK_KEY)


@dataclass(frozen=True)
class Error:
    status: int
    hoa: str = "::"

    def message(self, **more: int) -> Mobility:
        return _message(Kind.BE, struct.pack("!BB16s", self.status, 0, octets.packed(self.hoa)),
                        (), **more)


def error(message: Mobility) -> Error:
    status, _, hoa = struct.unpack_from("!BB16s", message.data)
    return Error(status, octets.text(hoa))


def refresh_request(**more: int) -> Mobility:
    return _message(Kind.BRR, bytes(2), (), **more)


def test_init(kind: Kind, cookie: bytes, **more: int) -> Mobility:
    """HoTI or CoTI."""
    return _message(kind, bytes(2) + cookie, (), **more)


def test(kind: Kind, nonce: int, cookie: bytes, token: bytes, **more: int) -> Mobility:
    """HoT or CoT."""
    return _message(kind, struct.pack("!H", nonce) + cookie + token, (), **more)
