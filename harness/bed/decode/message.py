"""message - which IKE or Mobile IPv6 message a frame carries, and the ways to spoil it.

Kinds are "IKE_AUTH request", "CREATE_CHILD_SA response", "BU", "BA", "MPS", "MPA"; what is inside
ESP is opened with the keys of the kernels. A spoiled IKE message has a checksum that holds, so
that it reaches the daemon; one inside ESP does not pass the ICV.
Shapes:  Ethernet frames in, None for everything that is no such message.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.bed.decode import esp, ike_wire, pcap
from harness.bed.decode.xfrm import State

ETHERNET, IPV6_HEADER, UDP_HEADER = 14, 40, 8
LENGTH_AT, UDP_LENGTH_AT, UDP_CHECKSUM_AT = ETHERNET + 4, 4, 6
TYPES = {(pcap.MOBILITY, 5): "BU", (pcap.MOBILITY, 6): "BA",
         (pcap.ICMPV6, 146): "MPS", (pcap.ICMPV6, 147): "MPA"}
TYPE_AT = {pcap.MOBILITY: 2, pcap.ICMPV6: 0}

FindSa = Callable[[str], State | None]


def kind(frame: bytes, sa_of: FindSa) -> str | None:
    """The kind of message, if the frame carries one."""
    layer = next(reversed(list(_layers(frame))), None)
    if layer is None:
        return None
    if layer.proto == ike_wire.UDP:
        return next((f"{m.exchange} {'response' if m.response else 'request'}"
                     for m in ike_wire.parsed(0.0, layer)), None)
    proto, payload = layer.proto, layer.payload
    if proto == pcap.ESP:
        proto, payload = _opened(payload, sa_of)
    at = TYPE_AT.get(proto)
    return TYPES.get((proto, payload[at])) if at is not None and len(payload) > at else None


def _layers(frame: bytes) -> Iterator[pcap.Layer]:
    return pcap.layers(pcap.ipv6_of(pcap.Frame(0, 0.0, pcap.ETHERNET, frame)))


def _opened(packet: bytes, sa_of: FindSa) -> tuple[int, bytes]:
    """Next header and payload of the innermost packet; that of ESP where no SA opens it."""
    head = esp.spi(packet)
    state = sa_of(head[0]) if head else None
    opened = esp.opened(packet, state) if state else None
    if opened and opened[0] == pcap.IPV6:
        inner = next(pcap.layers(opened[1]), None)
        return (inner.proto, inner.payload) if inner else (pcap.ESP, packet)
    return opened or (pcap.ESP, packet)


def of_capture(link: Path, netlinks: list[Path], mac: str) -> Iterator[tuple[float, str, bool]]:
    """Time, kind and whether `mac` sent it, of every message that it sent or got."""
    sas = esp.sas(netlinks)
    own = bytes.fromhex(mac.replace(":", ""))
    for frame in pcap.frames(link):
        if own not in (frame.octets[:6], frame.octets[6:12]):
            continue
        found = kind(frame.octets, sas.get)
        if found:
            yield frame.time, found, frame.octets[6:12] == own


def _split(frame: bytes) -> tuple[bytes, bytes]:
    """Everything in front of the payload of the outer IPv6 packet, and the payload."""
    size = ETHERNET + IPV6_HEADER + int.from_bytes(frame[LENGTH_AT:LENGTH_AT + 2], "big")
    frame = frame[:size]
    layer = next(_layers(frame))
    at = len(frame) - len(layer.payload)
    return frame[:at], frame[at:]


def _joined(head: bytes, payload: bytes) -> bytes:
    """A frame again, with lengths and UDP checksum as they have to be."""
    size = len(head) + len(payload) - ETHERNET - IPV6_HEADER
    head = head[:LENGTH_AT] + size.to_bytes(2, "big") + head[LENGTH_AT + 2:]
    if head[ETHERNET + 6] == ike_wire.UDP:
        length = len(payload).to_bytes(2, "big")
        payload = payload[:UDP_LENGTH_AT] + length + bytes(2) + payload[UDP_HEADER:]
        check = _checksum(head[ETHERNET + 8:ETHERNET + IPV6_HEADER], payload)
        payload = payload[:UDP_CHECKSUM_AT] + check + payload[UDP_HEADER:]
    return head + payload


def _checksum(addresses: bytes, udp: bytes) -> bytes:
    data = addresses + struct.pack("!II", len(udp), ike_wire.UDP) + udp + bytes(len(udp) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ((0xFFFF ^ total) or 0xFFFF).to_bytes(2, "big")


def cut(frame: bytes) -> bytes:
    """Without the last quarter of its payload."""
    head, payload = _split(frame)
    return _joined(head, payload[:len(payload) * 3 // 4])


def flipped(frame: bytes) -> bytes:
    """With one bit in the middle of its payload the other way."""
    head, payload = _split(frame)
    at = len(payload) // 2
    return _joined(head, payload[:at] + bytes([payload[at] ^ 0x10]) + payload[at + 1:])
