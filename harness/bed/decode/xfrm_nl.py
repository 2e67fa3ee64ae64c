"""xfrm_nl - the kernel's xfrm structures read from netlink octets.

Gives the same facts as xfrm.py reads from `ip -s xfrm`, without a process, and the pieces
(selector, template, migrate entry) that nlmon.py prints. Interfaces are called if7, as iproute2
writes an index without a name. Source: linux/xfrm.h.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from harness.bed.decode import nl
from harness.bed.decode.facts import (
    DIRS, ENCAPS, EXTRA_FLAG_BITS, FLAG_BITS, IPSEC, LEVELS, MODES, POLICY_FLAG_BITS, PROTOCOLS,
    PTYPES, SHARES, XFRM_PROTOCOLS, Algorithm, Dump, Encap, Iptfs, Limits, Mark, Offload, Policy,
    Selector, State, Template, flag_names, named,
)

# How many states, and policies, are kept as they were read: whoever waits for a change looks many
# times at what has not changed, and a capture is read by several.
KNOWN = 1024
NEWSA, DELSA, GETSA = 0x10, 0x11, 0x12
NEWPOLICY, DELPOLICY, GETPOLICY = 0x13, 0x14, 0x15
A_AUTH, A_CRYPT, A_COMP, A_ENCAP, A_TMPL, A_SEC_CTX, A_REPLAY, A_COADDR = 1, 2, 3, 4, 5, 8, 10, 14
A_LASTUSED, A_POLICY_TYPE, A_AEAD, A_AUTH_TRUNC, A_MARK, A_TFCPAD, A_REPLAY_ESN = (
    15, 16, 18, 20, 21, 22, 23)
A_EXTRA_FLAGS, A_PAD, A_OFFLOAD, A_SET_MARK, A_SET_MARK_MASK, A_IF_ID = 24, 27, 28, 29, 30, 31
A_MTIMER, A_SA_DIR, A_NAT_KEEPALIVE, A_PCPU = 32, 33, 34, 35
A_DROP_TIME, A_REORDER, A_DONT_FRAG, A_INIT_DELAY, A_QUEUE_SIZE, A_PKT_SIZE = range(36, 42)

SELECTOR = struct.Struct("=16s16sHHHHHBBB3xiI")
ID = struct.Struct("=16sIB3x")
LIFETIME = struct.Struct("=8Q")
SA_INFO = struct.Struct("=56s24s16s64s32s12sIIHBBB7x")
POLICY_INFO = struct.Struct("=56s64s32sIIBBBB4x")
TMPL = struct.Struct("=24sH2x16sIBBBxIII")
MIGRATE = struct.Struct("=16s16s16s16sBBHIHH")
# One SA: which, its new ends, mark, selector, reqid, flags, family.
MIGRATE_STATE = struct.Struct("=16sIHBx16s16s8s56sIIHH")
MH, ICMP, ICMP6, GRE = 135, 1, 58, 47
INF = (1 << 64) - 1
NO_SELECTOR = bytes(SELECTOR.size)
# In the order in which iproute2 prints them; the size of what stands before the key.
ALGORITHMS = {A_AUTH_TRUNC: ("auth", 72), A_AEAD: ("aead", 72), A_CRYPT: ("enc", 68),
              A_COMP: ("comp", 68)}


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
    return named(number, XFRM_PROTOCOLS)


def address(octets: bytes, family: int) -> str:
    return nl.ip(octets if family == socket.AF_INET6 else octets[:4])


def raw_selector(data: bytes) -> Raw:
    (daddr, saddr, dport, dmask, sport, smask, family, dlen, slen, proto, ifindex,
     _) = SELECTOR.unpack_from(data)
    swap = socket.ntohs
    return Raw(f"{address(saddr, family)}/{slen}", f"{address(daddr, family)}/{dlen}", proto,
               swap(sport), swap(smask), swap(dport), swap(dmask), ifindex)


def selector(data: bytes, family: int = socket.AF_INET6) -> Selector:
    """`family` is that of the state, for a selector that has none of its own."""
    (daddr, saddr, dport, dmask, sport, smask, own, dlen, slen, proto, index,
     user) = SELECTOR.unpack_from(data)
    family = own or family
    found: dict[str, int] = {}
    for name, port, mask in zip(_port_names(proto), (sport, dport), (smask, dmask)):
        if mask:
            found[name] = port if name == "mh_dport" else socket.ntohs(port)
    if proto == GRE and (smask or dmask):
        found = {"key": socket.ntohs(sport) << 16 | socket.ntohs(dport)}
    return Selector(f"{address(saddr, family)}/{slen}", f"{address(daddr, family)}/{dlen}",
                    named(proto, PROTOCOLS) if proto else None,
                    dev=link(index) if index > 0 else None, uid=user, **found)


def _port_names(proto: int) -> tuple[str, str]:
    """What the two port words of a selector mean."""
    if proto in (ICMP, ICMP6):
        return "type", "code"
    return ("type", "mh_dport") if proto == MH else ("sport", "dport")


def link(index: int) -> str:
    return f"if{index}"


def templates(data: bytes) -> list[Template]:
    return [_template(data[at:at + TMPL.size])
            for at in range(0, len(data) - TMPL.size + 1, TMPL.size)]


def _template(data: bytes) -> Template:
    (ident, family, saddr, reqid, mode, share, optional,
     auth, enc, comp) = TMPL.unpack(data)
    daddr, spi, proto = ID.unpack(ident)
    return Template(address(saddr, family), address(daddr, family), protocol(proto), reqid,
                    named(mode, MODES), named(optional, LEVELS),
                    f"0x{socket.ntohl(spi):08x}" if spi else None, named(share, SHARES),
                    enc, auth, comp)


def migrations(data: bytes) -> list[Entry]:
    found = []
    for at in range(0, len(data) - MIGRATE.size + 1, MIGRATE.size):
        odst, osrc, ndst, nsrc, proto, mode, _, reqid, old, new = MIGRATE.unpack_from(data, at)
        found.append(Entry((address(osrc, old), address(odst, old)),
                           (address(nsrc, new), address(ndst, new)),
                           protocol(proto), named(mode, MODES), reqid))
    return found


@dataclass(frozen=True)
class StateMove:
    """What MIGRATE_STATE does with one SA."""

    proto: str
    spi: str
    dst: str
    new: tuple[str, str]
    reqid: int


def state_move(data: bytes) -> StateMove:
    dst, spi, family, proto, ndst, nsrc, _, _, reqid, _, new, _ = MIGRATE_STATE.unpack_from(data)
    return StateMove(protocol(proto), f"0x{socket.ntohl(spi):08x}", address(dst, family),
                     (address(nsrc, new), address(ndst, new)), reqid)


def _algorithm(kind: int, value: bytes) -> Algorithm:
    name, head = ALGORITHMS[kind]
    words = struct.unpack_from("=II" if head == 72 else "=I", value, 64)
    key = value[head:head + words[0] // 8].hex()
    return Algorithm(name, value[:64].rstrip(b"\0").decode(), f"0x{key}",
                     words[1] if head == 72 else None)


def _u32(value: bytes) -> int:
    return int.from_bytes(value, sys.byteorder)


def _limits(data: bytes) -> Limits:
    numbers = LIFETIME.unpack(data)
    return Limits(*(None if n == INF else n for n in numbers[:4]), *numbers[4:])


def _encap(value: bytes, family: int) -> Encap:
    kind, sport, dport, origin = struct.unpack_from("=HHH2x16s", value)
    return Encap(named(kind, ENCAPS), socket.ntohs(sport), socket.ntohs(dport),
                 address(origin, family))


def _offload(value: bytes, policy: bool = False) -> Offload:
    index, bits = struct.unpack_from("=iB", value)
    return Offload(link(index), None if policy else "in" if bits & 2 else "out",
                   "packet" if bits & 4 else "crypto")


def _security(value: bytes) -> str:
    length, = struct.unpack_from("=H", value, 6)
    return value[8:8 + length].split(b"\0")[0].decode(errors="backslashreplace")


# The octets of an attribute's value; what has others is no fact.
SIZES = {
    **dict.fromkeys((A_IF_ID, A_TFCPAD, A_NAT_KEEPALIVE, A_PCPU, A_MTIMER, A_EXTRA_FLAGS,
                     A_SET_MARK, A_SET_MARK_MASK, A_PKT_SIZE, A_QUEUE_SIZE, A_DROP_TIME,
                     A_INIT_DELAY), (4,)),
    A_MARK: (8,), A_SA_DIR: (1,), A_COADDR: (16,), A_ENCAP: (24,), A_OFFLOAD: (8,),
    A_POLICY_TYPE: (6,), A_REPLAY: (12,), A_LASTUSED: (8,), A_DONT_FRAG: (0,), A_REORDER: (2, 4)}


def _whole(kind: int, value: bytes) -> bool:
    """Whether the value has the octets that its kind has, no more and no fewer."""
    if kind in ALGORITHMS:
        head = ALGORITHMS[kind][1]
        name, _, rest = value[:64].partition(b"\0")
        return (len(value) >= head and name.isascii() and not rest.strip(b"\0")
                and len(value) == head + (struct.unpack_from("=I", value, 64)[0] + 7) // 8)
    if kind == A_SEC_CTX:
        return len(value) >= 8 and len(value) == 8 + struct.unpack_from("=H", value, 6)[0]
    if kind == A_REPLAY_ESN:
        return len(value) >= 24 and len(value) == 24 + 4 * struct.unpack_from("=I", value)[0]
    if kind == A_TMPL:
        return not len(value) % TMPL.size
    return len(value) in SIZES.get(kind, (len(value),))


def _found(data: bytes) -> dict[int, bytes]:
    return {kind: value for kind, value in nl.attributes(data) if _whole(kind, value)}


IPTFS = {A_PKT_SIZE: "pkt_size", A_QUEUE_SIZE: "max_queue_size", A_DROP_TIME: "drop_time",
         A_REORDER: "reorder_window", A_INIT_DELAY: "init_delay"}


def _iptfs(found: dict[int, bytes]) -> Iptfs | None:
    options = {name: _u32(found[kind]) for kind, name in IPTFS.items() if kind in found}
    if A_DONT_FRAG in found:
        options["dont_frag"] = True
    return Iptfs(**options) if options else None


def _mark(value: bytes) -> Mark:
    return Mark(*struct.unpack_from("=II", value))


def _output_mark(found: dict[int, bytes]) -> Mark | None:
    if A_SET_MARK not in found:
        return None
    return Mark(_u32(found[A_SET_MARK]),
                _u32(found[A_SET_MARK_MASK]) if A_SET_MARK_MASK in found else None)


# One attribute, one fact: the field and how its octets are read.
PLAIN: dict[int, tuple[str, Callable[[bytes], object]]] = {
    A_MARK: ("mark", _mark), A_IF_ID: ("if_id", _u32), A_SEC_CTX: ("security", _security),
    A_TFCPAD: ("tfcpad", _u32), A_NAT_KEEPALIVE: ("nat_keepalive", _u32), A_PCPU: ("pcpu", _u32),
    A_MTIMER: ("mtimer", _u32),
    A_SA_DIR: ("dir", lambda value: {1: "in", 2: "out"}.get(value[0], str(value[0]))),
    A_EXTRA_FLAGS: ("extra_flags", lambda value: flag_names(_u32(value), EXTRA_FLAG_BITS) or None),
}
# What a state may have beside: read together, the same as another, or a counter.
STATE_ATTRIBUTES = {*PLAIN, *ALGORITHMS, *IPTFS, A_AUTH, A_COADDR, A_ENCAP, A_OFFLOAD, A_SET_MARK,
                    A_SET_MARK_MASK, A_DONT_FRAG, A_REPLAY, A_REPLAY_ESN, A_LASTUSED, A_PAD}
POLICY_ATTRIBUTES = {A_TMPL, A_POLICY_TYPE, A_MARK, A_IF_ID, A_SEC_CTX, A_OFFLOAD, A_PAD}


def unread(kind: int, body: bytes) -> list[str]:
    """What of a message of a dump is no fact that state() or policy() knows."""
    size, known = {NEWSA: (SA_INFO.size, STATE_ATTRIBUTES),
                   NEWPOLICY: (POLICY_INFO.size, POLICY_ATTRIBUTES)}.get(kind, (0, set()))
    if not size:
        return [f"a message of type {kind}, no state or policy"]
    if len(body) < size:
        return [f"a message of {len(body)} octets, {size} expected"]
    found = nl.attributes(body[size:])
    taken = sum((4 + len(value) + 3) & ~3 for _, value in found)
    rest = len(body) - size - taken
    kinds = Counter(one for one, _ in found)
    # The kernel tells an authentication twice, without the length of its ICV and with it.
    alone = {A_AUTH} if A_AUTH_TRUNC not in kinds else set()
    return [f"attribute {one} of {len(value)} octets: {value.hex()}"
            for one, value in found
            if one not in known - alone or kinds[one] > 1 or not _whole(one, value)] + (
                [f"{rest} octets behind the last attribute"] if rest > 0 else [])


@lru_cache(KNOWN)
def state(body: bytes) -> State:
    (sel, ident, saddr, limits, *_, seq, reqid, family, mode, window,
     flags) = SA_INFO.unpack_from(body)
    found = _found(body[SA_INFO.size:])
    daddr, spi, proto = ID.unpack(ident)
    name = protocol(proto)
    more = {field: read(found[kind]) for kind, (field, read) in PLAIN.items() if kind in found}
    if A_REPLAY_ESN in found:
        window = struct.unpack_from("=6I", found[A_REPLAY_ESN])[5] or window
    return State(
        src=address(saddr, family), dst=address(daddr, family), proto=name,
        spi=f"0x{socket.ntohl(spi):08x}" if spi or name in IPSEC else None, reqid=reqid,
        mode=named(mode, MODES),
        replay_window=window,
        flags=flag_names(flags, FLAG_BITS),
        algorithms=tuple(_algorithm(k, found[k]) for k in ALGORITHMS if k in found),
        coa=address(found[A_COADDR], family) if A_COADDR in found else None,
        sel=None if sel == NO_SELECTOR else selector(sel, family),
        output_mark=_output_mark(found),
        encap=_encap(found[A_ENCAP], family) if A_ENCAP in found else None,
        offload=_offload(found[A_OFFLOAD]) if A_OFFLOAD in found else None,
        iptfs=_iptfs(found), limits=_limits(limits), detailed=True, **more)


def direction(number: int) -> str:
    """Of a policy; those of sockets count on from 3."""
    return named(number % 3 if number < 6 else number, DIRS)


@lru_cache(KNOWN)
def policy(body: bytes) -> Policy:
    (sel, limits, _, priority, _, way, action, flags,
     share) = POLICY_INFO.unpack_from(body)
    found = _found(body[POLICY_INFO.size:])
    ptype = found.get(A_POLICY_TYPE, b"\0")[0]
    more = {field: read(found[kind]) for kind, (field, read) in PLAIN.items()
            if kind in found and kind in POLICY_ATTRIBUTES}
    return Policy(
        selector(sel), direction(way), priority,
        named(ptype, PTYPES), {0: "allow", 1: "block"}.get(action, str(action)),
        tuple(templates(found.get(A_TMPL, b""))), socket=way > 2,
        flags=flag_names(flags, POLICY_FLAG_BITS),
        offload=_offload(found[A_OFFLOAD], True) if A_OFFLOAD in found else None,
        share=named(share, SHARES), limits=_limits(limits), detailed=True, **more)


def dump(asker: nl.Asker) -> Dump:
    """All states and policies of the node that `sock` (NETLINK_XFRM) lives in."""
    return Dump([state(m.body) for m in asker.dump(GETSA, b"")],
                [policy(m.body) for m in asker.dump(GETPOLICY, b"")])
