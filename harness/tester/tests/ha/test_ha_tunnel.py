"""A home agent tunnels to where a node is, and takes from its tunnel what comes from there."""

import pytest

from harness.tester.home_agent import CN, COA, HOMES, OTHER_COA, topology
from harness.tester.mip6 import icmp, mobility
from harness.tester.mip6.icmp import Icmp
from harness.tester.mip6.mobility import HOME, Flag, Update
from harness.tester.mip6.packet import Packet

TOPOLOGY = topology()
homes = pytest.mark.parametrize("home", HOMES)
COOKIE, TOKEN = bytes(range(8)), bytes(range(8, 16))
HOTI = mobility.test_init(mobility.Kind.HOTI, COOKIE)
HOT = mobility.test(mobility.Kind.HOT, 1, COOKIE, TOKEN)


def moved(node):
    """It is bound at another care-of address than before."""
    node.bound(15)
    node.coa = OTHER_COA
    node.bound(16)
    return node


@pytest.mark.conforms("HA_5_1_1", "RFC 6275 10.4.2", case="real")
@pytest.mark.conforms("HA_5_1_5", "RFC 6275 10.4.2", case="virtual")
@homes
def test_a_packet_for_the_home_address_is_tunnelled(tn, home):
    """From the agent to the care-of address, what is inside unchanged but for a hop."""
    tn.start(home)
    node = tn.node()
    node.bound(15)
    tn.away.send(Packet(CN, node.hoa, icmp.echo(7)))
    inner = node.hears_tunnelled(CN)
    assert (inner.dst, inner.message) == (node.hoa, icmp.echo(7)) and inner.hops < 64


@pytest.mark.conforms("HA_5_1_4", "RFC 6275 10.4.2", case="real")
@pytest.mark.conforms("HA_5_1_6", "RFC 6275 10.4.2", case="virtual")
@homes
def test_the_tunnel_follows_the_node(tn, home):
    """After an update it leads to the new care-of address."""
    tn.start(home)
    node = moved(tn.node())
    assert node.is_reached() and not node.is_reached(COA)


@pytest.mark.conforms("HA_5_1_2", "RFC 6275 10.4.2")
def test_a_packet_for_the_link_local_address_is_not_tunnelled(tn):
    """With L the agent has it, discards the packet, and says that the address is unreachable."""
    tn.start()
    node = tn.node()
    node.bound(15, flags=HOME | Flag.L)
    source = tn.nut.link_local()[:-3] + "77"
    tn.link.addresses.add(source)
    tn.link.send(Packet(source, node.link_local, icmp.echo(7)))
    seen = tn.ports.hear(lambda one: isinstance(one.packet.message, Icmp)
                         and one.packet.message.kind == icmp.Kind.UNREACHABLE, 5, "an error")
    assert (seen.packet.dst, seen.packet.message.code) == (source, 3)
    tn.ports.silent(lambda one: isinstance(one.packet.message, Packet), 0.1)


@pytest.mark.conforms("HA_5_1_3", "RFC 6275 9.3.4", case="real")
@pytest.mark.conforms("HA_5_1_7", "RFC 6275 9.3.4", case="virtual")
@homes
def test_the_narrowest_link_of_the_tunnel_is_told(tn, home):
    """A router's packet too big about the tunnel becomes one to the correspondent."""
    tn.start(home)
    node = tn.node()
    node.bound(15)
    big = Packet(CN, node.hoa, icmp.echo(7, size=1340))
    tn.away.send(big)
    outer = tn.ports.hear(lambda one: isinstance(one.packet.message, Packet), 1, "it").packet
    tn.away.send(Packet(COA, node.agent, icmp.failure(
        icmp.Kind.TOO_BIG, 0, outer.octets(), 1300)))
    tn.away.send(big)
    seen = tn.ports.hear(lambda one: isinstance(one.packet.message, Icmp)
                         and one.packet.message.kind == icmp.Kind.TOO_BIG, 2, "packet too big")
    assert seen.packet.dst == CN and 1200 <= icmp.pointer(seen.packet.message) < 1300
    assert big.octets()[40:200] in seen.packet.message.data


