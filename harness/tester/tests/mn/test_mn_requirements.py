"""What docs/requirements.md asks of a mobile node and no public list looks at."""

import pytest

from harness.tester.mip6 import icmp
from harness.tester.mip6.icmp import Icmp, Kind, Prefix
from harness.tester.mip6.mobility import (
    Ack, Flag, Mobility, Opt, Status, Update, ack, update,
)
from harness.tester.mip6.octets import packed
from harness.tester.mip6.packet import Packet, same
from harness.tester.mip6.ports import ALL_NODES, ANY
from harness.tester.mobile_node import (
    AGENT, CN, FIRST, HOA, HOME, coa, is_kind, local, topology,
)
from harness.tester.subjects.mobility import MH

TOPOLOGY = topology()
STRANGER = "2001:14::66"


def from_home(seen):
    """From the home address and not protected."""
    one = seen.packet
    return same(one.src, HOA) or (isinstance(one.message, Packet) and not one.sa
                                  and same(one.message.src, HOA))


@pytest.mark.conforms("B-074", "RFC 6275 11.7.1", part="shown", case="disabled")
@pytest.mark.conforms("B-074", "RFC 6275 11.7.1", part="refused", case="enabled")
@pytest.mark.parametrize("ipsec", ["disabled", "enabled"])
def test_without_ipsec_there_is_no_k(tn, ipsec):
    """Nothing of keys can follow a node that has none."""
    tn.start(UseMnHaIPsec=ipsec, KeyMngMobCapability="enabled")
    seen = tn.ports.hear(tn.is_update, 8, "a binding update")
    assert bool(seen.packet.sa) == (ipsec == "enabled")
    assert bool(update(seen.packet.message).flags & Flag.K) == (ipsec == "enabled")


@pytest.mark.conforms("C-005", "RFC 6275 6.2.1, 6.2.5", part="shown")
def test_the_care_of_address_is_aligned(tn):
    """Its option begins six octets behind a multiple of eight."""
    tn.start()
    _, seen = tn.hears_update()
    at = 6 + seen.packet.message.data.index(bytes([Opt.ALT_COA, 16]) + packed(coa(FIRST)))
    assert at % 8 == 6


@pytest.mark.conforms("C-060", "RFC 6275 11.5.3; RFC 4862 5.4", part="refused")
def test_the_home_address_is_no_address_of_a_foreign_link(tn):
    """Away from home nobody is asked whether he has it, or told that the node does."""
    tn.start()
    tn.hears_update()
    tn.here.neighbour(local(FIRST), HOA, icmp.solicit(HOA, tn.here.mac))
    tn.ports.passes(5)
    assert not [one for one in tn.ports.kept if isinstance(one.packet.message, Icmp)
                and one.packet.message.kind in (Kind.SOLICIT, Kind.ADVERT)
                and same(icmp.target(one.packet.message), HOA)]


@pytest.mark.conforms("C-071", "RFC 6275 11.5.5", part="refused")
def test_until_the_agent_answers_the_home_address_is_the_agents(tn):
    """A node that comes home neither probes for its home address nor tells that it has it."""
    tn.start()
    tn.bound(lifetime=400)
    tn.plugs(HOME)
    tn.hears_update(within=15)
    tn.ports.passes(5)
    assert not [one for one in tn.ports.kept if isinstance(one.packet.message, Icmp)
                and same(icmp.target(one.packet.message), HOA)
                and (one.packet.message.kind, one.packet.src) == (Kind.SOLICIT, ANY)]
    assert not [one for one in tn.ports.kept if is_kind(Kind.ADVERT)(one)
                and same(icmp.target(one.packet.message), HOA)]


def by_hand(tn):
    """No router says anything, and the node has an address that somebody gave it."""
    tn.here.router = None
    tn.nut.run("ip address add 2001:12::50/128 dev eth0 nodad")
    tn.nut.run(f"ip -6 route add default via {local(FIRST)} dev eth0")
    tn.ports.passes(3)  # its link-local address is there, and neighbours are found at once
    tn.start()
    seen = tn.ports.hear(tn.is_update, 2, "a binding update")
    found = update(seen.packet.message)
    assert (seen.packet.src, found.coa) == ("2001:12::50", "2001:12::50")
    tn.bed.wait(tn.nut.address_usable(HOA), within=1)
    tn.here.send(Packet(AGENT, "2001:12::50", Ack(0, found.sequence, 400).message(), route=HOA,
                        sa=tn.pairs[AGENT][MH].to_node))
    tn.ports.forget()


@pytest.mark.conforms("C-073", "RFC 6275 11.5.3", part="shown")
def test_an_address_that_is_deleted_moves_the_node(tn):
    """To the one that was added, whatever the length of its prefix."""
    by_hand(tn)
    tn.nut.run("ip address add 2001:12::51/128 dev eth0 nodad")
    tn.nut.run("ip address del 2001:12::50/128 dev eth0")
    seen = tn.ports.hear(tn.is_update, 5, "a binding update")
    assert update(seen.packet.message).coa == seen.packet.src == "2001:12::51"


