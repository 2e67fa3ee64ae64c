"""relay - a wire with a mind: every frame between a node and its link passes the driver.

It stands where a scenario declares faults on messages, and nowhere else. The node's port leaves
the bridge, a veth pair takes its place there, and the relay carries frames between the two, so
that the k-th message of a kind in a direction can be dropped, doubled, held, repeated later, cut
or flipped. The guest's clock is held while it thinks.
Units:   seconds of the guest's clock.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.bed.base.wait import Fact
from harness.bed.decode import message
from harness.bed.decode.xfrm import State
from harness.bed.node import topo
from harness.bed.node.far_socket import FarSocket
from harness.bed.node.frames import Refused
from harness.bed.node.mobile import Mobile
from harness.bed.node.node import Node

ETH_P_ALL, OUTGOING = 3, 4
SIOCETHTOOL, STXCSUM, IFNAME_SIZE = 0x8946, 0x17, 16
FOREVER = 1e9

# What becomes of the frame: which frames leave instead, and how many seconds later.
Fate = Callable[[bytes, float], list[tuple[float, bytes]]]
FATES: dict[str, Fate] = {
    "drop": lambda frame, later: [],
    "duplicate": lambda frame, later: [(0, frame), (0, frame)],
    "hold": lambda frame, later: [(later, frame)],
    "replay": lambda frame, later: [(0, frame), (later, frame)],
    "truncate": lambda frame, later: [(0, message.cut(frame))],
    "flip": lambda frame, later: [(0, message.flipped(frame))],
}


@dataclass
class Fault:
    """What happens to the k-th message of a kind that `by` sends; kinds are those of message.py,
    a shorter one means several of them."""

    kind: str
    by: str
    k: int
    fate: str
    later: float = 1.0
    seen: int = 0
    done: bool = False
    held: list[tuple[FarSocket, bytes]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.fate} {self.kind} {self.k} by {self.by}"

    def takes(self, kind: str) -> bool:
        """Count it; whether it is the one."""
        if not kind.startswith(self.kind):
            return False
        self.seen += 1
        return self.seen == self.k

    @property
    def happened(self) -> Fact:
        return Fact(f"the relay has done: {self}", lambda: (
            None if self.done else f"{self.seen} such messages have passed"))

    def release(self) -> None:
        """What is held until then goes on now."""
        while self.held:
            out, frame = self.held.pop(0)
            _send(out, frame)


class Relay:
    """The wire of one mobile node."""

    def __init__(self, rtr: Node, host: Mobile) -> None:
        self.rtr, self.host = rtr, host
        self.faults: list[Fault] = []
        self.passed = 0
        self._sas: dict[str, State] = {}
        _insert(rtr, host)
        self._node, self._link = (_open(rtr, device) for device in (host.name, f"{host.name}-r"))
        self._node.watch(lambda frame, sender, _: self._come(frame, sender, self._link))
        self._link.watch(lambda frame, sender, _: self._come(frame, sender, self._node))

    def close(self) -> None:
        for sock in (self._node, self._link):
            sock.close()

    def _come(self, frame: bytes, sender: tuple, out: FarSocket) -> None:
        if sender[2] != OUTGOING:
            self.passed += 1
            self._pass(frame, out)

    def _pass(self, frame: bytes, out: FarSocket) -> None:
        fault = self._fault(frame, out is self._link)
        if fault is None:
            _send(out, frame)
            return
        for later, changed in FATES[fault.fate](frame, fault.later):
            if later >= FOREVER:
                fault.held.append((out, changed))
            else:
                _send(out, changed, later)
        fault.done = True
        self.host.story.note(f"on {self.host.name}'s wire: {fault}")

    def _fault(self, frame: bytes, from_node: bool) -> Fault | None:
        """The fault that waits for this frame, counted by all that know its kind."""
        mine = [f for f in self.faults if not f.done and (f.by == self.host.name) == from_node]
        kind = message.kind(frame, self._sa) if mine else None
        return next(iter([fault for fault in mine if kind and fault.takes(kind)]), None)

    def _sa(self, spi: str) -> State | None:
        """Its keys from whichever kernel has them."""
        for node in (self.host, self.host.home_agent) if spi not in self._sas else ():
            found = node.xfrm().states
            self._sas |= {s.spi: s for s in found if s.proto == "esp" and s.spi and not s.larval}
        return self._sas.get(spi)


def _send(sock: FarSocket, frame: bytes, later: float = 0) -> None:
    """A port that is down, or a full queue, loses a frame as a wire does."""
    try:
        sock.send(frame, later)
    except Refused:
        return


def _open(rtr: Node, device: str) -> FarSocket:
    sock = rtr.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((rtr.links()[device], ETH_P_ALL))
    return sock


def _insert(rtr: Node, host: Mobile) -> None:
    """The node's port stays with its wire; the pair's end NAME-b is in the bridge instead."""
    port, bridge, inner = host.name, f"{host.name}-b", f"{host.name}-r"
    topo.batch(rtr, [f"link add {bridge} type veth peer name {inner}"])
    for device in (port, inner):
        topo.set_sysctls(rtr, {f"net.ipv6.conf.{device}.disable_ipv6": "1"})
    _finish_checksums(host, "eth0")
    _finish_checksums(rtr, bridge)
    topo.batch(rtr, [f"link set {port} nomaster", f"link set {bridge} master {host.member.link}",
                     f"link set {bridge} up", f"link set {inner} up"])
    host.plug = bridge


def _finish_checksums(node: Node, device: str) -> None:
    """A frame that a program reads has to be whole: no checksum is left to a card that is none."""
    with node.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.ioctl(SIOCETHTOOL, struct.pack("=16sQ16x", device.encode(), 0),
                   struct.pack("=II", STXCSUM, 0), IFNAME_SIZE)
