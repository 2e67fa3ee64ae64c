"""Netlink captures made by hand: a kernel tells of SAs with their age, and asks for one."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from ipaddress import IPv6Address
from pathlib import Path

from harness.bed.decode import nl, xfrm_nl

NEWSA, DELSA, ACQUIRE, UPDSA, FLUSHSA = 0x10, 0x11, 0x17, 0x1A, 0x1C
MIGRATE_STATE = 0x29
REQUEST, MULTI = 0x1, 0x2
HOA, COA, HA = "2001:1::10", "2001::50", "2001:1::1"
MODES = {"transport": 0, "tunnel": 1}
NEVER = 2**64 - 1
SELECTOR = xfrm_nl.SELECTOR.pack(bytes(16), bytes(16), 0, 0, 0, 0, socket.AF_INET6, 0, 0, 0, 0, 0)


def octets(address: str) -> bytes:
    return IPv6Address(address).packed


def ident(dst: str, spi: int) -> bytes:
    return xfrm_nl.ID.pack(octets(dst), socket.htonl(spi), socket.IPPROTO_ESP)


def sa(spi: int, added: int = 0, *, soft: int = NEVER, hard: int = NEVER, hard_use: int = NEVER,
       used: int = 0, key: str = "00" * 16, ends: tuple[str, str] = (COA, HA), reqid: int = 2,
       mode: str = "tunnel") -> bytes:
    """A state; without a key it is a larval one."""
    src, dst = ends
    times = struct.pack("=8Q4Q", *[NEVER] * 4, soft, hard, NEVER, hard_use, 0, 0, added, used)
    info = xfrm_nl.SA_INFO.pack(SELECTOR, ident(dst, spi), octets(src), times[:64], times[64:],
                                bytes(12), 0, reqid, socket.AF_INET6, MODES[mode], 32, 0)
    cipher = b"cbc(aes)".ljust(64, b"\0") + struct.pack("=I", 4 * len(key)) + bytes.fromhex(key)
    return info + (nl.attribute(xfrm_nl.A_CRYPT, cipher) if key else b"")


def gone(spi: int, dst: str = HA) -> bytes:
    return struct.pack("=16sIHB1x", octets(dst), socket.htonl(spi), socket.AF_INET6, 50)


def migrate_entry(new: tuple[str, str], old: tuple[str, str] = (COA, HA)) -> bytes:
    """MIGRATE: the tunnel with reqid 2 between two ends to others."""
    entry = xfrm_nl.MIGRATE.pack(octets(old[1]), octets(old[0]), octets(new[1]), octets(new[0]),
                                 socket.IPPROTO_ESP, MODES["tunnel"], 0, 2, socket.AF_INET6,
                                 socket.AF_INET6)
    return SELECTOR + struct.pack("=IB3x", 0, 1) + nl.attribute(17, entry)


def state_move(spi: int, src: str, dst: str = HA, was: str = HA) -> bytes:
    """MIGRATE_STATE: one SA to new ends."""
    return xfrm_nl.MIGRATE_STATE.pack(
        octets(was), socket.htonl(spi), socket.AF_INET6, socket.IPPROTO_ESP, octets(dst),
        octets(src), bytes(8), SELECTOR, 2, 0, socket.AF_INET6, 0)


def acquire(ends: tuple[str, str] = (COA, HA), reqid: int = 2, mode: str = "tunnel") -> bytes:
    src, dst = ends
    tmpl = xfrm_nl.TMPL.pack(ident(dst, 0), socket.AF_INET6, octets(src), reqid, MODES[mode], 0, 0,
                             0, 0, 0)
    head = ident(dst, 0) + octets(src) + SELECTOR + bytes(168) + bytes(16)
    return head + nl.attribute(xfrm_nl.A_TMPL, tmpl)


def message(kind: int, body: bytes, flags: int = 0) -> bytes:
    return nl.HEADER.pack(nl.HEADER.size + len(body), kind, flags, 1, 0) + body


def answer(error: int, kind: int = NEWSA) -> bytes:
    """The kernel's word to a request of message(): 0, or -errno."""
    return message(nl.NLMSG_ERROR, struct.pack("=iIHHII", error, 20, kind, REQUEST, 1, 0))


def capture(path: Path, messages: Iterable[tuple[float, bytes]],
            family: int = socket.NETLINK_XFRM) -> Path:
    """A pcap of LINKTYPE_NETLINK with one message a frame, at its time."""
    out = struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 253)
    for when, text in messages:
        frame = struct.pack("!HH10xH", 0, 824, family) + text
        micros = round(when * 1_000_000)
        out += struct.pack("=IIII", micros // 1_000_000, micros % 1_000_000, len(frame), len(frame))
        out += frame
    path.write_bytes(out)
    return path
