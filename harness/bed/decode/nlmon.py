"""nlmon - what a node said to its kernel and heard from it: xfrm netlink messages, one a line.

Reads the capture of a node's nlmon device. A line is time, direction, header and the facts of the
message; attributes come in the order of the message, because that order is part of a MIGRATE.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path

from harness.bed.decode import facts, nl, pcap, xfrm_nl

TYPES = {
    0x10: "NEWSA", 0x11: "DELSA", 0x12: "GETSA", 0x13: "NEWPOLICY", 0x14: "DELPOLICY",
    0x15: "GETPOLICY", 0x16: "ALLOCSPI", 0x17: "ACQUIRE", 0x18: "EXPIRE", 0x19: "UPDPOLICY",
    0x1A: "UPDSA", 0x1B: "POLEXPIRE", 0x1C: "FLUSHSA", 0x1D: "FLUSHPOLICY", 0x1E: "NEWAE",
    0x1F: "GETAE", 0x20: "REPORT", 0x21: "MIGRATE", 0x22: "NEWSADINFO", 0x23: "GETSADINFO",
    0x24: "NEWSPDINFO", 0x25: "GETSPDINFO", 0x26: "MAPPING", 0x27: "SETDEFAULT",
    0x28: "GETDEFAULT", 0x29: "MIGRATE_STATE",
}
SA_ID = struct.Struct("=16sIHB1x")
KMADDRESS = struct.Struct("=16s16sIH2x")


def _sel(data: bytes) -> str:
    raw = xfrm_nl.raw_selector(data)
    text = f"sel({raw.src} -> {raw.dst}"
    if raw.proto:
        text += f" proto {facts.named(raw.proto, facts.PROTOCOLS)}"
    if raw.sport_mask:
        text += f" sport/type {raw.sport}/{raw.sport_mask:x}"
    if raw.dport_mask:
        text += f" dport/code {raw.dport}/{raw.dport_mask:x}"
    return text + (f" ifindex {raw.ifindex})" if raw.ifindex else ")")


def _sa(body: bytes) -> str:
    found = xfrm_nl.state(body[:xfrm_nl.SA_INFO.size])
    spi = f" spi {found.spi}" if found.spi else ""
    flags = f" flags {','.join(found.flags)}" if found.flags else ""
    return (f"{found.src} -> {found.dst} {found.proto}{spi} reqid {found.reqid} {found.mode}"
            f" replay-window {found.replay_window}{flags} {_sel(body)}")


def _policy(body: bytes) -> str:
    *_, priority, index, direction, action, _, _ = xfrm_nl.POLICY_INFO.unpack_from(body)
    name = xfrm_nl.direction(direction)
    kind = "socket " if direction > 2 else ""
    return (f"{_sel(body)} {kind}dir {name} prio {priority} action "
            f"{'block' if action else 'allow'} index {index}")


def _policy_id(body: bytes) -> str:
    index, direction = struct.unpack_from("=IB", body, xfrm_nl.SELECTOR.size)
    return f"{_sel(body)} dir {xfrm_nl.direction(direction)} index {index}"


def _sa_id(body: bytes) -> str:
    daddr, spi, family, proto = SA_ID.unpack_from(body)
    return (f"dst {xfrm_nl.address(daddr, family)} {xfrm_nl.protocol(proto)}"
            f" spi 0x{socket.ntohl(spi):08x}")


def _acquire(body: bytes) -> str:
    ident, saddr, sel, policy = struct.unpack_from("=24s16s56s168s", body)
    daddr, _, proto = xfrm_nl.ID.unpack(ident)
    family = struct.unpack_from("=H", sel, 40)[0]
    index = xfrm_nl.POLICY_INFO.unpack(policy)[4]
    return (f"{xfrm_nl.address(saddr, family)} -> {xfrm_nl.address(daddr, family)}"
            f" {xfrm_nl.protocol(proto)} {_sel(sel)} policy index {index}")


def _expire(body: bytes) -> str:
    return f"{'hard' if body[xfrm_nl.SA_INFO.size] else 'soft'} {_sa(body)}"


def _range(body: bytes) -> str:
    low, high = struct.unpack_from("=II", body, xfrm_nl.SA_INFO.size)
    return f"{_sa(body)} min {low:08x} max {high:08x}"


def _state_move(body: bytes) -> str:
    move = xfrm_nl.state_move(body)
    return f"{_sa_id(body)} reqid {move.reqid} new {move.new[0]} -> {move.new[1]}"


def _nothing(_: bytes) -> str:
    return ""


# Name of a message: how long its fixed part is, and what it says.
Reader = tuple[int, Callable[[bytes], str]]
BODIES: dict[str, Reader] = {
    "NEWSA": (224, _sa), "UPDSA": (224, _sa), "DELSA": (24, _sa_id), "GETSA": (24, _sa_id),
    "NEWPOLICY": (168, _policy), "UPDPOLICY": (168, _policy), "DELPOLICY": (64, _policy_id),
    "GETPOLICY": (64, _policy_id), "ALLOCSPI": (232, _range), "ACQUIRE": (280, _acquire),
    "EXPIRE": (232, _expire), "MIGRATE": (64, _policy_id), "MIGRATE_STATE": (132, _state_move),
}
# The kernel's notice of a deletion: the id, then the whole object as an attribute.
NOTICES: dict[str, Reader] = {"ALLOCSPI": (224, _sa)}


def _tmpl(value: bytes) -> str:
    return " ".join(
        f"tmpl({t.proto} {t.src} -> {t.dst} reqid {t.reqid} {t.mode} level {t.level})"
        for t in xfrm_nl.templates(value))


def _migrate(value: bytes) -> str:
    return " ".join(
        f"MIGRATE({e.proto} {e.mode} reqid {e.reqid} old {e.old[0]} -> {e.old[1]}"
        f" new {e.new[0]} -> {e.new[1]})" for e in xfrm_nl.migrations(value))


def _kmaddress(value: bytes) -> str:
    local, remote, _, family = KMADDRESS.unpack_from(value)
    return (f"KMADDRESS(local {xfrm_nl.address(local, family)}"
            f" remote {xfrm_nl.address(remote, family)})")


def _algorithm(value: bytes) -> str:
    name = value[:64].rstrip(b"\0").decode(errors="replace")
    return f"alg({name} {struct.unpack_from('=I', value, 64)[0]} bits)"


ATTRIBUTES: dict[int, Callable[[bytes], str]] = {
    1: _algorithm, 2: _algorithm, 18: _algorithm, 20: _algorithm, 5: _tmpl,
    13: lambda v: f"srcaddr {nl.ip(v)}", 14: lambda v: f"coa {nl.ip(v)}",
    16: lambda v: f"ptype {facts.named(v[0], facts.PTYPES)}",
    17: _migrate, 19: _kmaddress,
}


@lru_cache(xfrm_nl.KNOWN)
def _facts(name: str, body: bytes) -> str:
    size, read = BODIES.get(name, (0, _nothing))
    if len(body) < size:
        size, read = NOTICES.get(name, (0, _nothing))
    if not size or len(body) < size:
        return f"len {len(body)}"
    words = [read(body)]
    words += [ATTRIBUTES[kind](value) for kind, value in nl.attributes(body[size:])
              if kind in ATTRIBUTES]
    return " ".join(words)


def _error(body: bytes) -> str:
    number, _, kind, _, seq, _ = struct.unpack_from("=iIHHII", body)
    return f"answer {number} for {TYPES.get(kind, kind)} seq {seq}"


def line(message: nl.Message) -> str:
    """One message in words, without its time."""
    head = f"pid {message.pid} seq {message.seq} fl 0x{message.flags:x}"
    if message.type == nl.NLMSG_ERROR and len(message.body) >= 20:
        return f"{head} {_error(message.body)}"
    if message.type == nl.NLMSG_DONE:
        return f"{head} DONE"
    name = TYPES.get(message.type, f"type {message.type}")
    if message.flags & nl.NLM_F_DUMP == nl.NLM_F_DUMP and name.startswith("GET"):
        return f"{head} {name} of all"
    return f"{head} {name} {_facts(name, message.body)}".rstrip()


def decode(capture: Path) -> Iterator[str]:
    """Every xfrm message of one node's capture, in order."""
    for frame in pcap.frames(capture):
        family = struct.unpack_from(">H", frame.octets, 14)[0]
        if family != socket.NETLINK_XFRM:
            continue
        clock = datetime.fromtimestamp(frame.time, timezone.utc).strftime("%H:%M:%S.%f")
        for message in nl.messages(frame.octets[16:]):
            yield f"{clock} {line(message)}"
