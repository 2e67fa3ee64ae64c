"""mobile_node - what a test of a mobile node holds in its hand: the node, and all around it.

       xh (home)        x1        x2
        │               │         │
        └───────────── tn ────────┘
                        │
                       nut on one of them

The tester is the router of every link, the home agent behind them all, and correspondents: whatever
leaves the node comes to it, and all that the node learns of a link it has said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.bed.base.topology import T0, Link, Member, Plug, Topology
from harness.bed.stage.bed import Bed
from harness.tester.mip6 import icmp, mobility
from harness.tester.mip6.icmp import Icmp
from harness.tester.mip6.mobility import Ack, Mobility, Update
from harness.tester.mip6.packet import Message, Packet, same
from harness.tester.mip6.ports import ALL_NODES, Port, Ports, Seen
from harness.tester.mip6.sas import Sa
from harness.tester.plugged import SILENT, plugged
from harness.tester.subjects import mobility as subject

NUT, TN = "nut", "tn"
NUT_MAC, NUT_ID = "06:1a:a8:00:0a:01", "41a:a8ff:fe00:a01"
HOME, FIRST, SECOND = "xh", "x1", "x2"
PREFIXES = {HOME: "2001:11::", FIRST: "2001:12::", SECOND: "2001:13::"}
MACS = {HOME: "06:1a:a8:00:0b:01", FIRST: "06:1a:a8:00:0b:02", SECOND: "06:1a:a8:00:0b:03"}
AGENT, OTHER_AGENT, HOA = "2001:11::1", "2001:11::2", "2001:11::10"
# A home address that ends as the node's link-local addresses do.
LIKE_LINK_LOCAL = f"{PREFIXES[HOME]}{NUT_ID}"
CN, ANYCAST = "2001:14::9", "2001:11::fdff:ffff:ffff:fffe"
REQIDS = {AGENT: 1, OTHER_AGENT: 11}
# An address is there (a router asked within 4 s, no duplicate within 2), then the node has a word.
SETTLED, SOON = 8.0, 2.0


def coa(link: str) -> str:
    """The care-of address that the node makes itself on a link."""
    return f"{PREFIXES[link]}{NUT_ID}"


def topology() -> Topology:
    """T0 with three links of the tester's own, the node on the first foreign one."""
    links = {name: Link(f"{prefix}/64", f"{prefix}fd", f"fe80::fd:{at}", f"06:1a:a8:00:0c:0{at}")
             for at, (name, prefix) in enumerate(PREFIXES.items(), 1)}
    tester = Member(tuple(Plug(name, MACS[name]) for name in links),
                    SILENT)
    found = T0.with_members(**{NUT: Member((Plug(FIRST, NUT_MAC),)), TN: tester})
    return Topology({**found.links, **links}, found.members, found.correspondent)


def local(link: str) -> str:
    """The router's address of a link."""
    return f"fe80::{MACS[link][-1]}"


@dataclass
class Router:
    """What the router of a link says to who asks."""

    link: str
    valid: int = 12000
    preferred: int = 10000
    lifetime: int = 1800
    flags: int = 0
    named: bool = False  # its prefix has its global address, and the R bit

    def advert(self) -> Icmp:
        address, flags = PREFIXES[self.link], icmp.ON_LINK | icmp.AUTONOMOUS
        if self.named:
            address, flags = f"{address}fd", flags | icmp.ROUTER_ADDRESS
        prefix = icmp.Prefix(address, self.valid, self.preferred, flags=flags)
        return icmp.router_advert(prefix, lifetime=self.lifetime, flags=self.flags,
                                  mac=MACS[self.link])


