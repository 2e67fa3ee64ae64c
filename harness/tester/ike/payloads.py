"""payloads - each payload as a dataclass with its octets; what can be derived is None until set.

Source: RFC 7296 sections 3.2 to 3.14.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from harness.tester.ike.numbers import (
    GENERIC, KEY_LENGTH, TS_IPV6, X509_SIGNATURE, Auth, Kind, Note, Protocol,
)

MORE_PROPOSALS, MORE_TRANSFORMS = 2, 3


class Malformed(ValueError):
    """What came is not what the RFC lets one send."""


@dataclass
class Payload:
    """The generic header: what stands there if it is not to be the true value."""

    kind: ClassVar[int] = Kind.NONE
    critical: bool = field(default=False, kw_only=True)
    reserved: int = field(default=0, kw_only=True)
    next: int | None = field(default=None, kw_only=True)
    length: int | None = field(default=None, kw_only=True)

    @property
    def number(self) -> int:
        return self.kind

    def body(self) -> bytes:
        raise NotImplementedError

    def octets(self, following: int) -> bytes:
        body = self.body()
        return struct.pack("!BBH", following if self.next is None else self.next,
                           self.critical << 7 | self.reserved,
                           GENERIC + len(body) if self.length is None else self.length) + body

    def __str__(self) -> str:
        return Kind(self.number).name if self.number in iter(Kind) else str(self.number)


@dataclass
class Raw(Payload):
    """Any type, any octets."""

    type: int
    data: bytes = b""

    @property
    def number(self) -> int:
        return self.type

    def body(self) -> bytes:
        return self.data


@dataclass
class Transform:
    """`attributes` are (type, value): TV for a number, TLV for octets."""

    type: int
    id: int
    attributes: list[tuple[int, int | bytes]] = field(default_factory=list)
    reserved: int = 0
    more: int | None = None
    length: int | None = None

    def octets(self, last: bool) -> bytes:
        data = b"".join(_attribute(*one) for one in self.attributes)
        more = (0 if last else MORE_TRANSFORMS) if self.more is None else self.more
        length = 8 + len(data) if self.length is None else self.length
        return struct.pack("!BBHBBH", more, self.reserved, length, self.type, self.reserved,
                           self.id) + data

    @property
    def bits(self) -> int:
        """Its key length, 0 without one."""
        return next((v for k, v in self.attributes if k == KEY_LENGTH and isinstance(v, int)), 0)


def _attribute(kind: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return struct.pack("!HH", kind | 0x8000, value)
    return struct.pack("!HH", kind, len(value)) + value


@dataclass
class Proposal:
    number: int
    protocol: int
    spi: bytes
    transforms: list[Transform]
    reserved: int = 0
    more: int | None = None
    length: int | None = None
    spi_size: int | None = None
    count: int | None = None

    def octets(self, last: bool) -> bytes:
        ends = [False] * (len(self.transforms) - 1) + [True]
        data = self.spi + b"".join(one.octets(end) for one, end in
                                   zip(self.transforms, ends, strict=False))
        more = (0 if last else MORE_PROPOSALS) if self.more is None else self.more
        return struct.pack(
            "!BBHBBBB", more, self.reserved, 8 + len(data) if self.length is None else self.length,
            self.number, self.protocol, len(self.spi) if self.spi_size is None else self.spi_size,
            len(self.transforms) if self.count is None else self.count) + data

    def of(self, kind: int) -> list[Transform]:
        return [one for one in self.transforms if one.type == kind]

    def first(self) -> dict[int, tuple[int, int]]:
        """Id and key length by type of what an offer has first."""
        return {one.type: (one.id, one.bits) for one in reversed(self.transforms)}

    def chosen(self) -> dict[int, tuple[int, int]]:
        """Id and key length by type, as an answer has them: one of each."""
        found = {one.type: (one.id, one.bits) for one in self.transforms}
        if len(found) != len(self.transforms):
            raise Malformed("two transforms of one type were chosen")
        return found


@dataclass
class SA(Payload):
    kind = Kind.SA
    proposals: list[Proposal] = field(default_factory=list)

    def body(self) -> bytes:
        ends = [False] * (len(self.proposals) - 1) + [True]
        return b"".join(one.octets(end) for one, end in
                        zip(self.proposals, ends, strict=False))

    @classmethod
    def read(cls, body: bytes) -> SA:
        return cls(list(_proposals(body)))


def _proposals(body: bytes) -> Iterator[Proposal]:
    more = MORE_PROPOSALS
    while more:
        more, reserved, length, number, protocol, size, count = _unpack("!BBHBBBB", body)
        if length > len(body) or more not in (0, MORE_PROPOSALS):
            raise Malformed(f"a proposal of length {length}, more {more}, in {len(body)} octets")
        one = Proposal(number, protocol, body[8:8 + size],
                       list(_transforms(body[8 + size:length])), reserved)
        if len(one.transforms) != count:
            raise Malformed(f"proposal {number} has not {count} transforms")
        yield one
        body = body[length:]
    if body:
        raise Malformed("octets stand behind the last proposal")


def _transforms(body: bytes) -> Iterator[Transform]:
    more = MORE_TRANSFORMS
    while more and body:
        more, reserved, length, kind, also, ident = _unpack("!BBHBBH", body)
        if not 8 <= length <= len(body) or more not in (0, MORE_TRANSFORMS):
            raise Malformed(f"a transform of length {length}, more {more}")
        yield Transform(kind, ident, list(_attributes(body[8:length])), reserved | also)
        body = body[length:]
    if body:
        raise Malformed("octets stand behind the last transform")


def _attributes(body: bytes) -> Iterator[tuple[int, int | bytes]]:
    while body:
        kind, value = _unpack("!HH", body)
        size = 4 if kind & 0x8000 else 4 + value
        if size > len(body):
            raise Malformed(f"attribute {kind} is longer than its transform")
        yield kind & 0x7FFF, value if kind & 0x8000 else body[4:size]
        body = body[size:]


@dataclass
class KE(Payload):
    kind = Kind.KE
    group: int
    public: bytes
    zero: int = 0

    def body(self) -> bytes:
        return struct.pack("!HH", self.group, self.zero) + self.public

    @classmethod
    def read(cls, body: bytes) -> KE:
        group, zero = _unpack("!HH", body)
        return cls(group, body[4:], zero)


@dataclass
class ID(Payload):
    """The identity of either end; which one says its subclass."""

    type: int
    data: bytes
    zero: bytes = bytes(3)

    def body(self) -> bytes:
        return bytes([self.type]) + self.zero + self.data

    @classmethod
    def read(cls, body: bytes) -> ID:
        (kind,) = _unpack("!B3x", body)
        return cls(kind, body[4:], body[1:4])


@dataclass
class IDi(ID):
    kind = Kind.IDI


@dataclass
class IDr(ID):
    kind = Kind.IDR


@dataclass
class Cert(Payload):
    kind = Kind.CERT
    data: bytes
    encoding: int = X509_SIGNATURE

    def body(self) -> bytes:
        return bytes([self.encoding]) + self.data

    @classmethod
    def read(cls, body: bytes) -> Cert:
        (encoding,) = _unpack("!B", body)
        return cls(body[1:], encoding)


@dataclass
class CertReq(Cert):
    kind = Kind.CERTREQ


@dataclass
class AUTH(Payload):
    kind = Kind.AUTH
    data: bytes
    method: int = Auth.RSA
    zero: bytes = bytes(3)

    def body(self) -> bytes:
        return bytes([self.method]) + self.zero + self.data

    @classmethod
    def read(cls, body: bytes) -> AUTH:
        (method,) = _unpack("!B3x", body)
        return cls(body[4:], method, body[1:4])


@dataclass
class Nonce(Payload):
    kind = Kind.NONCE
    data: bytes

    def body(self) -> bytes:
        return self.data

    @classmethod
    def read(cls, body: bytes) -> Nonce:
        return cls(body)


@dataclass
class Notify(Payload):
    kind = Kind.NOTIFY
    type: int
    data: bytes = b""
    protocol: int = Protocol.NONE
    spi: bytes = b""
    spi_size: int | None = None

    def body(self) -> bytes:
        size = len(self.spi) if self.spi_size is None else self.spi_size
        return struct.pack("!BBH", self.protocol, size, self.type) + self.spi + self.data

    @classmethod
    def read(cls, body: bytes) -> Notify:
        protocol, size, kind = _unpack("!BBH", body)
        if 4 + size > len(body):
            raise Malformed(f"notification {kind} has an SPI of {size} octets")
        return cls(kind, body[4 + size:], protocol, body[4:4 + size])

    def __str__(self) -> str:
        return f"N({Note(self.type).name if self.type in iter(Note) else self.type})"


@dataclass
class Delete(Payload):
    kind = Kind.DELETE
    protocol: int
    spis: list[bytes] = field(default_factory=list)
    size: int | None = None
    count: int | None = None

    def body(self) -> bytes:
        size = len(self.spis[0]) if self.spis else 0
        return struct.pack("!BBH", self.protocol, size if self.size is None else self.size,
                           len(self.spis) if self.count is None else self.count
                           ) + b"".join(self.spis)

    @classmethod
    def read(cls, body: bytes) -> Delete:
        protocol, size, count = _unpack("!BBH", body)
        if len(body) != 4 + size * count:
            raise Malformed(f"{count} SPIs of {size} octets in a payload of {len(body)}")
        return cls(protocol, [body[at:at + size] for at in range(4, len(body), size)]
                   if size else [])


@dataclass
class Vendor(Nonce):
    kind = Kind.VENDOR


@dataclass
class Selector:
    """One range of addresses, protocols and ports."""

    first: str
    last: str
    protocol: int = 0
    ports: tuple[int, int] = (0, 0xFFFF)
    type: int = TS_IPV6
    length: int | None = None

    def octets(self) -> bytes:
        ends = b"".join(ipaddress.ip_address(one).packed for one in (self.first, self.last))
        return struct.pack("!BBHHH", self.type, self.protocol, 8 + len(ends)
                           if self.length is None else self.length, *self.ports) + ends


@dataclass
class TS(Payload):
    """The selectors of either end; which one says its subclass."""

    selectors: list[Selector] = field(default_factory=list)
    count: int | None = None
    zero: bytes = bytes(3)

    def body(self) -> bytes:
        count = len(self.selectors) if self.count is None else self.count
        return bytes([count]) + self.zero + b"".join(one.octets() for one in self.selectors)

    @classmethod
    def read(cls, body: bytes) -> TS:
        (count,) = _unpack("!B3x", body)
        found = list(_selectors(body[4:]))
        if len(found) != count:
            raise Malformed(f"{len(found)} selectors where {count} are told")
        return cls(found, zero=body[1:4])


def _selectors(body: bytes) -> Iterator[Selector]:
    while body:
        kind, protocol, length, *ports = _unpack("!BBHHH", body)
        if not 8 < length <= len(body) or length % 2:
            raise Malformed(f"a selector of length {length}")
        half = (length - 8) // 2
        first, last = (str(ipaddress.ip_address(body[at:at + half])) for at in (8, 8 + half))
        yield Selector(first, last, protocol, (ports[0], ports[1]), kind)
        body = body[length:]


@dataclass
class TSi(TS):
    kind = Kind.TSI


@dataclass
class TSr(TS):
    kind = Kind.TSR


@dataclass
class Encrypted(Payload):
    """SK as it came: its first inner payload, and IV, ciphertext and ICV."""

    kind = Kind.SK
    data: bytes
    first: int = Kind.NONE

    def body(self) -> bytes:
        return self.data

    @classmethod
    def read(cls, body: bytes) -> Encrypted:
        return cls(body)


def _unpack(layout: str, body: bytes) -> tuple:
    try:
        return struct.unpack_from(layout, body)
    except struct.error:
        raise Malformed(f"{len(body)} octets are too few") from None


READERS: dict[int, Callable[[bytes], Payload]] = {
    one.kind: one.read for one in (SA, KE, IDi, IDr, Cert, CertReq, AUTH, Nonce, Notify, Delete,
                                   Vendor, TSi, TSr, Encrypted)}


def reader(kind: int) -> Callable[[bytes], Payload] | None:
    return READERS.get(kind)


def transform(kind: int, ident: int, bits: int = 0) -> Transform:
    return Transform(kind, ident, [(KEY_LENGTH, bits)] if bits else [])
