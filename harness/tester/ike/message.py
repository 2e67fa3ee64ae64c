"""message - IKEv2 messages as dataclasses, built and read octet by octet.

Every field that a true message derives (lengths, counts, next payloads, flags) is None and is
derived; where a test sets one, it is sent as it is. So everything that the format can say can be
sent, the true and the false. Reading is strict: what is not well-formed is Malformed, and reserved
fields are kept as they came.
Source: RFC 7296 section 3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from harness.tester.ike.numbers import GENERIC, HEADER, VERSION, Exchange, Flag, Kind
from harness.tester.ike.payloads import Encrypted, Malformed, Payload, Raw, reader

HEAD = struct.Struct("!8s8sBBBBII")
One = TypeVar("One", bound=Payload)


@dataclass
class Message:
    """One message; `initiator` says who began the IKE_SA, `response` what this message is."""

    exchange: int
    payloads: list[Payload] = field(default_factory=list)
    spi_i: bytes = bytes(8)
    spi_r: bytes = bytes(8)
    id: int = 0
    initiator: bool = True
    response: bool = False
    version: int = VERSION
    flags: int | None = None
    first: int | None = None
    length: int | None = None
    octets: bytes = b""

    def all(self, kind: type[One]) -> list[One]:
        return [one for one in self.payloads if type(one) is kind]

    def one(self, kind: type[One]) -> One:
        """The only payload of its kind."""
        found = self.all(kind)
        assert len(found) == 1, f"{self} has {len(found)} payloads {kind.__name__}, not one"
        return found[0]

    def notes(self) -> list[int]:
        """The types of its notifications."""
        return [one.type for one in self.payloads if one.kind == Kind.NOTIFY]

    def __str__(self) -> str:
        name = Exchange(self.exchange).name if self.exchange in iter(Exchange) else self.exchange
        inner = ", ".join(map(str, self.payloads))
        return f"{name} {'response' if self.response else 'request'} {self.id} {{{inner}}}"


def header(message: Message, first: int, body: int) -> bytes:
    flags = message.flags
    if flags is None:
        flags = Flag.INITIATOR * message.initiator | Flag.RESPONSE * message.response
    length = HEADER + body if message.length is None else message.length
    return HEAD.pack(message.spi_i, message.spi_r, first if message.first is None
                     else message.first, message.version, message.exchange, flags, message.id,
                     length)


def chain(payloads: Sequence[Payload], last: int = Kind.NONE) -> bytes:
    """Payloads behind each other; each names the next."""
    kinds = [*(one.number for one in payloads), last][1:]
    return b"".join(one.octets(kind) for one, kind in zip(payloads, kinds, strict=True))


def first_of(payloads: Sequence[Payload], last: int = Kind.NONE) -> int:
    return payloads[0].number if payloads else last


def build(message: Message) -> bytes:
    """A message in the clear."""
    body = chain(message.payloads)
    return header(message, first_of(message.payloads), len(body)) + body


def parse(octets: bytes) -> Message:
    """A message as it came; what is in its SK payload stays sealed."""
    if len(octets) < HEADER:
        raise Malformed(f"{len(octets)} octets are no IKE message")
    spi_i, spi_r, first, version, exchange, flags, ident, length = HEAD.unpack_from(octets)
    if length != len(octets):
        raise Malformed(f"its length is {length}, it came with {len(octets)} octets")
    return Message(exchange, list(unchain(first, octets[HEADER:])), spi_i, spi_r, ident,
                   bool(flags & Flag.INITIATOR), bool(flags & Flag.RESPONSE), version, flags,
                   first, length, octets)


def unchain(kind: int, octets: bytes) -> Iterator[Payload]:
    """The payloads of a chain; behind an SK payload nothing may follow."""
    at = 0
    while kind != Kind.NONE:
        if len(octets) - at < GENERIC:
            raise Malformed(f"no room for a payload of type {kind}")
        following, bits, length = struct.unpack_from("!BBH", octets, at)
        if not GENERIC <= length <= len(octets) - at:
            raise Malformed(f"payload {kind} has length {length} of {len(octets) - at}")
        body = octets[at + GENERIC:at + length]
        payload = reader(kind)(body) if reader(kind) else Raw(kind, body)
        payload.critical, payload.reserved = bool(bits & 0x80), bits & 0x7F
        at += length
        if isinstance(payload, Encrypted):
            payload.first, following = following, Kind.NONE
        yield payload
        kind = following
    if at != len(octets):
        raise Malformed(f"{len(octets) - at} octets stand behind the last payload")
