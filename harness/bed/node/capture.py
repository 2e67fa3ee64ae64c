"""capture - every link and every node's netlink traffic, from first to last packet, as pcap files.

One thread reads packet sockets that live in the nodes. A link is heard on rtr's bridge, netlink on
a nlmon device in each node; the testbed's own questions to the kernel are left out.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

from harness.bed.base import stamp
from harness.bed.decode import nl
from harness.bed.node.node import Node

SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 1, 1
SO_RCVBUFFORCE = 33
ROOM = 4 << 20
ETH_P_ALL, ARPHRD_NETLINK = 3, 824
LINK_ETHERNET, LINK_NETLINK = 1, 253
PCAP_MAGIC, SNAP = 0xA1B2C3D4, 1 << 18


class Writer:
    """A classic pcap file. Unbuffered: what a killed run has seen is in the file."""

    def __init__(self, path: Path, linktype: int) -> None:
        self.file = path.open("wb", buffering=0)
        self.file.write(struct.pack("=IHHiIII", PCAP_MAGIC, 2, 4, 0, 0, SNAP, linktype))

    def write(self, when: float, octets: bytes) -> None:
        seconds = int(when)
        micros = int((when - seconds) * 1_000_000)
        size = len(octets)
        self.file.write(struct.pack("=IIII", seconds, micros, size, size) + octets)

    def close(self) -> None:
        self.file.close()


@dataclass
class Tap:
    """One packet socket and the file it fills."""

    sock: socket.socket
    writer: Writer
    own: frozenset[int]


class Capture:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.links: dict[str, Path] = {}
        self.netlink: dict[str, Path] = {}
        self._selector = selectors.DefaultSelector()
        self._idle = threading.Event()
        self._ended = False
        self._bell, self._rings = socket.socketpair()
        self._selector.register(self._rings, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._loop, name="capture", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def hear_link(self, rtr: Node, link: str) -> None:
        sock = _open(rtr, link)
        member = struct.pack("=IHH8x", rtr.call(socket.if_nametoindex, link), PACKET_MR_PROMISC, 0)
        sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, member)
        self.links[link] = self._add(sock, f"{link}.pcap", LINK_ETHERNET, frozenset())

    def hear_netlink(self, node: Node) -> None:
        node.run("ip link add nlmon0 up type nlmon")
        own = frozenset((node.route.pid, node.ipsec.pid))
        self.netlink[node.name] = self._add(
            _open(node, "nlmon0"), f"{node.name}.netlink.pcap", LINK_NETLINK, own)

    def ignore(self, node: Node, pid: int) -> None:
        """One more netlink socket in `node` that is the testbed's own."""
        for key in self._selector.get_map().values():
            if key.data and key.data.writer.file.name == str(self.netlink[node.name]):
                key.data.own |= {pid}

    def _add(self, sock: socket.socket, name: str, linktype: int, own: frozenset[int]) -> Path:
        path = self.folder / name
        tap = Tap(sock, Writer(path, linktype), own)
        self._selector.register(sock, selectors.EVENT_READ, tap)
        return path

    def _loop(self) -> None:
        while not self._ended:
            for key, _ in self._selector.select():
                if key.data:
                    _drain(key.data)
                else:
                    self._rings.recv(1)
            if not self._selector.select(timeout=0):
                self._idle.set()

    def settle(self) -> None:
        """Return once every packet that was on its way is in its file."""
        self._idle.clear()
        self._bell.send(b"!")
        if not self._idle.wait(timeout=10):
            raise RuntimeError("the capture thread is stuck or its files cannot be written")

    def close(self) -> None:
        self.settle()
        self._ended = True
        self._bell.send(b"!")
        self._thread.join(timeout=5)
        for tap in [key.data for key in self._selector.get_map().values() if key.data]:
            tap.sock.close()
            tap.writer.close()
        self._bell.close()
        self._rings.close()


def _open(node: Node, device: str) -> socket.socket:
    sock = node.socket(socket.AF_PACKET, socket.SOCK_RAW)
    stamp.enable(sock)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    sock.bind((device, ETH_P_ALL))
    sock.setblocking(False)
    return sock


def _drain(tap: Tap) -> None:
    while True:
        try:
            data, when, sender = stamp.receive(tap.sock, SNAP)
        except (BlockingIOError, OSError):
            return
        if tap.own and any(m.pid in tap.own for m in nl.messages(data)):
            continue
        if sender[3] == ARPHRD_NETLINK:
            # The cooked header of LINKTYPE_NETLINK: packet type, device type, padding, family.
            data = struct.pack("!HH10xH", sender[2], ARPHRD_NETLINK, sender[1]) + data
        tap.writer.write(when, data)