@pytest.mark.conforms("HA_6_1_1", "RFC 6275 10.4.5", case="real")
@pytest.mark.conforms("HA_6_1_3", "RFC 6275 10.4.5", case="virtual")
@homes
def test_a_packet_in_the_tunnel_goes_on(tn, home):
    """To the correspondent, from the home address, unchanged but for a hop."""
    tn.start(home)
    node = tn.node()
    node.bound(15)
    seen = tn.forwards(node.tunnelled(Packet(node.hoa, CN, icmp.echo(7))))
    assert (seen.packet.src, seen.packet.dst, seen.packet.sa) == (node.hoa, CN, None)
    assert seen.packet.hops < 64


@pytest.mark.conforms("HA_6_1_2", "RFC 6275 10.4.5", case="real")
@pytest.mark.conforms("HA_6_1_4", "RFC 6275 10.4.5", case="virtual")
@homes
def test_a_tunnel_from_the_new_address_is_taken(tn, home):
    """After an update packets come from there."""
    tn.start(home)
    assert moved(tn.node()).reaches()


@pytest.mark.conforms("HA_6_2_1", "RFC 6275 10.4.5", case="real")
@pytest.mark.conforms("HA_6_2_2", "RFC 6275 10.4.5", case="virtual")
@homes
def test_a_tunnel_from_elsewhere_is_not_taken(tn, home):
    """Neither without ESP, nor in the SA of another node."""
    tn.start(home)
    node, other = tn.node(), tn.node("20", OTHER_COA)
    node.bound(15)
    other.bound(15)
    inner = Packet(node.hoa, CN, icmp.echo(7))
    assert not tn.forwards(Packet(OTHER_COA, node.agent, inner))
    assert not tn.forwards(other.tunnelled(inner))
    assert node.reaches() and other.reaches()


RR = {
    "HA_6_3_1": ("real", False), "HA_6_3_2": ("real", True),
    "HA_6_3_5": ("virtual", False), "HA_6_3_6": ("virtual", True),
}


@pytest.mark.conforms("HA_6_3_1", "RFC 6275 10.4.6", case="HA_6_3_1")
@pytest.mark.conforms("HA_6_3_2", "RFC 6275 10.4.6", case="HA_6_3_2")
@pytest.mark.conforms("HA_6_3_5", "RFC 6275 10.4.6", case="HA_6_3_5")
@pytest.mark.conforms("HA_6_3_6", "RFC 6275 10.4.6", case="HA_6_3_6")
@pytest.mark.conforms("HA_6_3_3", "RFC 6275 10.4.6", case="HA_6_3_1")
@pytest.mark.conforms("HA_6_3_4", "RFC 6275 10.4.6", case="HA_6_3_2")
@pytest.mark.conforms("HA_6_3_7", "RFC 6275 10.4.6", case="HA_6_3_5")
@pytest.mark.conforms("HA_6_3_8", "RFC 6275 10.4.6", case="HA_6_3_6")
@pytest.mark.parametrize("home, moves", RR.values(), ids=RR)
def test_a_home_test_goes_through_the_tunnel(tn, home, moves):
    """The init to the correspondent, the test back in ESP to where the node is."""
    tn.start(home)
    node = tn.node()
    if moves:
        moved(node)
    else:
        node.bound(15)
    out = tn.forwards(node.tunnelled(Packet(node.hoa, CN, HOTI)))
    assert (out.packet.src, out.packet.dst, out.packet.message) == (node.hoa, CN, HOTI)
    tn.away.send(Packet(CN, node.hoa, HOT))
    back = node.hears_tunnelled(CN)
    assert (back.dst, back.message) == (node.hoa, HOT)


@pytest.mark.conforms("HA_6_3_9", "RFC 6275 10.4.5, 10.4.6", case="real")
@pytest.mark.conforms("HA_6_3_10", "RFC 6275 10.4.5, 10.4.6", case="virtual")
@homes
def test_a_home_test_init_without_authority_goes_nowhere(tn, home):
    """In a tunnel without ESP, or in another node's."""
    tn.start(home)
    node, other = tn.node(), tn.node("20", OTHER_COA)
    node.bound(15)
    other.bound(15)
    inner = Packet(node.hoa, CN, HOTI)
    assert not tn.forwards(Packet(COA, node.agent, inner))
    assert not tn.forwards(other.tunnelled(inner))
    assert node.registers(Update(16)).status == 0
