"""kwords - xfrm netlink messages as short sentences for a time line and a ladder.

nlmon.py tells every fact of a message; here is what a reader of the story asks: which SA, which
policy, from where to where.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from functools import lru_cache

from harness.bed.decode import nl, nlmon, xfrm_nl
from harness.bed.decode.xfrm import Selector, selector_text

A_MIGRATE, A_TMPL = 17, 5
ACQUIRE = struct.Struct("=24s16s56s168s")


def _attributes(body: bytes, size: int) -> dict[int, bytes]:
    return dict(nl.attributes(body[size:]))


def _sel(sel: Selector) -> str:
    """Addresses, protocol and type: ports and codes are those of one packet."""
    return selector_text(Selector(sel.src, sel.dst, sel.proto, sel.type))


def _sa(body: bytes) -> str:
    state = xfrm_nl.state(body)
    name = state.spi or ("wildcard" if state.wildcard else "")
    coa = f" care-of address {state.coa}" if state.coa else ""
    reqid = f" reqid {state.reqid}" if state.reqid else ""
    return f"{state.proto} {name} {state.src} -> {state.dst} {state.mode}{reqid}{coa}".replace(
        "  ", " ")


def _sa_id(body: bytes) -> str:
    daddr, spi, family, proto = nlmon.SA_ID.unpack_from(body)
    name = f" 0x{socket.ntohl(spi):08x}" if spi else ""
    return f"{xfrm_nl.protocol(proto)}{name} to {xfrm_nl.address(daddr, family)}"


def _policy(body: bytes) -> str:
    policy = xfrm_nl.policy(body)
    tmpls = ", ".join(f"{t.proto} {t.mode} {t.src} -> {t.dst}"
                      + (f" reqid {t.reqid}" if t.reqid else "") for t in policy.tmpls)
    return (f"{policy.ptype} {policy.dir} {_sel(policy.sel)}"
            + (f" by {tmpls}" if tmpls else ""))


def _policy_id(body: bytes) -> str:
    direction = body[xfrm_nl.SELECTOR.size + 4]
    return f"{xfrm_nl.direction(direction)} {_sel(xfrm_nl.selector(body))}"


def _migrate(body: bytes) -> str:
    entries = xfrm_nl.migrations(_attributes(body, 64).get(A_MIGRATE, b""))
    moves = "; ".join(f"{e.proto} {e.mode} reqid {e.reqid} {e.old[0]} -> {e.old[1]} "
                      f"becomes {e.new[0]} -> {e.new[1]}" for e in entries)
    return f"{_policy_id(body)}: {moves}"


def _state_move(body: bytes) -> str:
    move = xfrm_nl.state_move(body)
    return f"{_sa_id(body)} becomes {move.new[0]} -> {move.new[1]}"


def _acquire(body: bytes) -> str:
    _, _, selector, _ = ACQUIRE.unpack_from(body)
    tmpls = xfrm_nl.templates(_attributes(body, 280).get(A_TMPL, b""))
    reqid = f" reqid {tmpls[0].reqid} {tmpls[0].mode}" if tmpls else ""
    return f"for {_sel(xfrm_nl.selector(selector))}{reqid}"


def _expire(body: bytes) -> str:
    return f"{'hard' if body[xfrm_nl.SA_INFO.size] else 'soft'} {_sa(body[:224])}"


# Name of a message: the size of its fixed part, the word for it, what it says.
SHORT: dict[str, tuple[int, str, Callable[[bytes], str]]] = {
    "NEWSA": (224, "SA new", _sa), "UPDSA": (224, "SA update", _sa),
    "DELSA": (24, "SA delete", _sa_id), "ALLOCSPI": (224, "SPI for", _sa),
    "NEWPOLICY": (168, "policy new", _policy), "UPDPOLICY": (168, "policy update", _policy),
    "DELPOLICY": (64, "policy delete", _policy_id), "MIGRATE": (64, "MIGRATE", _migrate),
    "ACQUIRE": (280, "ACQUIRE", _acquire), "EXPIRE": (232, "EXPIRE", _expire),
    "MIGRATE_STATE": (132, "SA moves", _state_move),
    "FLUSHSA": (0, "SA flush", lambda _: ""), "FLUSHPOLICY": (0, "policy flush", lambda _: ""),
}


def line(message: nl.Message) -> str:
    return _line(message.type, message.body)


@lru_cache(xfrm_nl.KNOWN)
def _line(kind: int, body: bytes) -> str:
    name = nlmon.TYPES.get(kind, f"xfrm message {kind}")
    size, word, read = SHORT.get(name, (0, name, lambda _: ""))
    if len(body) < size:
        return word
    return f"{word} {read(body)}".rstrip()
