"""ports - the tester's interfaces: whole frames sent and heard, neighbours answered.

The tester's kernel has no address there: what is said by them is said here, so nothing answers
that a test has not let answer. An address that a port has is answered for; one that it only holds
against others is advertised to who probes for it.
Errors:  NotHeard says what was waited for and what came instead; Heard what should not have come.
Source:  RFC 2464; RFC 4861 section 7.2.4; RFC 4862 section 5.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from harness.tester.ike.wire import Heard, NotHeard
from harness.tester.mip6 import icmp, octets, packet
from harness.tester.mip6.icmp import Icmp, Kind
from harness.tester.mip6.octets import Malformed
from harness.tester.mip6.packet import Packet, same

ETHERTYPE = b"\x86\xdd"
# Only reports of who listens to what have such a header here.
HOP_BY_HOP = 0
OUTGOING = 4
ALL_NODES, ALL_ROUTERS, ANY = "ff02::1", "ff02::2", "::"
NOTHING_COMES = 0.02
# How long a wait sleeps before it looks again: at first, and at most.
LOOK, SELDOM = 0.01, 0.25


class Socket(Protocol):
    """A packet socket that is bound to one device."""

    def send(self, octets: bytes) -> None: ...

    def watch(self, take: Callable[[bytes, tuple, float], None]) -> None: ...

    def close(self) -> None: ...


class Clock(Protocol):
    def monotonic(self) -> float: ...

    def let_pass(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class Seen:
    """A packet, the port where it came, the link address that sent it, and when it came."""

    packet: Packet
    port: Port
    mac: str
    when: float

    def __str__(self) -> str:
        return f"{self.port.name} {self.packet}"


def solicited(address: str) -> str:
    """The multicast address at which a neighbour is asked for."""
    return octets.text(octets.packed("ff02::1:ff00:0")[:13] + octets.packed(address)[13:])


def link_local(address: str) -> str:
    """The address of the link that has the same interface identifier."""
    return octets.text(octets.packed("fe80::")[:8] + octets.packed(address)[8:])


def _mac(dst: str) -> str:
    return "33:33:" + octets.packed(dst)[12:].hex(":")


class Port:
    """One interface; what leaves it for elsewhere goes to `gateway`.

    `router` is who answers there as router, and with what; `asked` are the addresses that were
    asked for and answered.
    """

    def __init__(self, name: str, socket: Socket, mac: str, gateway: str) -> None:
        self.name, self.socket, self.mac, self.gateway = name, socket, mac, gateway
        self.addresses: set[str] = set()
        self.holds: set[str] = set()
        self.router: tuple[str, Callable[[], Icmp]] | None = None
        self.asked: list[str] = []

    def send(self, one: Packet, to: str | None = None) -> None:
        self.sends(one.octets(), to or (_mac(one.dst) if one.dst.startswith("ff") else None))

    def sends(self, octets: bytes, to: str | None = None) -> None:
        """A packet that is ready, or none at all."""
        head = bytes.fromhex(((to or self.gateway) + self.mac).replace(":", ""))
        self.socket.send(head + ETHERTYPE + octets)

    def neighbour(self, src: str, dst: str, message: Icmp, to: str | None = None) -> None:
        """A message of neighbour discovery."""
        self.send(Packet(src, dst, message, hops=packet.NEIGHBOUR_HOPS), to)

    def has(self, address: str) -> bool:
        return any(same(address, one) for one in self.addresses)

    def answer(self, one: Packet, mac: str) -> bool:
        """Whether it was a question for a port's router or address, which is answered."""
        kind = one.message.kind if isinstance(one.message, Icmp) else 0
        if kind == Kind.ROUTER_SOLICIT and self.router:
            self.neighbour(self.router[0], ALL_NODES, self.router[1]())
        if kind != Kind.SOLICIT:
            return kind == Kind.ROUTER_SOLICIT
        wanted = icmp.target(one.message)
        if one.src == ANY:
            if any(same(wanted, held) for held in self.holds):
                self.neighbour(wanted, ALL_NODES, icmp.advert(wanted, self.mac, icmp.OVERRIDE))
            return False
        if not self.has(wanted):
            return False
        self.asked.append(wanted)
        routes = self.router and same(wanted, self.router[0])
        flags = icmp.SOLICITED | icmp.OVERRIDE | (icmp.ROUTER if routes else 0)
        self.neighbour(wanted, one.src, icmp.advert(wanted, self.mac, flags), to=mac)
        return True


class Ports:
    """All of them: what came at any and nobody has asked for yet."""

    def __init__(self, ports: list[Port], clock: Clock, lookup: packet.Lookup) -> None:
        self.ports, self.clock, self.lookup = ports, clock, lookup
        self.kept: list[Seen] = []
        self.broken: list[str] = []
        for port in ports:
            port.socket.watch(lambda data, sender, when, port=port: self._take(
                port, data, sender, when))

    def _take(self, port: Port, data: bytes, sender: tuple, when: float) -> None:
        if sender[2:] == (OUTGOING,) or data[12:14] != ETHERTYPE:
            return
        mac = data[6:12].hex(":")
        try:
            one = packet.parse(data[14:], self.lookup)
        except Malformed as error:
            self.broken.append(f"{port.name}: {error}")
            return
        if one.message.PROTO != HOP_BY_HOP and not port.answer(one, mac):
            self.kept.append(Seen(one, port, mac, when))

    def hear(self, fits: Callable[[Seen], bool], within: float, what: str) -> Seen:
        """The first that fits, of those that came before too."""
        end, look = self.clock.monotonic() + within, LOOK
        while True:
            for one in self.kept:
                if fits(one):
                    self.kept.remove(one)
                    return one
            left = end - self.clock.monotonic()
            if left <= 0:
                came = "; ".join([*map(str, self.kept), *self.broken]) or "nothing"
                raise NotHeard(f"waited {within:g} s for {what}; came: {came}")
            self.clock.let_pass(min(left, look))
            look = min(2 * look, SELDOM)

    def silent(self, fits: Callable[[Seen], bool], within: float) -> None:
        """Nothing that fits comes for so long, nor had come."""
        self.passes(within)
        for one in self.kept:
            if fits(one):
                raise Heard(f"{one} came, which should not have")

    def passes(self, seconds: float) -> None:
        """Time passes, in which neighbours are answered."""
        self.clock.let_pass(seconds)

    def forget(self) -> None:
        """What came and nobody asked for is nobody's any more."""
        self.passes(NOTHING_COMES)
        self.kept.clear()

    def close(self) -> None:
        for port in self.ports:
            port.socket.close()
