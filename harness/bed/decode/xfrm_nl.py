"""xfrm_nl - the kernel's xfrm structures read from netlink octets.

Gives the same facts as xfrm.py reads from `ip xfrm`, without a process, and the pieces (selector,
template, migrate entry) that nlmon.py prints. Source: linux/xfrm.h.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from harness.bed.decode import nl
from harness.bed.decode.xfrm import (
    FLAG_BITS, IPSEC, XFRM_PROTOCOLS, Algorithm, Dump, Policy, Selector, State, Template,
)

NEWSA, DELSA, GETSA = 0x10, 0x11, 0x12
NEWPOLICY, DELPOLICY, GETPOLICY = 0x13, 0x14, 0x15
A_AUTH, A_CRYPT, A_TMPL, A_COADDR, A_POLICY_TYPE, A_AEAD, A_AUTH_TRUNC = 1, 2, 5, 14, 16, 18, 20

SELECTOR = struct.Struct("=16s16sHHHHHBBB3xiI")
ID = struct.Struct("=16sIB3x")
LIFETIME = struct.Struct("=8Q")
SA_INFO = struct.Struct("=56s24s16s64s32s12sIIHBBB7x")
POLICY_INFO = struct.Struct("=56s64s32sIIBBBB4x")
TMPL = struct.Struct("=24sH2x16sIBBB13x")
MIGRATE = struct.Struct("=16s16s16s16sBBHIHH")
MODES = {0: "transport", 1: "tunnel", 2: "ro", 3: "in_trigger", 4: "beet"}
DIRS = {0: "in", 1: "out", 2: "fwd", 3: "in", 4: "out"}
PTYPES = {0: "main", 1: "sub"}
MH, ICMP6 = 135, 58
SELECTOR_PROTOCOLS = {0: None, MH: "mobility-header", ICMP6: "ipv6-icmp", 6: "tcp", 17: "udp"}
ALGORITHMS = {A_AUTH_TRUNC: ("auth-trunc", 72), A_CRYPT: ("enc", 68), A_AEAD: ("aead", 72)}


@dataclass(frozen=True)
class Raw:
    """A selector's numbers as the kernel has them; ports of MH and ICMPv6 are types."""

    src: str
    dst: str
    proto: int
    sport: int
    sport_mask: int
    dport: int
    dport_mask: int
    ifindex: int


@dataclass(frozen=True)
class Entry:
    """One template's move inside a MIGRATE."""

    old: tuple[str, str]
    new: tuple[str, str]
    proto: str
    mode: str
    reqid: int


def protocol(number: int) -> str:
    return XFRM_PROTOCOLS.get(str(number), str(number))


def address(octets: bytes, family: int) -> str:
    return nl.ip(octets if family == socket.AF_INET6 else octets[:4])


def raw_selector(data: bytes) -> Raw:
    (daddr, saddr, dport, dmask, sport, smask, family, dlen, slen, proto, ifindex,
     _) = SELECTOR.unpack_from(data)
    swap = socket.ntohs
    return Raw(f"{address(saddr, family)}/{slen}", f"{address(daddr, family)}/{dlen}", proto,
               swap(sport), swap(smask), swap(dport), swap(dmask), ifindex)


def selector(data: bytes) -> Selector:
    raw = raw_selector(data)
    typed = raw.proto in (MH, ICMP6) and raw.sport_mask
    name = SELECTOR_PROTOCOLS.get(raw.proto, str(raw.proto))
    return Selector(raw.src, raw.dst, name, type=raw.sport if typed else None)


def templates(data: bytes) -> list[Template]:
    return [_template(data[at:at + TMPL.size])
            for at in range(0, len(data) - TMPL.size + 1, TMPL.size)]


def _template(data: bytes) -> Template:
    ident, family, saddr, reqid, mode, _, optional = TMPL.unpack(data)
    daddr, spi, proto = ID.unpack(ident)
    return Template(address(saddr, family), address(daddr, family), protocol(proto), reqid,
                    MODES.get(mode, str(mode)), "use" if optional else "required",
                    f"0x{socket.ntohl(spi):08x}" if spi else None)


def migrations(data: bytes) -> list[Entry]:
    found = []
    for at in range(0, len(data) - MIGRATE.size + 1, MIGRATE.size):
        odst, osrc, ndst, nsrc, proto, mode, _, reqid, old, new = MIGRATE.unpack_from(data, at)
        found.append(Entry((address(osrc, old), address(odst, old)),
                           (address(nsrc, new), address(ndst, new)),
                           protocol(proto), MODES.get(mode, str(mode)), reqid))
    return found


def _algorithm(kind: int, value: bytes) -> Algorithm:
    name, head = ALGORITHMS[kind]
    words = struct.unpack_from("=II" if head == 72 else "=I", value, 64)
    key = value[head:head + words[0] // 8].hex()
    return Algorithm(name, value[:64].rstrip(b"\0").decode(), f"0x{key}",
                     words[1] if head == 72 else None)


def state(body: bytes) -> State:
    sel, ident, saddr, *_, reqid, family, mode, window, flags = SA_INFO.unpack_from(body)
    found = dict(nl.attributes(body[SA_INFO.size:]))
    daddr, spi, proto = ID.unpack(ident)
    name = protocol(proto)
    return State(
        src=address(saddr, family), dst=address(daddr, family), proto=name,
        spi=f"0x{socket.ntohl(spi):08x}" if name in IPSEC else None, reqid=reqid,
        mode=MODES.get(mode, str(mode)), replay_window=window,
        flags=tuple(sorted(word for bit, word in FLAG_BITS.items() if flags & bit)),
        algorithms=tuple(_algorithm(k, found[k]) for k in ALGORITHMS if k in found),
        coa=nl.ip(found[A_COADDR]) if A_COADDR in found else None, sel=selector(sel))


def policy(body: bytes) -> Policy:
    sel, _, _, priority, _, direction, action, _, _ = POLICY_INFO.unpack_from(body)
    found = dict(nl.attributes(body[POLICY_INFO.size:]))
    ptype = found.get(A_POLICY_TYPE, b"\0")[0]
    return Policy(selector(sel), DIRS.get(direction, str(direction)), priority,
                  PTYPES.get(ptype, str(ptype)), "block" if action else "allow",
                  tuple(templates(found.get(A_TMPL, b""))), socket=direction > 2)


def dump(sock: nl.Socket) -> Dump:
    """All states and policies of the node that `sock` (NETLINK_XFRM) lives in."""
    return Dump([state(m.body) for m in sock.dump(GETSA, b"")],
                [policy(m.body) for m in sock.dump(GETPOLICY, b"")])
