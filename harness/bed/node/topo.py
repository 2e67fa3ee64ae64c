"""topo - builds a topology: one loop over links and members.

Each link is a bridge inside rtr, each node's eth0 a veth pair whose other end is a port of that
bridge with the node's name. So moving a node to another link is moving its port.
"""

from __future__ import annotations

from harness.bed.base.topology import CORRESPONDENT, LINKS, ROUTER, Member
from harness.bed.node.node import Node


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
