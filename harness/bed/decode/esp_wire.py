"""esp_wire - the ESP packets of a link's capture by SPI and sequence number, without any key."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.bed.decode import pcap


@dataclass(frozen=True)
class Esp:
    time: float
    src: str
    dst: str
    spi: int
    seq: int


def packets(capture: Path) -> Iterator[Esp]:
    for frame in pcap.frames(capture):
        layer = next(pcap.layers(pcap.ipv6_of(frame)), None)
        if layer and layer.proto == pcap.ESP and len(layer.payload) >= 8:
            yield Esp(frame.time, layer.src, layer.dst, *struct.unpack_from("!II", layer.payload))


def breaks(capture: Path) -> Iterator[str]:
    """A sentence for each number of an SPI that is not one more than the last."""
    last: dict[int, int] = {}
    for packet in packets(capture):
        before = last.get(packet.spi, packet.seq - 1)
        if packet.seq != before + 1:
            yield f"SPI {packet.spi:08x} from {packet.src}: number {packet.seq} after {before}"
        last[packet.spi] = packet.seq


def moved(capture: Path) -> set[int]:
    """The SPIs that were used between more than one pair of outer addresses."""
    ends: dict[int, set[tuple[str, str]]] = {}
    for packet in packets(capture):
        ends.setdefault(packet.spi, set()).add((packet.src, packet.dst))
    return {spi for spi, pairs in ends.items() if len(pairs) > 1}