@pytest.mark.conforms("C-073", "RFC 6275 11.5.3", part="refused")
def test_an_address_that_is_added_moves_nobody(tn):
    """As long as the one in use is there."""
    by_hand(tn)
    tn.nut.run("ip address add 2001:12::51/128 dev eth0 nodad")
    tn.silent(10)


@pytest.mark.conforms("C-077", "RFC 6275 11.7.1", part="shown")
def test_a_node_that_stops_deletes_its_binding(tn):
    """Lifetime 0 comes from the care-of address, protected; no policy, rule or address is left."""
    tn.start()
    before = tn.bound(lifetime=400)
    tn.node.stop()
    one, seen = tn.hears_update(1)
    assert one.lifetime == 0 and one.sequence == before.sequence + 1 & 0xFFFF
    assert HOA not in tn.nut.run("ip -6 address") + tn.nut.run("ip -6 rule")
    assert not tn.nut.xfrm().policies


@pytest.mark.conforms("C-077", "RFC 6275 11.7.1", part="refused")
def test_a_node_that_shall_not_says_no_good_bye(tn):
    """With MnDeregisterAtStop disabled no update comes, and nothing is left all the same."""
    tn.start(MnDeregisterAtStop="disabled")
    tn.bound(lifetime=400)
    tn.node.stop()
    tn.silent(3)
    assert HOA not in tn.nut.run("ip -6 address") and not tn.nut.xfrm().policies


@pytest.mark.conforms("C-093", "RFC 6275 9.5.1, 6.1.8", part="shown", case="home")
@pytest.mark.conforms("C-093", "RFC 6275 9.5.1, 6.1.8", part="refused", case="correspondent")
@pytest.mark.parametrize("flags", [Flag.A | Flag.H, Flag.A], ids=["home", "correspondent"])
def test_a_mobile_node_is_no_home_agent(tn, flags):
    """Status 131 for who would register with it; who asks for something else gets none of that."""
    tn.start()
    tn.bound(lifetime=400)
    tn.here.send(Packet(STRANGER, coa(FIRST), Update(9, flags).message()))
    tn.ports.passes(2)
    found = [ack(one.packet.message) for one in tn.ports.kept
             if isinstance(one.packet.message, Mobility) and one.packet.message.kind == 6]
    assert [(one.status, one.sequence) for one in found] == (
        [(Status.NOT_SUPPORTED, 9)] if flags & Flag.H else [])


@pytest.mark.conforms("D-046", "RFC 4861 6.3.4; RFC 4862 5.5.3", part="shown")
def test_mip6d_makes_the_address_itself_where_it_is_told_to(tn):
    """MnRouterDiscovery is enabled: the kernel does not, and the node registers as always."""
    tn.start(MnRouterDiscovery="enabled")
    assert tn.bound(lifetime=400).coa == coa(FIRST)
    assert tn.nut.read("/proc/sys/net/ipv6/conf/eth0/autoconf") == "0\n"
    assert tn.is_tunnelled(tn.replies())


@pytest.mark.conforms("D-046", "RFC 4861 6.3.4", part="refused")
@pytest.mark.conforms("D-051", "RFC 4861 6.1.2", part="refused")
def test_an_advertisement_that_was_routed_is_none(tn):
    """Its hop limit is not 255: no address comes of it, whoever makes addresses."""
    tn.start(MnRouterDiscovery="enabled")
    tn.bound(lifetime=400)
    for hops in (254, 64):
        tn.here.send(Packet(local(FIRST), ALL_NODES,
                            icmp.router_advert(Prefix("2001:15::")), hops=hops))
    tn.silent(5)
    assert "2001:15:" not in tn.nut.run("ip -6 address show dev eth0")
    tn.here.neighbour(local(FIRST), ALL_NODES, icmp.router_advert(Prefix("2001:15::")))
    tn.ports.passes(5)
    assert "2001:15:" in tn.nut.run("ip -6 address show dev eth0")


@pytest.mark.conforms("F-021", "RFC 4877 10", part="shown")
def test_nothing_of_the_home_address_leaves_while_it_stops(tn):
    """It sends without a pause, which all went by the tunnel, until it is told to stop."""
    tn.start()
    tn.bound(lifetime=400)
    tn.nut.keep("ping", ["ping", "-6", "-i", "0.01", "-w", "2", "-I", HOA, CN])
    tn.ports.passes(0.5)
    before = [one for one in tn.ports.kept if tn.is_tunnelled(one.packet)]
    assert before and not any(map(from_home, tn.ports.kept))
    tn.nut.signal("mip6d", "TERM")
    tn.hears_update(1)
    tn.ports.forget()
    tn.ports.passes(0.8)
    assert not tn.ports.kept
    tn.node.stop()


@pytest.mark.conforms("F-021", "RFC 4877 10", part="refused")
def test_a_node_that_has_stopped_is_not_reached(tn):
    """A correspondent's echo request that comes out of the tunnel all the same has no answer."""
    tn.start()
    tn.bound(lifetime=400)
    assert tn.is_tunnelled(tn.replies())
    tn.node.stop()
    assert not tn.replies()
