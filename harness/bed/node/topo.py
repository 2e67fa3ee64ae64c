"""topo - the links and nodes of topology T0, as data, and one loop that builds them.

            rtr  (2001:9::9, the correspondent)
     ┌───────┼──────────┐
     hl      f1         f2
  2001:1::  2001::    2001:2::
     │       │
    moon    carol, dave

Each link is a bridge inside rtr, each node's eth0 a veth pair whose other end is a port of that
bridge with the node's name. So moving a node to another link is moving its port.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.bed.node.node import Node

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


def build_router(rtr: Node) -> None:
    """The bridges, the correspondent's address and forwarding."""
    lines = ["link set lo up", f"address add {CORRESPONDENT}/128 dev lo"]
    for name, link in LINKS.items():
        lines += [
            f"link add name {name} address {link.mac} type bridge forward_delay 0"
            " mcast_snooping 0",
            f"link set {name} addrgenmode none up",
            f"address add {link.router}/64 dev {name} nodad",
            f"address add {link.local}/64 dev {name} nodad",
        ]
    set_sysctls(rtr, ROUTER)
    batch(rtr, lines)
    rtr.run("nft -f /etc/advertise.nft")


def attach(rtr: Node, node: Node, member: Member) -> None:
    """Plug `node` into its link; its interface is up and its addresses are set afterwards."""
    batch(rtr, [
        f"link add {node.name} type veth peer name eth0 address {member.mac} netns {node.tid}",
        f"link set {node.name} master {member.link}",
        f"link set {node.name} up",
    ])
    set_sysctls(node, member.sysctls)
    batch(node, [
        "link set lo up",
        "link set eth0 up",
        *(f"address add {address} dev eth0" for address in member.addresses),
        *(f"route add {route} dev eth0" for route in member.routes),
    ])


def advertise(node: Node) -> None:
    """Router advertisements as the node's radvd.conf says."""
    node.keep("radvd", ["radvd", "-n", "-m", "stderr", "-C", "/etc/radvd.conf"])


def batch(node: Node, lines: list[str]) -> None:
    """Many lines for ip(8) in one process."""
    node.run("ip -batch -", text="".join(f"{line}\n" for line in lines))


def set_sysctls(node: Node, sysctls: dict[str, str]) -> None:
    for name, value in sysctls.items():
        node.write("/proc/sys/" + name.replace(".", "/"), value)
