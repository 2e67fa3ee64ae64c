"""rtmon - route netlink messages in words: addresses, routes, rules and links that come and go.

IPv6 only, beside links. Source: linux/rtnetlink.h, linux/if_addr.h, linux/fib_rules.h.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache

from harness.bed.decode import nl

LINK, ROUTE, RULE = (struct.Struct(layout) for layout in ("=BxHiII", "=BBBBBBBBI", "=BBBBB2xBI"))
IFF_UP, IFF_RUNNING = 0x1, 0x40
IFLA_IFNAME, IFLA_MASTER = 3, 10
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_TABLE = 1, 4, 5, 15
FRA_SRC, FRA_PRIORITY, FRA_TABLE = 2, 6, 15
AF_INET6 = 10
TABLE_LOCAL = 255
RTM_F_CLONED = 0x200
NEW, DEL = "appears", "goes"
# How many messages are kept in words: every listener hears each, and a capture is read by several.
KNOWN = 1024


def _u32(value: bytes) -> int:
    return struct.unpack("=I", value[:4])[0]


def _address(body: bytes) -> str:
    family, prefix, flags, _, index = nl.IFADDRMSG.unpack_from(body)
    found = dict(nl.attributes(body[nl.IFADDRMSG.size:]))
    if family != AF_INET6 or nl.IFA_ADDRESS not in found:
        return ""
    flags = _u32(found[nl.IFA_FLAGS]) if nl.IFA_FLAGS in found else flags
    words = [name for name, bit in nl.IFA_F.items() if flags & bit]
    return " ".join([f"address {nl.ip(found[nl.IFA_ADDRESS])}/{prefix}", f"interface {index}",
                     *words])


def _route(body: bytes) -> str:
    family, size, _, _, table, _, _, _, flags = ROUTE.unpack_from(body)
    found = dict(nl.attributes(body[ROUTE.size:]))
    table = _u32(found[RTA_TABLE]) if RTA_TABLE in found else table
    if family != AF_INET6 or table == TABLE_LOCAL or flags & RTM_F_CLONED:
        return ""
    target = f"{nl.ip(found[RTA_DST])}/{size}" if RTA_DST in found else "default"
    via = f" via {nl.ip(found[RTA_GATEWAY])}" if RTA_GATEWAY in found else ""
    return f"route {target}{via} table {table}"


def _rule(body: bytes) -> str:
    family, _, size, _, table, _, _ = RULE.unpack_from(body)
    found = dict(nl.attributes(body[RULE.size:]))
    if family != AF_INET6:
        return ""
    table = _u32(found[FRA_TABLE]) if FRA_TABLE in found else table
    source = f" from {nl.ip(found[FRA_SRC])}/{size}" if FRA_SRC in found else ""
    number = _u32(found[FRA_PRIORITY]) if FRA_PRIORITY in found else 0
    return f"rule {number}{source} table {table}"


def _link(body: bytes) -> str:
    _, _, index, flags, _ = LINK.unpack_from(body)
    found = dict(nl.attributes(body[LINK.size:]))
    name = found.get(IFLA_IFNAME, b"").rstrip(b"\0").decode(errors="replace")
    carrier = "up" if flags & IFF_UP and flags & IFF_RUNNING else "down"
    return f"link {name or index} {carrier}"


# Type of a message: its verb and its reader, which says nothing of what is no part of a story.
TYPES: dict[int, tuple[str, Callable[[bytes], str]]] = {
    16: ("is", _link), 17: (DEL, _link), 20: (NEW, _address), 21: (DEL, _address),
    24: (NEW, _route), 25: (DEL, _route), 32: (NEW, _rule), 33: (DEL, _rule),
}
SIZES = {_link: LINK.size, _address: nl.IFADDRMSG.size, _route: ROUTE.size, _rule: RULE.size}


def line(message: nl.Message) -> str:
    """One message in words; nothing for what is not of interest."""
    return _line(message.type, message.body)


@lru_cache(KNOWN)
def _line(kind: int, body: bytes) -> str:
    verb, read = TYPES.get(kind, ("", None))
    if not read or len(body) < SIZES[read]:
        return ""
    words = read(body)
    return f"{words} {verb}" if words and verb != "is" else words


def address_change(message: nl.Message) -> tuple[str, bool, bool] | None:
    """Address, whether it came, and whether it can be used yet; for the two messages of it."""
    if message.type not in (20, 21) or len(message.body) < nl.IFADDRMSG.size:
        return None
    family, _, flags, _, _ = nl.IFADDRMSG.unpack_from(message.body)
    found = dict(nl.attributes(message.body[nl.IFADDRMSG.size:]))
    if family != AF_INET6 or nl.IFA_ADDRESS not in found:
        return None
    flags = _u32(found[nl.IFA_FLAGS]) if nl.IFA_FLAGS in found else flags
    usable = not flags & (nl.IFA_F["tentative"] | nl.IFA_F["dadfailed"])
    return nl.ip(found[nl.IFA_ADDRESS]), message.type == 20, usable
