"""numbers - no two different ESP packets of one SA have one sequence number (RFC 4303 3.3.3).

Looked at where a packet enters the wire: in frames that a node of the bed has sent, not in those
that the router passes on. What a link repeats is the same packet; a different one under the same
number ends the replay protection, and with a cipher in counter mode the secrecy too.
Shapes:  one after the other, the captures of a story; findings, one for each SA.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.bed.check.finding import Finding
from harness.bed.decode import pcap

CHECK = "numbers"
SOURCE = slice(6, 12)


@dataclass(frozen=True)
class Sent:
    """An ESP packet at its sender's port."""

    where: str
    node: str
    ends: tuple[str, str]
    spi: int
    seq: int
    octets: bytes


def sent(capture: Path, nodes: Mapping[bytes, str]) -> Iterator[Sent]:
    """The ESP packets of a capture that one of the nodes, by their link addresses, has sent."""
    for frame in pcap.frames(capture):
        node = nodes.get(frame.octets[SOURCE]) if frame.link == pcap.ETHERNET else None
        if not node:
            continue
        for layer in pcap.layers(pcap.ipv6_of(frame)):
            if layer.proto == pcap.ESP and len(layer.payload) >= 8:
                spi, seq = struct.unpack_from("!II", layer.payload)
                yield Sent(f"{capture.name} frame {frame.number}", node, (layer.src, layer.dst),
                           spi, seq, layer.payload)


class Numbers:
    """What was sent so far, over all looks at captures."""

    def __init__(self) -> None:
        self.first: dict[tuple[str, int, int], tuple[int, str]] = {}
        self.told: set[tuple[str, int]] = set()

    def look(self, captures: Iterable[Path], nodes: Mapping[bytes, str]) -> Iterator[Finding]:
        """A finding for each SA of which a number came twice."""
        for packet in (one for path in captures for one in sent(path, nodes)):
            sa, mark = (packet.node, packet.spi), hash(packet.octets)
            before, where = self.first.setdefault((*sa, packet.seq), (mark, packet.where))
            if before != mark and sa not in self.told:
                self.told.add(sa)
                yield _finding(packet, where)


def _finding(packet: Sent, where: str) -> Finding:
    src, dst = packet.ends
    return Finding(CHECK, packet.node, f"two packets of {packet.node} from {src} to {dst} have "
                   "one SPI and sequence number",
                   f"SPI 0x{packet.spi:08x}, number {packet.seq}: {where} and {packet.where}")
