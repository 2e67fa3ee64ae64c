"""topology - the links and nodes of a scenario, as a value; T0 is the one that most have.

            rtr  (2001:9::9, the correspondent)
     ┌───────┼──────────┐
     hl      f1         f2
  2001:1::  2001::    2001:2::
     │       │
    moon    carol, dave

A scenario that needs another says so by a name TOPOLOGY of its file, made from T0 by `with_members`
or from scratch. What a run had is kept in its results, for those who read its captures later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

FILE = "topology.json"
FORWARDS = {"net.ipv6.conf.all.forwarding": "1"}


@dataclass(frozen=True)
class Link:
    """rtr's addresses on it skip DAD: a solicitation in the first second must be answered."""

    prefix: str
    router: str
    local: str
    mac: str


@dataclass(frozen=True)
class Plug:
    """One interface: the link that it is plugged into at first, and what is set on it."""

    link: str
    mac: str
    addresses: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Member:
    """A node; `plugs` are eth0, eth1, … in this order.

    `hoa` makes it a mobile node of the home agent `agent`, which has `reqids` for it.
    """

    plugs: tuple[Plug, ...]
    sysctls: Mapping[str, str] = field(default_factory=dict)
    hoa: str | None = None
    coa: str | None = None
    reqids: tuple[int, int] = (1, 2)
    agent: str = "moon"

    @property
    def link(self) -> str:
        return self.plugs[0].link

    @property
    def mac(self) -> str:
        return self.plugs[0].mac

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those of all its interfaces, without prefix length and flags."""
        return tuple(text.split("/")[0] for plug in self.plugs for text in plug.addresses)

    @property
    def at(self) -> str:
        """Where it can be reached from the start: a home agent's is what mobile nodes know."""
        return next((one for one in self.addresses if ":" in one), "")


@dataclass(frozen=True)
class Topology:
    """`correspondent` is an address of rtr, or of the member that has it."""

    links: Mapping[str, Link]
    members: Mapping[str, Member]
    correspondent: str = "2001:9::9"

    @cached_property
    def mobiles(self) -> dict[str, str]:
        """The mobile nodes by their home addresses."""
        return {member.hoa: name for name, member in self.members.items() if member.hoa}

    @cached_property
    def agents(self) -> dict[str, str]:
        """The address of each home agent, by its name."""
        names = dict.fromkeys(one.agent for one in self.members.values() if one.hoa)
        return {name: self.members[name].at for name in names}

    @property
    def home_agent(self) -> str:
        """The first one's address."""
        return next(iter(self.agents.values()))

    @property
    def foreign(self) -> list[str]:
        """The links that are no home agent's."""
        home = {self.members[name].link for name in self.agents}
        return [link for link in self.links if link not in home]

    @property
    def routed(self) -> bool:
        """Whether rtr itself is the correspondent."""
        return all(self.correspondent not in one.addresses for one in self.members.values())

    def with_members(self, **members: Member) -> Topology:
        return replace(self, members={**self.members, **members})

    def write(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1) + "\n")


def read(folder: Path) -> Topology:
    """What a run had; T0 where it has not said."""
    file = folder / FILE
    if not file.exists():
        return T0
    found = json.loads(file.read_text())
    members = {name: Member(**row | {"plugs": tuple(_plug(one) for one in row["plugs"]),
                                     "reqids": tuple(row["reqids"])})
               for name, row in found["members"].items()}
    links = {name: Link(**row) for name, row in found["links"].items()}
    return Topology(links, members, found["correspondent"])


def _plug(row: dict) -> Plug:
    return Plug(row["link"], row["mac"], tuple(row["addresses"]), tuple(row["routes"]))


T0 = Topology(
    links={
        "hl": Link("2001:1::/64", "2001:1::fe", "fe80::41a:a8ff:fe00:1fe", "06:1a:a8:00:01:fe"),
        "f1": Link("2001::/64", "2001::fe", "fe80::41a:a8ff:fe00:fe", "06:1a:a8:00:00:fe"),
        "f2": Link("2001:2::/64", "2001:2::fe", "fe80::41a:a8ff:fe00:2fe", "06:1a:a8:00:02:fe"),
    },
    members={
        "moon": Member((Plug("hl", "06:1a:a8:00:01:01", ("2001:1::1/64 nodad",),
                             ("default via 2001:1::fe",)),),
                       FORWARDS | {"net.ipv6.conf.all.proxy_ndp": "1",
                                   "net.ipv6.conf.eth0.proxy_ndp": "1"}),
        "carol": Member((Plug("f1", "06:1a:a8:6f:0c:67",
                              ("192.168.0.100/24", "fec0::41a:a8ff:fe6f:c67/64")),),
                        hoa="2001:1::10", coa="2001::41a:a8ff:fe6f:c67"),
        "dave": Member((Plug("f1", "06:1a:a8:6f:0d:68"),),
                       hoa="2001:1::20", coa="2001::41a:a8ff:fe6f:d68", reqids=(3, 4)),
    })
