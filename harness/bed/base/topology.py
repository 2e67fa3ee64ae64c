"""topology - the links and nodes of topology T0, as data.

            rtr  (2001:9::9, the correspondent)
     ┌───────┼──────────┐
     hl      f1         f2
  2001:1::  2001::    2001:2::
     │       │
    moon    carol, dave
"""

from __future__ import annotations

from dataclasses import dataclass, field

CORRESPONDENT = "2001:9::9"
HOME_AGENT = "2001:1::1"


@dataclass(frozen=True)
class Link:
    """rtr's addresses on it skip DAD: a solicitation in the first second must be answered."""

    prefix: str
    router: str
    local: str
    mac: str


@dataclass(frozen=True)
class Member:
    """A node with one interface. `hoa` makes it a mobile node, `reqids` are moon's for it."""

    link: str
    mac: str
    addresses: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    sysctls: dict[str, str] = field(default_factory=dict)
    hoa: str | None = None
    coa: str | None = None
    reqids: tuple[int, int] = (1, 2)


LINKS = {
    "hl": Link("2001:1::/64", "2001:1::fe", "fe80::41a:a8ff:fe00:1fe", "06:1a:a8:00:01:fe"),
    "f1": Link("2001::/64", "2001::fe", "fe80::41a:a8ff:fe00:fe", "06:1a:a8:00:00:fe"),
    "f2": Link("2001:2::/64", "2001:2::fe", "fe80::41a:a8ff:fe00:2fe", "06:1a:a8:00:02:fe"),
}
ROUTER = {"net.ipv6.conf.all.forwarding": "1"}
MEMBERS = {
    "moon": Member("hl", "06:1a:a8:00:01:01", (f"{HOME_AGENT}/64 nodad",),
                   ("default via 2001:1::fe",),
                   ROUTER | {"net.ipv6.conf.all.proxy_ndp": "1",
                             "net.ipv6.conf.eth0.proxy_ndp": "1"}),
    "carol": Member("f1", "06:1a:a8:6f:0c:67",
                    ("192.168.0.100/24", "fec0::41a:a8ff:fe6f:c67/64"),
                    hoa="2001:1::10", coa="2001::41a:a8ff:fe6f:c67"),
    "dave": Member("f1", "06:1a:a8:6f:0d:68", (),
                   hoa="2001:1::20", coa="2001::41a:a8ff:fe6f:d68", reqids=(3, 4)),
}
