"""home_agent - what a test of a home agent holds in its hand: the agent, and all around it.

                 rtr
       ┌──────────┴────────┐
       hl                  f1
     ┌─┴──────┐            │
    nut       tn          tn

On f1 the tester is mobile nodes away from home and correspondents, on hl whoever else is at home.
The agent's home link is hl, or for rows of a virtual one a device of its own, whose prefix is
routed to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.bed.base.topology import FORWARDS, T0, Member, Plug, Topology
from harness.bed.stage.bed import Bed
from harness.tester.mip6 import icmp, mobility, packet
from harness.tester.mip6.icmp import Icmp
from harness.tester.mip6.mobility import Ack, Flag, Mobility, Update
from harness.tester.mip6.packet import Message, Packet, same
from harness.tester.mip6.ports import ANY, Port, Ports, Seen, link_local, solicited
from harness.tester.mip6.sas import Sa
from harness.tester.plugged import SILENT, plugged
from harness.tester.subjects import mobility as subject

NUT, TN, HOME_LINK, FOREIGN = "nut", "tn", "hl", "f1"
NUT_MAC, MACS = "06:1a:a8:00:0a:01", {FOREIGN: "06:1a:a8:00:0a:02", HOME_LINK: "06:1a:a8:00:0a:03"}
LINK_LOCAL = "fe80::41a:a8ff:fe00:a01"
# DAD takes the agent a second before it answers.
ANSWERED, SOON, NEVER = 2.5, 1.0, 3.0
# So long it tells the home link of a new binding.
ANNOUNCED = 3.0


@dataclass(frozen=True)
class Home:
    """A home link: the agent's device there, and its addresses."""

    device: str
    prefix: str

    @property
    def agent(self) -> str:
        return f"{self.prefix}1"

    def at(self, host: str) -> str:
        return f"{self.prefix}{host}"


HOMES = {"real": Home("eth0", "2001:1::"), "virtual": Home("home0", "2001:8::")}
COA, OTHER_COA, CN = "2001::a", "2001::b", "2001::c"
# Home addresses that the agent knows, each with the first of its reqids.
NODES, FURTHER = {"10": 1, "20": 11}, 21
STRANGER, NEIGHBOUR = "30", "77"
# Neighbour solicitations: to all that may have the address, to the address, with or without the
# asker's link address, and by who wants to have the address itself.
ASKS = ("multicast", "unicast", "unicast-bare", "probe")


def topology() -> Topology:
    """The agent at home, the tester there and away; its kernel has no address."""
    agent = Member((Plug(HOME_LINK, NUT_MAC, (f"{HOMES['real'].agent}/64 nodad",),
                         (f"default via {T0.links[HOME_LINK].router}",)),), FORWARDS)
    tester = Member((Plug(FOREIGN, MACS[FOREIGN]), Plug(HOME_LINK, MACS[HOME_LINK])),
                    SILENT)
    return T0.with_members(**{NUT: agent, TN: tester})


