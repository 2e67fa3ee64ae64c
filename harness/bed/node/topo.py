"""topo - builds a topology: one loop over links and one over a member's interfaces.

Each link is a bridge inside rtr, each node's ethN a veth pair whose other end is a port of that
bridge with the node's name (NODE-N from the second on). So moving a node to another link is moving
its port.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.bed.base.topology import FORWARDS, Member, Plug, Topology
from harness.bed.node.node import Node


def build_router(rtr: Node, topology: Topology) -> None:
    """The bridges, forwarding, and the correspondent's address if it is the router's."""
    lines = ["link set lo up"]
    lines += [f"address add {topology.correspondent}/128 dev lo"] if topology.routed else []
    for name, link in topology.links.items():
        lines += [
            f"link add name {name} address {link.mac} type bridge forward_delay 0"
            " mcast_snooping 0",
            f"link set {name} addrgenmode none up",
            f"address add {link.router}/64 dev {name} nodad",
            f"address add {link.local}/64 dev {name} nodad",
        ]
    set_sysctls(rtr, FORWARDS)
    batch(rtr, lines)
    rtr.run("nft -f /etc/advertise.nft")


def port(name: str, number: int = 0) -> str:
    """What the other end of a node's interface is called."""
    return f"{name}-{number}" if number else name


def attach(rtr: Node, node: Node, member: Member) -> None:
    """Plug `node` into its links; interfaces are up and addresses are set afterwards."""
    batch(rtr, [line for number, plug in enumerate(member.plugs)
                for line in _cable(node, plug, number)])
    set_sysctls(node, member.sysctls)
    batch(node, ["link set lo up", *(line for number, plug in enumerate(member.plugs)
                                     for line in _interface(plug, f"eth{number}"))])


def _cable(node: Node, plug: Plug, number: int) -> list[str]:
    end = port(node.name, number)
    return [f"link add {end} type veth peer name eth{number} address {plug.mac} netns {node.tid}",
            f"link set {end} master {plug.link}", f"link set {end} up"]


def _interface(plug: Plug, device: str) -> list[str]:
    return [f"link set {device} up",
            *(f"address add {address} dev {device}" for address in plug.addresses),
            *(f"route add {route} dev {device}" for route in plug.routes)]


def advertise(node: Node) -> None:
    """Router advertisements as the node's radvd.conf says."""
    node.keep("radvd", ["radvd", "-n", "-m", "stderr", "-C", "/etc/radvd.conf"])


def batch(node: Node, lines: list[str]) -> None:
    """Many lines for ip(8) in one process."""
    node.run("ip -batch -", text="".join(f"{line}\n" for line in lines))


def set_sysctls(node: Node, sysctls: Mapping[str, str]) -> None:
    for name, value in sysctls.items():
        node.write("/proc/sys/" + name.replace(".", "/"), value)
