"""relay - a wire with a mind: every frame between a node and its link passes one thread.

It stands where a scenario declares faults on messages, and nowhere else. The node's port leaves
the bridge, a veth pair takes its place there, and the thread carries frames between the two, so
that the k-th message of a kind in a direction can be dropped, doubled, held, repeated later, cut
or flipped.
Units:   seconds of time.monotonic().
"""

from __future__ import annotations

import ctypes
import fcntl
import math
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.bed.base.wait import Fact
from harness.bed.decode import message, nl, xfrm_nl
from harness.bed.decode.xfrm import State
from harness.bed.node import topo
from harness.bed.node.mobile import Mobile
from harness.bed.node.node import Node

ETH_P_ALL, OUTGOING, FRAME_MAX = 3, 4, 1 << 16
SIOCETHTOOL, STXCSUM = 0x8946, 0x17
TICK = 0.05

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
    waiting: list["Parcel"] = field(default_factory=list)

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
        """What is held goes on now."""
        for parcel in self.waiting:
            parcel.due = 0.0


@dataclass
class Parcel:
    """A frame that leaves later."""

    due: float
    frame: bytes
    out: socket.socket


class Relay:
    """The wire of one mobile node."""

    def __init__(self, rtr: Node, host: Mobile) -> None:
        self.rtr, self.host = rtr, host
        self.faults: list[Fault] = []
        self.took: list[float] = []
        self._sas: dict[str, State] = {}
        self.askers = [(node, node.call(nl.Socket, socket.NETLINK_XFRM))
                       for node in (host, host.home_agent)]
        self._parcels: list[Parcel] = []
        self._stop = threading.Event()
        _insert(rtr, host)
        self._ends = {name: _open(rtr, device) for name, device in (
            ("node", host.name), ("link", f"{host.name}-r"))}
        self._thread = threading.Thread(target=self._loop, name=f"{host.name}.relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        for sock in self._ends.values():
            sock.close()
        for _, asker in self.askers:
            asker.close()

    def latency(self) -> str:
        took = [1000 * one for one in sorted(self.took)] or [0.0]
        return (f"{len(self.took)} frames, {took[len(took) // 2]:.1f} ms in the median, "
                f"{took[len(took) * 99 // 100]:.1f} ms for 99 %, {took[-1]:.1f} ms at most")

    def _loop(self) -> None:
        node, link = self._ends["node"], self._ends["link"]
        with selectors.DefaultSelector() as ready:
            ready.register(node, selectors.EVENT_READ, link)
            ready.register(link, selectors.EVENT_READ, node)
            while not self._stop.is_set():
                for key, _ in ready.select(self._patience()):
                    self._drain(key.fileobj, key.data)
                self._deliver()

    def _patience(self) -> float:
        due = min((parcel.due for parcel in self._parcels), default=math.inf)
        return max(0.0, min(TICK, due - time.monotonic()))

    def _drain(self, sock: socket.socket, out: socket.socket) -> None:
        while True:
            try:
                frame, sender = sock.recvfrom(FRAME_MAX)
            except OSError:
                return  # no more for now, or the port went down: it says so once
            if sender[2] != OUTGOING:
                start = time.monotonic()
                self._pass(frame, out)
                self.took.append(time.monotonic() - start)

    def _pass(self, frame: bytes, out: socket.socket) -> None:
        fault = self._fault(frame, out is self._ends["link"])
        if fault is None:
            _send(out, frame)
            return
        for later, changed in FATES[fault.fate](frame, fault.later):
            if not later:
                _send(out, changed)
                continue
            parcel = Parcel(time.monotonic() + later, changed, out)
            fault.waiting.append(parcel)
            self._parcels.append(parcel)
        fault.done = True
        self.host.story.note(f"on {self.host.name}'s wire: {fault}")

    def _fault(self, frame: bytes, from_node: bool) -> Fault | None:
        """The fault that waits for this frame, counted by all that know its kind."""
        mine = [f for f in self.faults if not f.done and (f.by == self.host.name) == from_node]
        kind = message.kind(frame, self._sa) if mine else None
        return next(iter([fault for fault in mine if kind and fault.takes(kind)]), None)

    def _sa(self, spi: str) -> State | None:
        """Its keys from whichever kernel has them."""
        for _, asker in self.askers if spi not in self._sas else ():
            found = xfrm_nl.dump(asker).states
            self._sas |= {s.spi: s for s in found if s.proto == "esp" and s.spi and not s.larval}
        return self._sas.get(spi)

    def _deliver(self) -> None:
        now = time.monotonic()
        for parcel in [one for one in self._parcels if one.due <= now]:
            self._parcels.remove(parcel)
            _send(parcel.out, parcel.frame)


def _send(sock: socket.socket, frame: bytes) -> None:
    """A port that is down, or a full queue, loses a frame as a wire does."""
    try:
        sock.send(frame)
    except OSError:
        return


def _open(rtr: Node, device: str) -> socket.socket:
    sock = rtr.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((device, ETH_P_ALL))
    sock.setblocking(False)
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
    off = (ctypes.c_uint32 * 2)(STXCSUM, 0)
    request = struct.pack("=16sQ", device.encode(), ctypes.addressof(off))
    with node.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCETHTOOL, request)