class Tester:
    """The agent is started when a test says so."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.nut, self.tn = bed.nodes(NUT, TN)
        bed.wait(self.nut.address_usable(LINK_LOCAL), within=5)
        self.agent = subject.Mip6d(self.nut)
        self.home = HOMES["real"]
        self.sas: dict[bytes, Sa] = {}
        self.away = Port(FOREIGN, plugged(self.tn, "eth0"), MACS[FOREIGN], T0.links[FOREIGN].mac)
        self.link = Port(HOME_LINK, plugged(self.tn, "eth1"), MACS[HOME_LINK], NUT_MAC)
        self.ports = Ports([self.away, self.link], bed.clock, self.sas.get)
        self.away.addresses |= {COA, OTHER_COA, CN}
        self.link.addresses.add(self.neighbour)
        self.numbers = 0

    def start(self, home: str = "real", also: str = "", denies: str = "", without: str = "",
              **words: str) -> None:
        """It knows the home address `also`, refuses one, has no policy for what it is `without`."""
        self.home = HOMES[home]
        if home == "virtual":
            self._make_virtual()
        hoas = {self.home.at(host): reqid for host, reqid in NODES.items()}
        hoas |= {also: FURTHER} if also else {}
        pairs = {hoa: subject.pairs(self.home.agent, hoa, reqid) for hoa, reqid in hoas.items()}
        sas = [sa for kinds in pairs.values() for both in kinds.values() for sa in both]
        self.sas.update({sa.spi: sa for sa in sas})
        self.pairs = pairs
        lines = {"NodeConfig": "HA", "UseMnHaIPsec": "enabled", "KeyMngMobCapability": "disabled",
                 "DefaultBindingAclPolicy": "deny", "Interface": f'"{self.home.device}"', **words}
        acl = "".join(f"BindingAclPolicy {hoa} {'deny' if hoa == denies else 'allow'};\n"
                      for hoa in hoas)
        self.agent.start("".join(f"{name} {value};\n" for name, value in lines.items())
                         + subject.policies(self.home.agent, hoas, without) + acl, sas)
        self.ports.forget()

    def _make_virtual(self) -> None:
        home = HOMES["virtual"]
        self.nut.run(f"ip link add {home.device} type dummy")
        self.nut.run(f"ip link set {home.device} up")
        self.nut.run(f"ip address add {home.agent}/64 dev {home.device} nodad")
        self.bed.rtr.run(f"ip -6 route add {home.prefix}/64 via {HOMES['real'].agent}")

    def node(self, host: str = "10", coa: str = COA, hoa: str = "") -> Node:
        """A mobile node of the agent's, away from home."""
        return Node(self, hoa or self.home.at(host), coa)

    # --- correspondents and neighbours ---

    @property
    def neighbour(self) -> str:
        """Another node's address on the home link."""
        return self.home.at(NEIGHBOUR)

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def asks(self, target: str, how: str) -> Packet | None:
        """The answer to a neighbour solicitation of one of ASKS; None where nobody answers."""
        self.ports.passes(ANNOUNCED)
        self.ports.forget()
        if how == "probe":
            self.link.neighbour(ANY, solicited(target), icmp.solicit(target))
        else:
            self.link.neighbour(self.neighbour, target if "unicast" in how else solicited(target),
                                icmp.solicit(target, None if "bare" in how else self.link.mac))
        self.ports.passes(SOON)
        found = [one.packet for one in self.ports.kept
                 if one.port is self.link and advertises(one, target)]
        self.ports.kept.clear()
        return found[0] if found else None

    def forwards(self, one: Packet) -> Seen | None:
        """What comes out of the home agent for what is sent in a tunnel; None for nothing."""
        self.away.send(one)
        self.ports.passes(SOON)
        found = [seen for seen in self.ports.kept if seen.packet.message == one.message.message]
        self.ports.kept.clear()
        return found[0] if found else None

    def end(self) -> None:
        self.agent.stop()
        self.ports.close()
        if self.home is HOMES["virtual"]:
            self.nut.run(f"ip link del {self.home.device}")


def advertises(one: Seen, target: str) -> bool:
    message = one.packet.message
    return isinstance(message, Icmp) and message.kind == icmp.Kind.ADVERT \
        and same(icmp.target(message), target)


