"""stage - what a test of the tester holds in its hand: the subject, and the tester's end.

                 rtr
       ┌──────────┴────────┐
       hl                  f1
       │                   │
      nut (subject)       tn (tester)

The tester is this process; its packets leave from the node tn. Where tn is plugged in is the
scenario's affair: `topology` gives T0 with both, and with what is behind a subject that is a
gateway (kinds.py).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import replace

from harness.bed.base import places
from harness.bed.base.topology import T0, Member, Plug, Topology
from harness.bed.node.far_socket import FarSocket
from harness.bed.stage.bed import Bed
from harness.tester import kinds
from harness.tester.ike import creds, esp
from harness.tester.ike.ends import Ends
from harness.tester.ike.message import Message
from harness.tester.ike.numbers import PORT, Exchange
from harness.tester.ike.sa import Child, Sa
from harness.tester.ike.suites import IKE, Group, Suite, chosen
from harness.tester.ike.payloads import SA, TSi, TSr
from harness.tester.ike.wire import NotHeard, Wire
from harness.tester.subjects.conf import SUITES, TESTER, Conf
from harness.tester.subjects.subject import DISCARD, Subject

NUT, TN, INN = "nut", "tn", "inn"
# What costs a subject least.
HALF_OPEN = Suite(prf=5, group=14)
MACS = {NUT: "06:1a:a8:00:0a:01", TN: "06:1a:a8:00:0a:02", INN: "06:1a:a8:00:0a:03"}


def topology() -> Topology:
    """T0 with a subject and a tester."""
    inside = "2001:2::5"
    nut = (_plug("hl", MACS[NUT], "2001:1::5", T0.links["hl"].router),
           _plug("f2", "06:1a:a8:00:0a:04", inside))
    return T0.with_members(**{
        NUT: Member(nut, laid("eth0", "eth1")),
        TN: Member((_plug("f1", MACS[TN], "2001::7", T0.links["f1"].router),)),
        INN: Member((_plug("f2", MACS[INN], kinds.INN, inside),), laid("eth0"))})


def laid(*devices: str) -> dict[str, str]:
    """Routes are what is laid; by its link-local address, without DAD, a gateway asks at once."""
    return {f"net.ipv6.conf.{one}.{word}": "0" for one in ("all", *devices)
            for word in ("accept_dad", "accept_ra")}


def _plug(link: str, mac: str, address: str, router: str = "") -> Plug:
    return Plug(link, mac, (f"{address}/64 nodad",), (f"default via {router}",) if router else ())


class Tester:
    """The subject is started when a test says so, each time as it wants it."""

    def __init__(self, bed: Bed, kind: str = kinds.END) -> None:
        self.bed, self.kind = bed, kind
        nut, self.node, *behind = bed.nodes(NUT, TN, *([INN] if kind == kinds.GATEWAY else []))
        bed.vain.add(NUT)  # What its kernel asks for a test may leave unanswered.
        own, peer = self.node.member.at, nut.member.at
        self.subject = Subject(nut, [nut, *behind][-1], own, bed.job.top)
        self.esp = SUITES[self.subject.esp]
        self.pfs, self.pfs_word = replace(self.esp, group=14), f"{self.subject.esp}-modp2048"
        self.ends = kinds.ends(kind, own, peer)
        self.sock = self.node.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.sock.bind((own, PORT))
        self.raw = self.node.socket(socket.AF_INET6, socket.SOCK_RAW, esp.ESP)
        self.raw.bind((own, 0))
        self.wire = Wire(self.sock, own, peer, bed.clock.monotonic)
        self.number = 0
        certs = places.build(bed.job.top) / "certs"
        self.who = creds.load(certs, "carol", creds.mail(TESTER))

    def start(self, mixed: bool = False, ends: Ends | None = None, **conf: object) -> Subject:
        """`mixed`: of the two one is an end node and one a gateway; `ends` are others."""
        self.ends = ends or kinds.ends(self.kind, self.wire.own, self.wire.peer, mixed)
        self.subject.start(Conf(self.ends, **{"esp": self.subject.esp} | conf))
        return self.subject

    # --- the tester begins ---

    def sa(self, suite: Suite = IKE) -> Sa:
        """A new IKE_SA that the tester may begin."""
        return Sa(self.wire, self.who, self.ends, True, suite, self.esp)

    def begun(self, suite: Suite = IKE) -> Sa:
        """IKE_SA_INIT is over."""
        sa = self.sa(suite)
        sa.take_init(sa.ask(Exchange.IKE_SA_INIT, *sa.init()))
        return sa

    def up(self, suite: Suite = IKE) -> Sa:
        """An IKE_SA and its first CHILD_SA stand, begun by the tester."""
        sa = self.begun(suite)
        sa.take_auth(sa.ask(Exchange.IKE_AUTH, *sa.auth()))
        self.bed.wait(self.subject.has(sa.child.spi, sa.child.other), within=2)
        return sa

    # --- the subject begins ---

    def asked(self, within: float = 5.0) -> Message:
        """The subject's next IKE_SA_INIT request."""
        return self.wire.hear(lambda one: one.exchange == Exchange.IKE_SA_INIT
                              and not one.response, within, "an IKE_SA_INIT request")

    def sa_of(self, request: Message, suite: Suite | None = None) -> Sa:
        """The tester's end of what the subject began."""
        proposals = request.one(SA).proposals
        sa = Sa(self.wire, self.who, self.ends, False, suite or chosen(proposals[0].first()),
                self.esp)
        sa.group = Group(sa.suite.group)
        sa.other = request.spi_i
        return sa

    def answered(self) -> Sa:
        """The subject has begun, and IKE_SA_INIT is over."""
        request = self.asked()
        sa = self.sa_of(request)
        sa.answer(request, *sa.init())
        sa.take_init(request)
        return sa

    def auth_asked(self, **conf: object) -> tuple[Sa, Message]:
        """A subject of that configuration has begun, and its IKE_AUTH has come and is taken."""
        self.start(**conf)
        self.subject.initiate()
        sa = self.answered()
        request = sa.request(Exchange.IKE_AUTH)
        sa.take_auth(request)
        sa.take_child(sa.child, request, b"".join(sa.nonces()), begun=False)
        return sa, request

    def up_by_subject(self) -> Sa:
        """An IKE_SA and its first CHILD_SA stand, begun by the subject."""
        self.subject.initiate()
        return self.stands()

    def stands(self) -> Sa:
        """What the subject has begun comes up as it wants it."""
        sa = self.answered()
        request = sa.request(Exchange.IKE_AUTH)
        sa.take_auth(request)
        sa.take_child(sa.child, request, b"".join(sa.nonces()), begun=False)
        *most, _, _ = sa.auth(sa.child.suite)
        sa.answer(request, *most, request.one(TSi), request.one(TSr))
        self.bed.wait(self.subject.has(sa.child.spi, sa.child.other), within=2)
        return sa

    # --- packets beside IKE ---

    def other_port(self, port: int) -> FarSocket:
        """Beside the one that IKE is spoken from."""
        sock = self.node.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.bind((self.wire.own, port))
        return sock

    def put(self, octets: bytes) -> None:
        """A whole IPv6 packet, whatever its source."""
        with self.node.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
            sock.sendto(octets, (self.wire.peer, 0, 0, self.node.links()["eth0"]))

    def half_open(self, number: int) -> None:
        """So many IKE_SA_INIT requests from as many other addresses of the tester's link."""
        for host in range(0x1000, 0x1000 + number):
            sa, src = self.sa(HALF_OPEN), f"{self.wire.own.rpartition(':')[0]}:{host:x}"
            octets = sa.octets(sa.message(Exchange.IKE_SA_INIT, *sa.init()[:3]))
            self.put(esp.wrapped(src, self.wire.peer, esp.udp(src, self.wire.peer, PORT, octets),
                                 esp.UDP))

    def unreachable(self, quoted: bytes) -> None:
        """ICMPv6 says that a packet of the subject's did not arrive, which nobody has proved."""
        self.put(esp.wrapped(self.wire.own, self.wire.peer, esp.icmp(
            self.wire.own, self.wire.peer, esp.UNREACHABLE, esp.NO_PORT, bytes(4) + quoted)))

    # --- packets of a CHILD_SA ---

    def pings(self, child: Child) -> None:
        """An echo request through the CHILD_SA is answered through it."""
        self.taken(child, child)

    def taken(self, child: Child, back: Child) -> None:
        """An echo request through one CHILD_SA is answered, by it or by the other one."""
        own, peer = self.ends.own.host, self.ends.peer.host
        self.bed.wait(self.subject.can_answer(child.other, {child.spi, back.spi}), within=2)
        self.number += 1
        number = self.number
        self.send_in(child, esp.ICMPV6, esp.echo(own, peer, number))
        self.hears_in({one.spi: one for one in (child, back)}, lambda proto, text: (
            proto, *struct.unpack_from("!B5xH", text)) == (esp.ICMPV6, esp.ECHO_REPLY, number),
            f"echo reply {number}")

    def carries_datagrams(self, child: Child) -> None:
        """One through the CHILD_SA arrives, and the subject's own comes by it."""
        own, peer = self.ends.own.host, self.ends.peer.host
        self.bed.wait(self.subject.can_answer(child.other, {child.spi}), within=2)
        with self.subject.listens() as sock:
            self.number += 1
            self.send_in(child, esp.UDP, esp.udp(own, peer, DISCARD, b"a datagram"))
            sock.settimeout(2)
            assert sock.recv(1 << 16) == b"a datagram"
        self.subject.has_datagram()
        self.hears_in({child.spi: child}, lambda proto, text: proto == esp.UDP, "a datagram")

    def send_in(self, child: Child, proto: int, text: bytes) -> None:
        """A packet of the tester's host to the subject's."""
        if not child.transport:
            text = esp.wrapped(self.ends.own.host, self.ends.peer.host, text, proto)
            proto = esp.IPV6
        self.raw.sendto(esp.seal(child.suite, child.mine, child.other, self.number, proto, text),
                        (self.wire.peer, 0))

    def hears_in(self, children: dict[bytes, Child], wanted: Callable[[int, bytes], bool],
                 what: str, within: float = 2.0) -> None:
        """A packet of the subject's host in one of the CHILD_SAs."""
        end = self.bed.clock.monotonic() + within
        while (left := end - self.bed.clock.monotonic()) >= 0:
            self.raw.settimeout(left)
            try:
                packet = self.raw.recv(1 << 16)
            except (TimeoutError, BlockingIOError):
                break
            child = children.get(packet[:4])
            if not child:
                continue
            proto, text = esp.unseal(child.suite, child.theirs, packet)
            if not child.transport:
                proto, text = text[6], text[40:]
            if wanted(proto, text):
                return
        spis = ", ".join(spi.hex() for spi in children)
        raise NotHeard(f"no {what} came by SPI {spis}")

    def end(self) -> None:
        """The subject runs still, and takes back what it has done."""
        self.subject.stop()
        self.sock.close()
        self.raw.close()