class Tester:
    """The node is started when a test says so."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.nut, self.tn = bed.nodes(NUT, TN)
        bed.rtr.run("nft add element bridge advertise awaited { ip6 }")
        self.node = subject.Mip6d(self.nut)
        self.sas: dict[bytes, Sa] = {}
        self.routers = {link: Router(link) for link in PREFIXES}
        self.links = {link: self._port(link, f"eth{at}")
                      for at, link in enumerate(PREFIXES)}
        self.ports = Ports([*self.links.values()], bed.clock, self.sas.get)
        self.links[HOME].addresses |= {AGENT, OTHER_AGENT}
        self.where, self.hoa, self.agent, self.numbers = FIRST, HOA, AGENT, 0

    def _port(self, link: str, device: str) -> Port:
        """With the link's router behind it."""
        port = Port(link, plugged(self.tn, device), MACS[link], NUT_MAC)
        port.addresses.add(local(link))
        port.router = local(link), self.routers[link].advert
        return port

    def start(self, where: str = FIRST, hoa: str = HOA, agent: str = AGENT,
              **words: str) -> None:
        """On a link; without an agent it has to find one."""
        self.hoa = hoa
        if where != self.where:
            self.plugs(where)
        self.pairs = {one: subject.pairs(one, hoa, reqid) for one, reqid in REQIDS.items()}
        sas = [sa for kinds in self.pairs.values() for both in kinds.values() for sa in both]
        self.sas.update({sa.spi: sa for sa in sas})
        lines = {"NodeConfig": "MN", "UseMnHaIPsec": "enabled", "KeyMngMobCapability": "disabled",
                 "DoRouteOptimizationMN": "disabled", "Interface": '"eth0"', **words}
        known = f"\tHomeAgentAddress {agent};\n" if agent else ""
        self.node.start("".join(f"{name} {value};\n" for name, value in lines.items())
                        + f'MnHomeLink "eth0" {{\n{known}\tHomeAddress {hoa}/64;\n}}\n'
                        + "".join(subject.policies(one, {hoa: at})
                                  for one, at in REQIDS.items()), sas)

    def plugs(self, link: str) -> None:
        """The node's cable goes into another link."""
        self.where = link
        for step in ("nut down", f"nut master {link}", "nut up"):
            self.bed.rtr.typed(f"ip link set {step}")

    @property
    def here(self) -> Port:
        return self.links[self.where]

    @property
    def coa(self) -> str:
        return self.hoa if self.where == HOME else coa(self.where)

    def advertises(self, **fields: int) -> None:
        """A router advertisement that nobody has asked for, and what is said from now on."""
        router = self.routers[self.where]
        for name, value in fields.items():
            setattr(router, name, value)
        self.here.neighbour(local(self.where), ALL_NODES, router.advert())

    # --- what the home agent hears ---

    def hears_update(self, within: float = SETTLED) -> tuple[Update, Seen]:
        """In ESP, from where the node is; with its home address in an option where that is away."""
        seen = self.ports.hear(self.is_update, within, "a binding update")
        one, sa = seen.packet, self.pairs[self.agent][subject.MH].to_agent
        assert seen.port is self.here, f"{one} came at {seen.port.name}"
        assert one.sa is sa, f"{one} is not protected by {sa.name}"
        assert same(one.src, self.coa), f"{one} does not come from {self.coa}"
        assert one.hao == (None if self.where == HOME else self.hoa), f"{one}: other home address"
        assert same(one.dst, self.agent), f"{one} does not go to {self.agent}"
        return mobility.update(one.message), seen

    def is_update(self, seen: Seen) -> bool:
        return isinstance(seen.packet.message, Mobility) \
            and seen.packet.message.kind == mobility.Kind.BU

    def sends(self, message: Message, sa: Sa | None, src: str = "", route: bool = True) -> None:
        """To the node from its home agent, by a routing header where the node is away."""
        away = self.where != HOME and route
        self.here.send(Packet(src or self.agent, self.coa, message, sa=sa,
                              route=self.hoa if away else None))

    def acknowledged(self, ack: Ack) -> Packet:
        """The packet that acks() sends."""
        return Packet(self.agent, self.coa, ack.message(), route=self.hoa,
                      sa=self.pairs[self.agent][subject.MH].to_node)

    def acks(self, ack: Ack, **more: int) -> None:
        self.sends(ack.message(**more), self.pairs[self.agent][subject.MH].to_node)

    def sends_as(self, ack: Ack, more: dict[str, int], protected: bool) -> None:
        """An acknowledgement some fields of whose header are not what they have to be."""
        sa = self.pairs[self.agent][subject.MH].to_node if protected else None
        self.sends(replace(ack.message(), **more), sa)

    def answers_prefixes(self, *prefixes: icmp.Prefix, **more: object) -> None:
        """The node's prefix solicitation, in ESP and from its home address, is answered."""
        pair = self.pairs[self.agent][subject.PREFIX]
        seen = self.ports.hear(is_kind(icmp.Kind.PREFIX_SOLICIT), SETTLED, "a solicitation")
        assert seen.packet.sa is pair.to_agent and same(seen.packet.hao or HOA, self.hoa)
        number = int.from_bytes(seen.packet.message.data[:2], "big")
        self.sends(icmp.prefix_advert(number, *prefixes, **more), pair.to_node)

    def bound(self, lifetime: int = 60, status: int = 0, **more: object) -> Update:
        """The node has registered, as a test begins with; what it asked for."""
        update, _ = self.hears_update()
        self.acks(Ack(status, update.sequence, lifetime, **more))
        self.ports.forget()
        return update

    def silent(self, within: float) -> None:
        """No binding update comes."""
        self.ports.silent(self.is_update, within)

    def times(self, number: int, within: float) -> tuple[list[Update], list[float]]:
        """So many binding updates, and how long after each the next one came."""
        found = [self.hears_update(within) for _ in range(number)]
        when = [seen.when for _, seen in found]
        return [update for update, _ in found], \
            [after - before for before, after in zip(when, when[1:], strict=False)]

    # --- payload ---

    def replies(self) -> Packet | None:
        """How the node answers a correspondent's echo request, the whole packet; None: not."""
        self.numbers += 1
        inner = Packet(CN, self.hoa, icmp.echo(self.numbers))
        self.ports.forget()
        self.here.send(inner if self.where == HOME else Packet(
            self.agent, self.coa, inner, sa=self.pairs[self.agent][subject.TUNNEL].to_node))
        self.ports.passes(SOON)
        found = [one.packet for one in self.ports.kept if _is_reply(one.packet, self.numbers)]
        self.ports.kept.clear()
        return found[0] if found else None

    def is_tunnelled(self, one: Packet | None) -> bool:
        """From the care-of address to the home agent, in ESP."""
        sa = self.pairs[self.agent][subject.TUNNEL].to_agent
        return bool(one) and one.sa is sa and same(one.src, self.coa) and same(one.dst, self.agent)

    def end(self) -> None:
        self.node.stop()
        self.ports.close()


def _is_reply(one: Packet, number: int) -> bool:
    message = one.message.message if isinstance(one.message, Packet) else one.message
    return isinstance(message, Icmp) and message.kind == icmp.Kind.REPLY \
        and icmp.echo_number(message) == number


def is_kind(kind: int):
    """Whether an ICMPv6 message of that kind was seen."""
    return lambda one: isinstance(one.packet.message, Icmp) and one.packet.message.kind == kind