class Node:
    """A mobile node as the tester plays it: its SAs, and what it sends and hears."""

    def __init__(self, tester: Tester, hoa: str, coa: str) -> None:
        self.tester, self.hoa, self.coa = tester, hoa, coa
        self.link_local = link_local(hoa)
        self.agent = tester.home.agent
        pairs = tester.pairs.get(hoa) or subject.pairs(self.agent, hoa, 0)
        self.mh, self.prefix, self.tunnel = (pairs[kind] for kind in subject.MODES)

    @property
    def port(self) -> Port:
        return self.tester.link if self.coa == self.hoa else self.tester.away

    def comes_home(self) -> None:
        """From now on it is where its home address is."""
        self.coa = self.hoa
        self.tester.link.addresses.add(self.hoa)

    def sends(self, message: Message, hao: bool = True, sa: Sa | None = None) -> None:
        """To the home agent, from where it is."""
        self.port.send(Packet(self.coa, self.agent, message, self.hoa if hao else None, sa=sa))

    def updates(self, one: Update, hao: bool = True, **more: int) -> None:
        """A binding update, protected as it must be; it names where the node is."""
        coa = one.coa or self.coa
        self.sends(replace(one, coa=coa).message(**more), hao, self.mh.to_agent)

    def hears_ack(self, within: float = ANSWERED) -> Ack:
        """It comes in ESP, and by a routing header where the node is away."""
        seen = self.tester.ports.hear(self.is_ack, within, f"a binding acknowledgement for "
                                                           f"{self.hoa}")
        one, at_home = seen.packet, self.coa == self.hoa
        assert seen.port is self.port, f"{one} came at {seen.port.name}"
        assert one.sa is self.mh.to_node, f"{one} is not protected by {self.mh.to_node.name}"
        assert same(one.dst, self.coa), f"{one} went elsewhere than to {self.coa}"
        assert (one.route is None) == at_home, f"{one}: a routing header is for who is away"
        return mobility.ack(one.message)

    def is_ack(self, seen: Seen) -> bool:
        return _is_mobility(seen.packet, mobility.Kind.BA) \
            and same(seen.packet.ends[1], self.hoa)

    def registers(self, one: Update, hao: bool = True, **more: int) -> Ack:
        self.updates(one, hao, **more)
        return self.hears_ack()

    def bound(self, sequence: int = 1, **more: object) -> Ack:
        """Registered, as a test begins with."""
        ack = self.registers(Update(sequence, **more))
        assert ack.status == mobility.Status.ACCEPTED, ack
        self.tester.ports.forget()
        return ack

    def unanswered(self, within: float = NEVER) -> None:
        self.tester.ports.silent(self.is_ack, within)

    # --- payload ---

    def tunnelled(self, inner: Packet) -> Packet:
        """In its tunnel to the home agent."""
        return Packet(self.coa, self.agent, inner, sa=self.tunnel.to_agent)

    def hears_tunnelled(self, src: str, within: float = SOON) -> Packet:
        """The next packet from `src` that the home agent sends in the tunnel; its inner one."""
        seen = self.tester.ports.hear(lambda one: isinstance(one.packet.message, Packet)
                                      and same(one.packet.message.src, src), within,
                                      f"a packet of {src} in the tunnel")
        outer = seen.packet
        assert outer.sa is self.tunnel.to_node, f"{outer} is not protected"
        assert (outer.src, outer.dst) == (self.agent, self.coa), f"{outer} has other ends"
        return outer.message

    def is_reached(self, coa: str | None = None, dst: str | None = None) -> bool:
        """Whether an echo request of a correspondent comes through the tunnel."""
        tester, number = self.tester, self.tester.number()
        tester.away.send(Packet(CN, dst or self.hoa, icmp.echo(number)))
        tester.ports.passes(SOON)
        found = [one.packet for one in tester.ports.kept if isinstance(one.packet.message, Packet)
                 and _is_echo(one.packet.message, number)]
        tester.ports.kept.clear()
        return any(one.sa is self.tunnel.to_node and same(one.dst, coa or self.coa)
                   for one in found)

    def reaches(self) -> bool:
        """Whether its own echo request comes to a correspondent by the tunnel."""
        inner = Packet(self.hoa, CN, icmp.echo(self.tester.number()))
        seen = self.tester.forwards(self.tunnelled(inner))
        return bool(seen) and seen.packet.ends == (self.hoa, CN)


def _is_mobility(one: Packet, kind: int) -> bool:
    return isinstance(one.message, Mobility) and one.message.kind == kind


def _is_echo(one: Packet, number: int) -> bool:
    return isinstance(one.message, Icmp) and one.message.kind == icmp.Kind.ECHO \
        and icmp.echo_number(one.message) == number
