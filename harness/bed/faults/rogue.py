"""rogue - what another program with CAP_NET_ADMIN could do to move an SA that is not its own.

A MIGRATE asked of its own kernel, and one that it sends to a daemon's netlink socket as if it were
the kernel. Errors: OSError with the kernel's error.
Source: linux/xfrm.h; proc_pid_net_netlink.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from harness.bed.decode import nl, nlmon, xfrm_nl
from harness.bed.node.node import Node

MIGRATE, OUT = 0x21, 1
A_MIGRATE, A_KMADDRESS = 17, 19
POLICY_ID = struct.Struct("=56sIB3x")
GROUP_MIGRATE = 7
PATIENCE = 5.0
ANY = "::"


@dataclass(frozen=True)
class Move:
    """An outbound policy, its transport template, and where key management shall follow."""

    src: str
    dst: str
    reqid: int
    local: str
    proto: int = xfrm_nl.MH

    def body(self) -> bytes:
        src, dst, local, any_ = (socket.inet_pton(socket.AF_INET6, a)
                                 for a in (self.src, self.dst, self.local, ANY))
        selector = xfrm_nl.SELECTOR.pack(
            dst, src, 0, 0, 0, 0, socket.AF_INET6, 128, 128, self.proto, 0, 0)
        entry = xfrm_nl.MIGRATE.pack(any_, any_, dst, local, socket.IPPROTO_ESP, 0, 0, self.reqid,
                                     socket.AF_INET6, socket.AF_INET6)
        return (POLICY_ID.pack(selector, 0, OUT)
                + nl.attribute(A_KMADDRESS, nlmon.KMADDRESS.pack(
                    local, dst, 0, socket.AF_INET6))
                + nl.attribute(A_MIGRATE, entry))


def policy(move: Move) -> str:
    return (f"src {move.src}/128 dst {move.dst}/128 proto {move.proto} dir out priority 2"
            f" tmpl proto esp reqid {move.reqid} mode transport")


def migrate(node: Node, move: Move) -> None:
    """A policy of the program's own, moved by the kernel, which tells it in this namespace."""
    node.typed(f"ip xfrm policy add {policy(move)}")
    node.story.note(f"another program of {node.name} asks for a MIGRATE to {move.local}")
    listener = node.agent.listen(node.name, socket.NETLINK_XFRM, GROUP_MIGRATE)
    node.ipsec.ask(MIGRATE, move.body())
    octets, *_ = node.agent.receive(listener, PATIENCE)
    told = {message.type for message in nl.messages(octets)}
    node.agent.close(listener)
    assert told == {MIGRATE}


def forget(node: Node, move: Move) -> None:
    """Take the policy away again."""
    node.typed(f"ip xfrm policy delete {policy(move).partition(' priority')[0]}")


def pretend(node: Node, move: Move) -> int:
    """The same as an event, to every socket that listens for MIGRATE; gives how many there are."""
    lines = (node.read("/proc/thread-self/net/netlink") or "").splitlines()[1:]
    ports = [int(words[2]) for words in map(str.split, lines)
             if int(words[1]) == socket.NETLINK_XFRM and int(words[3], 16) & 1 << GROUP_MIGRATE - 1]
    node.story.note(f"another program of {node.name} pretends a MIGRATE to {move.local}")
    for port in ports:
        told = node.ipsec.message(MIGRATE, 0, move.body())
        node.agent.tell(node.name, socket.NETLINK_XFRM, port, told)
    return len(ports)
