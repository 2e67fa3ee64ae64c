"""cleartext - no home address leaves a mobile node outside ESP, and nothing in a plain tunnel.

Reads the capture of a foreign link: away from home every packet whose IPv6 source is the home
address, or whose inner source or home address option is the home address without ESP around or
behind it, is a violation; so is any IPv6-in-IPv6 without ESP, whatever is inside.
A scenario declares what it allows, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

from harness.bed.decode import pcap

PROTO_NAMES = {
    6: "tcp", 17: "udp", pcap.IPV6: "ipv6", pcap.ESP: "esp",
    pcap.ICMPV6: "icmpv6", 59: "no payload", pcap.MOBILITY: "mobility header",
}
ICMPV6_NAMES = {
    128: "echo request", 129: "echo reply", 133: "router solicitation",
    135: "neighbour solicitation", 136: "neighbour advertisement", 143: "listener report",
    146: "mobile prefix solicitation",
}


@dataclass(frozen=True)
class Allow:
    """Packets that a scenario lets pass: all conditions given must hold. Times: since 1970."""

    reason: str
    dst: str | None = None
    proto: int | None = None
    since: float | None = None
    until: float | None = None

    def holds(self, frame: pcap.Frame, layer: pcap.Layer) -> bool:
        return (
            (self.dst is None or ip_address(layer.dst) in ip_network(self.dst, strict=False))
            and (self.proto is None or layer.proto == self.proto)
            and (self.since is None or frame.time >= self.since)
            and (self.until is None or frame.time <= self.until))


def _exposure(layer: pcap.Layer, depth: int, hoa: str) -> str | None:
    """In which way a layer shows the home address, if it does."""
    if layer.src == hoa:
        return "as its inner source" if depth else "as its source"
    if layer.home_address == hoa and layer.proto != pcap.ESP:
        return "in a home address option without ESP"
    return None


def _payload(layer: pcap.Layer) -> str:
    name = PROTO_NAMES.get(layer.proto, f"protocol {layer.proto}")
    if layer.proto == pcap.ICMPV6 and layer.payload:
        kind = layer.payload[0]
        return f"{name} {ICMPV6_NAMES.get(kind, f'type {kind}')}"
    if layer.proto == pcap.MOBILITY and len(layer.payload) > 2:
        return f"{name} type {layer.payload[2]}"
    return name


def _in_the_clear(layers: list[pcap.Layer], hoa: str) -> Iterator[tuple[pcap.Layer, str]]:
    """What a packet shows that it must not, with the layer that shows it."""
    exposed = [(layer, _exposure(layer, depth, hoa)) for depth, layer in enumerate(layers)]
    shown = [(layer, f"shows {hoa} in the clear {how}") for layer, how in exposed if how]
    yield from shown
    if not shown and layers and layers[0].proto == pcap.IPV6:
        yield layers[-1], f"goes in a plain tunnel to {layers[0].dst}"


def check_pcap(path: Path, hoa: str, allow: Sequence[Allow] = (),
               mac: str | None = None) -> list[str]:
    """Sentences, one for each packet in the clear; `mac` looks at one sender's frames only."""
    hoa = str(ip_address(hoa))
    sender = bytes.fromhex(mac.replace(":", "")) if mac else None
    sentences, start = [], None
    for frame in pcap.frames(path):
        start = frame.time if start is None else start
        if sender and frame.link == pcap.ETHERNET and frame.octets[6:12] != sender:
            continue
        for layer, how in _in_the_clear(list(pcap.layers(pcap.ipv6_of(frame))), hoa):
            if not any(rule.holds(frame, layer) for rule in allow):
                sentences.append(
                    f"{Path(path).name} frame {frame.number} at {frame.time - start:.3f} s: "
                    f"{_payload(layer)} from {layer.src} to {layer.dst} {how}")
    return sentences
