"""packets - what passed on the links, one fact a packet, ESP opened with the kernel's own keys.

A packet that is forwarded is one packet with several links; a tunnel's inner packet is told with
its ESP. Bulk are packets of which a story has many: pings, neighbour discovery.
Shapes:  pure reading of captures; times in seconds since 1970.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.bed.decode import esp, ike_wire, pcap
from harness.bed.decode.xfrm import State

IKE, BU, BA, ESP, MH, PING, OTHER = "IKE", "BU", "BA", "ESP", "MH", "ping", "other"
FORWARDED_WITHIN = 1.0
HOP_LIMIT = 7
MH_TYPES = {0: "BRR", 1: "HoTI", 2: "CoTI", 3: "HoT", 4: "CoT", 5: "BU", 6: "BA", 7: "BE"}
BU_FLAGS = {0x8000: "A", 0x4000: "H", 0x2000: "L", 0x1000: "K", 0x0400: "R"}
ICMPV6 = {1: "unreachable", 2: "too big", 3: "time exceeded", 4: "parameter problem",
          128: "echo request", 129: "echo reply", 133: "router solicitation",
          134: "router advertisement", 135: "neighbour solicitation",
          136: "neighbour advertisement", 143: "listener report", 144: "DHAAD request",
          145: "DHAAD reply", 146: "mobile prefix solicitation",
          147: "mobile prefix advertisement"}
BULK = {128, 129, 135, 136, 143}
SOLICITED, ADVERTISED, TARGET = 135, 136, 8
ALTERNATE_COA = 3
UDP = 17


@dataclass
class Packet:
    """`kind` sorts, `words` tell; `ends` are the outermost source and destination."""

    time: float
    links: list[str]
    ends: tuple[str, str]
    kind: str
    words: str
    bulk: bool = False
    frame: int = 0
    spi: str | None = None
    echo: tuple[int, int, int] | None = None
    facts: dict[str, object] = field(default_factory=dict)
    octets: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Payload:
    kind: str
    words: str
    bulk: bool = False
    echo: tuple[int, int, int] | None = None
    facts: dict[str, object] = field(default_factory=dict)


def read(links: Mapping[str, Path], sas: Mapping[str, State],
         names: Mapping[str, str] | None = None) -> list[Packet]:
    """Every packet once, in order of its first sight; `names` of SPIs are spoken if given."""
    sights = [(frame.time, link, frame) for link, path in links.items() if path.exists()
              for frame in pcap.frames(path)]
    found: list[Packet] = []
    seen: dict[bytes, Packet] = {}
    for time, link, frame in sorted(sights, key=lambda sight: sight[0]):
        octets = pcap.ipv6_of(frame)
        if len(octets) < 40:
            continue
        key = octets[:HOP_LIMIT] + octets[HOP_LIMIT + 1:]
        before = seen.get(key)
        if before and link not in before.links and time - before.time < FORWARDED_WITHIN:
            _also(before, link, octets)
            continue
        packet = _packet(time, link, frame, sas, names or {})
        if packet:
            seen[key] = packet
            found.append(packet)
    return found


def _also(packet: Packet, link: str, octets: bytes) -> None:
    """The same packet on another link: the one where it has been forwarded is behind."""
    if octets[HOP_LIMIT] > packet.octets[HOP_LIMIT]:
        packet.links.insert(0, link)
        packet.octets = octets
    else:
        packet.links.append(link)


def _packet(time: float, link: str, frame: pcap.Frame, sas: Mapping[str, State],
            names: Mapping[str, str]) -> Packet | None:
    layers = list(pcap.layers(pcap.ipv6_of(frame)))
    if not layers:
        return None
    spi, around = None, ""
    inner = layers[-1]
    if inner.proto == pcap.ESP and (head := esp.spi(inner.payload)):
        spi = head[0]
        around = f"ESP {names.get(spi, spi)}"
    payload = _payload(inner, sas)
    words = f"{payload.words} in {around}" if around and payload.kind != ESP \
        else around or payload.words
    words += " in a plain IPv6 tunnel" if len(layers) > 1 else ""
    outer = layers[0]
    home = outer.home_address or outer.routing_address
    through = f" ({'home address' if outer.home_address else 'routing header'} {home})" \
        if home else ""
    return Packet(time, [link], (outer.src, outer.dst), payload.kind, words + through,
                  payload.bulk, frame.number, spi, payload.echo, payload.facts, pcap.ipv6_of(frame))


def _payload(layer: pcap.Layer, sas: Mapping[str, State]) -> Payload:
    reader = READERS.get(layer.proto)
    if not layer.payload:
        return Payload(OTHER, "IP fragment")
    if reader:
        return reader(layer)
    if layer.proto == pcap.ESP:
        return _esp(layer, sas)
    return Payload(OTHER, f"protocol {layer.proto}")


def _esp(layer: pcap.Layer, sas: Mapping[str, State]) -> Payload:
    head = esp.spi(layer.payload)
    state = sas.get(head[0]) if head else None
    opened = esp.opened(layer.payload, state) if state else None
    if not opened:
        return Payload(ESP, "ESP")
    proto, text = opened
    if proto == pcap.IPV6:
        inner = next(pcap.layers(text), None)
        return _payload(inner, sas) if inner else Payload(ESP, "ESP")
    return _payload(pcap.Layer(layer.src, layer.dst, layer.home_address, layer.routing_address,
                               proto, text), sas)


def _udp(layer: pcap.Layer) -> Payload:
    for one in ike_wire.parsed(0.0, layer):
        way = "response" if one.response else "request"
        part = f" (fragment {one.fragment[0]} of {one.fragment[1]})" if one.fragment else ""
        facts = {"exchange": one.exchange, "id": one.id, "response": one.response,
                 "spi_i": one.spi_i.hex()}
        return Payload(IKE, f"{one.exchange} {way} {one.id}{part}", facts=facts)
    ports = struct.unpack_from("!HH", layer.payload) if len(layer.payload) >= 4 else (0, 0)
    return Payload(OTHER, f"UDP {ports[0]} to {ports[1]}")


def _icmpv6(layer: pcap.Layer) -> Payload:
    if len(layer.payload) < 8:
        return Payload(OTHER, "ICMPv6 cut short")
    kind = layer.payload[0]
    words = ICMPV6.get(kind, f"ICMPv6 type {kind}")
    if kind in (128, 129):
        ident, number = struct.unpack_from("!HH", layer.payload, 4)
        return Payload(PING, words, True, (kind, ident, number))
    if kind in (SOLICITED, ADVERTISED) and len(layer.payload) >= TARGET + 16:
        words += f" for {pcap.address(layer.payload[TARGET:TARGET + 16])}"
    return Payload(OTHER, words, kind in BULK)


def _mobility(layer: pcap.Layer) -> Payload:
    data = layer.payload
    if len(data) < 12:
        return Payload(MH, "mobility header cut short")
    kind = MH_TYPES.get(data[2], f"MH type {data[2]}")
    reader = {"BU": _bu, "BA": _ba}.get(kind)
    return reader(data) if reader else Payload(MH, kind)


def _bu(data: bytes) -> Payload:
    """RFC 6275 section 6.1.7: seq(16) flags(16) lifetime(16), in units of 4 s."""
    seq, bits, lifetime = struct.unpack_from("!HHH", data, 6)
    flags = "".join(name for bit, name in BU_FLAGS.items() if bits & bit)
    coa = _alternate(data[12:])
    words = f"BU {seq} {flags} lifetime {4 * lifetime} s" + (f" CoA {coa}" if coa else "")
    return Payload(BU, words, facts={"seq": seq, "flags": flags, "lifetime": 4 * lifetime,
                                     "coa": coa})


def _ba(data: bytes) -> Payload:
    """Section 6.1.8: status(8) K(1) reserved(7) seq(16) lifetime(16)."""
    status, bits, seq, lifetime = struct.unpack_from("!BBHH", data, 6)
    words = f"BA {seq} status {status}{' K' if bits & 0x80 else ''} lifetime {4 * lifetime} s"
    return Payload(BA, words, facts={"seq": seq, "status": status, "lifetime": 4 * lifetime})


def _alternate(options: bytes) -> str | None:
    for kind, value in _options(options):
        if kind == ALTERNATE_COA and len(value) == 16:
            return pcap.address(value)
    return None


def _options(options: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(options):
        if options[at] == 0:
            at += 1
            continue
        size = options[at + 1] if at + 1 < len(options) else 0
        yield options[at], options[at + 2:at + 2 + size]
        at += 2 + size


READERS: dict[int, Callable[[pcap.Layer], Payload]] = {
    UDP: _udp, pcap.ICMPV6: _icmpv6, pcap.MOBILITY: _mobility,
}
