"""ike_wire - the IKE messages of a link's capture, as their headers show them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.bed.decode import pcap

UDP = 17
PORT, NAT_PORT = 500, 4500
UDP_HEADER, IKE_HEADER = 8, 28
EXCHANGES = {34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA", 37: "INFORMATIONAL"}
FLAG_RESPONSE = 0x20
ENCRYPTED_FRAGMENT = 53


@dataclass(frozen=True)
class Ike:
    time: float
    src: str
    dst: str
    exchange: str
    id: int
    response: bool
    spi_i: bytes
    spi_r: bytes
    fragment: tuple[int, int] | None = None
    octets: bytes = field(default=b"", repr=False, compare=False)

    @property
    def identity(self) -> tuple[bytes, int, str, bool, str]:
        """What a repetition of it has in common with it."""
        return self.spi_i, self.id, self.exchange, self.response, self.src

    def __str__(self) -> str:
        kind = "response" if self.response else "request"
        return f"{self.exchange} {kind} {self.id} from {self.src} to {self.dst}"


def messages(capture: Path) -> Iterator[Ike]:
    """Every IKE message in the clear that passed the link, in order."""
    for frame in pcap.frames(capture):
        layer = next(pcap.layers(pcap.ipv6_of(frame)), None)
        if layer and layer.proto == UDP:
            yield from parsed(frame.time, layer)


def parsed(time: float, layer: pcap.Layer) -> Iterator[Ike]:
    """The IKE message of a UDP packet, if it is one."""
    if len(layer.payload) < UDP_HEADER + IKE_HEADER:
        return
    ports = struct.unpack_from("!HH", layer.payload)
    body = layer.payload[UDP_HEADER:]
    if NAT_PORT in ports:
        body = body[4:] if body[:4] == bytes(4) else b""
    elif PORT not in ports:
        return
    if len(body) >= IKE_HEADER:
        exchange, flags, number = struct.unpack_from("!xxBBI", body, 16)
        yield Ike(time, layer.src, layer.dst, EXCHANGES.get(exchange, str(exchange)), number,
                  bool(flags & FLAG_RESPONSE), body[:8], body[8:16], _fragment(body), body)


def _fragment(body: bytes) -> tuple[int, int] | None:
    """Number and total of a message in fragments (RFC 7383 section 2.5)."""
    if body[16] != ENCRYPTED_FRAGMENT or len(body) < IKE_HEADER + 8:
        return None
    number, total = struct.unpack_from("!HH", body, IKE_HEADER + 4)
    return number, total
