"""subject - the daemon under test on its node: configured, started, told to begin, looked at.

It is whatever daemon the testbed has a driver for; what it is told beyond a driver's words is
traffic, which every implementation answers by negotiating.
"""

from __future__ import annotations

import socket
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.wait import Fact
from harness.bed.node.host import Host
from harness.tester.ike import esp
from harness.tester.subjects.conf import NAME, REQID, Conf

FURNITURE = Path(__file__).parent / "nut"
ICMPV6 = 58


class Crashed(AssertionError):
    """The daemon under test has ended without being told to."""


class Subject:
    def __init__(self, host: Host, peer: str, top: Path) -> None:
        self.host, self.peer, self.top = host, peer, top
        self.own = host.member.at

    def start(self, conf: Conf = Conf()) -> None:
        """Running and ready to answer, with the policies that its kernel needs."""
        self.host.furnish(FURNITURE, places.build(self.top) / "certs")
        self.host.write("/etc/ipsec.conf", conf.text(self.own, self.peer))
        self.policies("add", conf.transport)
        self.host.start_ike()
        self.host.await_(self.host.ike_running)

    def stop(self) -> None:
        """It must not have ended by itself before."""
        if gone := self.host.gone():
            raise Crashed(f"{gone[0]} of {self.host.name} no longer runs")
        if self.host.daemons:
            self.host.stop_ike()
            self.host.await_(self.host.stopped(self.host.ike.NAME))
            self.policies("delete", transport=True)

    def policies(self, verb: str, transport: bool) -> None:
        """Nothing passes between the two in the clear."""
        mode = "transport" if transport else "tunnel"
        for way, src, dst in (("out", self.own, self.peer), ("in", self.peer, self.own)):
            ends = f"src {src} dst {dst}" if mode == "tunnel" else ""
            template = f" tmpl {ends} proto esp reqid {REQID} mode {mode}"
            self.host.typed(f"ip xfrm policy {verb} src {src}/128 dst {dst}/128 dir {way}"
                            + (template if verb == "add" else ""))

    def initiate(self) -> None:
        """By a packet that its policy covers."""
        self.host.story.note(f"{self.host.name} has a packet for {self.peer}")
        with self.host.socket(socket.AF_INET6, socket.SOCK_RAW, ICMPV6) as sock:
            sock.sendto(esp.echo(self.own, self.peer, 1), (self.peer, 0))

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
        return {bytes.fromhex(one.spi.removeprefix("0x")) for one in self.host.esp(REQID)
                if one.spi}

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
