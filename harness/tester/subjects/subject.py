"""subject - the daemon under test on its node: configured, started, told to begin, looked at.

It is whatever daemon the testbed has a driver for; what it is told beyond a driver's words is
traffic, which every implementation answers by negotiating.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.wait import Fact
from harness.bed.node.far_socket import FarSocket
from harness.bed.node.host import Host
from harness.tester.ike import esp
from harness.tester.ike.ends import Ends
from harness.tester.subjects import ended
from harness.tester.subjects.conf import NAME, REQID, REQID_OF_DATAGRAMS, Conf

FURNITURE = Path(__file__).parent / "nut"
ICMPV6, UDP = 58, 17
DISCARD = 9
FORWARDING = "/proc/sys/net/ipv6/conf/all/forwarding"


class Subject:
    """`behind` is the node of the network that it is a gateway of, or itself."""

    def __init__(self, host: Host, behind: Host, peer: str, top: Path) -> None:
        self.host, self.behind, self.peer, self.top = host, behind, peer, top
        self.own, self.esp = host.member.at, host.ike.ESP
        self.conf: Conf | None = None

    @property
    def ends(self) -> Ends:
        return self.conf.ends

    def start(self, conf: Conf) -> None:
        """Running and ready to answer, with the policies that its kernel needs."""
        self.conf = conf
        self.host.furnish(FURNITURE, places.build(self.top) / "certs")
        self.host.write("/etc/ipsec.conf", conf.text(self.own, self.peer))
        if self.behind is not self.host:
            self.host.write(FORWARDING, "1")
        if not self.host.ike.POLICIES:
            self.policies("add")
        with ended.told(self.host, self.host.ike.NAME, ended.STARTS_NOT):
            self.host.start_ike()
            self.host.await_(self.host.ike_running)

    def stop(self) -> None:
        """It must not have ended by itself before."""
        stands = bool(self.host.daemons) and not self.host.ike.POLICIES
        ended.end(self.host)
        if stands:
            self.policies("delete")

    def policies(self, verb: str) -> None:
        """Nothing passes between the two sides in the clear."""
        for protocol, priority, reqid in ((0, 2, REQID), (UDP, 1, REQID_OF_DATAGRAMS)):
            if protocol and not self.conf.divided:
                continue
            proto = f" proto {protocol}" if protocol else ""
            for way, text in self._ways(reqid):
                self.host.typed(f"ip xfrm policy {verb} {text[0]}{proto} dir {way}"
                                + (f" priority {priority} {text[1]}" if verb == "add" else ""))

    def _ways(self, reqid: int) -> Iterator[tuple[str, tuple[str, str]]]:
        """Each direction with its selector and its template."""
        sides = {"out": (self.own, self.peer, self.ends.peer.net, self.ends.own.net)}
        back = self.peer, self.own, self.ends.own.net, self.ends.peer.net
        sides |= dict.fromkeys(("in",) if self.behind is self.host else ("in", "fwd"), back)
        mode = "transport" if self.ends.transport else "tunnel"
        for way, (src, dst, inner_src, inner_dst) in sides.items():
            outer = f"src {src} dst {dst} " if mode == "tunnel" else ""
            yield way, (f"src {inner_src} dst {inner_dst}",
                        f"tmpl {outer}proto esp reqid {reqid} mode {mode}")

    def initiate(self) -> None:
        self.host.ike.begin(NAME, self._packet)

    def _packet(self) -> None:
        """One that its policy covers."""
        src, dst = self.ends.peer.host, self.ends.own.host
        self.host.story.note(f"{self.behind.name} has a packet for {dst}")
        with self.behind.socket(socket.AF_INET6, socket.SOCK_RAW, ICMPV6) as sock:
            sock.sendto(esp.echo(src, dst, 1), (dst, 0))

    def has_datagram(self) -> None:
        """What the connection for datagrams covers; nobody need hear it."""
        dst = self.ends.own.host
        self.host.story.note(f"{self.behind.name} has a datagram for {dst}")
        with self.behind.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"a datagram", (dst, DISCARD))

    def listens(self) -> FarSocket:
        """For datagrams, where they arrive."""
        sock = self.behind.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.bind((self.ends.peer.host, DISCARD))
        return sock

    def rekey_child(self) -> None:
        self.host.rekey(f"{NAME}{{{REQID}}}")

    def rekey_ike(self) -> None:
        self.host.rekey(f"{NAME}[1]")

    def close_child(self) -> None:
        self.host.ike.close(f"{NAME}{{*}}")

    def close_ike(self) -> None:
        self.host.ike.close(f"{NAME}[*]")

    def spis(self) -> set[bytes]:
        """Those of its kernel's SAs."""
        return {bytes.fromhex(one.spi.removeprefix("0x")) for one in self.host.xfrm().states
                if one.proto == "esp" and one.spi and not one.larval}

    def has(self, *spis: bytes) -> Fact:
        """Exactly these SAs stand."""
        def missing() -> str | None:
            found = self.spis()
            return None if found == set(spis) else f"SAs {sorted(one.hex() for one in found)}"
        names = ", ".join(one.hex() for one in spis) or "none"
        return Fact(f"the subject's SAs are {names}", missing)

    def can_answer(self, inbound: bytes, outbound: set[bytes]) -> Fact:
        """What comes by one SPI is taken, and what goes back by one of others can be sent."""
        def missing() -> str | None:
            found = self.spis()
            fine = inbound in found and outbound & found
            return None if fine else f"SAs {sorted(one.hex() for one in found)}"
        return Fact(f"the subject takes packets by {inbound.hex()} and answers", missing)
