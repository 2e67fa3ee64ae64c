"""A home agent is asked for home agents and for the prefixes of the home link."""

import pytest

from harness.tester.home_agent import COA, HOMES, topology
from harness.tester.mip6 import icmp
from harness.tester.mip6.icmp import Icmp, Kind
from harness.tester.mip6.mobility import Update
from harness.tester.mip6.packet import Packet, same

TOPOLOGY = topology()
homes = pytest.mark.parametrize("home", HOMES)


def is_kind(kind):
    return lambda one: isinstance(one.packet.message, Icmp) and one.packet.message.kind == kind


def agents(tn, number, reserved=0):
    """The answer to a request to the home agents of the home link."""
    anycast = f"{tn.home.prefix[:-1]}0:0:fdff:ffff:ffff:fffe"
    tn.away.send(Packet(COA, anycast, icmp.agents_request(number, reserved)))
    return tn.ports.hear(is_kind(Kind.AGENTS_REPLY), 2, "a reply").packet


@pytest.mark.conforms("HA_7_1_1", "RFC 6275 10.5.1", case="real")
@pytest.mark.conforms("HA_7_1_2", "RFC 6275 10.5.1", case="virtual")
@homes
def test_a_request_for_home_agents_is_answered(tn, home):
    """From a global unicast address of the agent's: the number, and that address."""
    tn.start(home)
    reply = agents(tn, 0x1234)
    assert (reply.dst, reply.src) == (COA, tn.home.agent)
    assert icmp.agents(reply.message) == (0x1234, [tn.home.agent])
    assert reply.message.data[2:4] == bytes(2)


@pytest.mark.conforms("HA_7_1_3", "RFC 6275 6.5", case="real")
@pytest.mark.conforms("HA_7_1_4", "RFC 6275 6.5", case="virtual")
@homes
def test_the_reserved_field_of_a_request_is_ignored(tn, home):
    """The answer is as if it were zero."""
    tn.start(home)
    assert icmp.agents(agents(tn, 7, 0xFFFF).message) == (7, [tn.home.agent])


def prefixes(tn, node, reserved=0):
    """Number and prefixes that a registered node is told, in ESP and by a routing header."""
    node.sends(icmp.prefix_solicit(0x4321, reserved), sa=node.prefix.to_agent)
    seen = tn.ports.hear(is_kind(Kind.PREFIX_ADVERT), 2, "an advertisement").packet
    assert (seen.src, seen.dst, seen.sa) == (node.agent, node.coa, node.prefix.to_node)
    assert same(seen.route, node.hoa)
    return icmp.prefixes(seen.message)


@pytest.mark.conforms("HA_8_1_1", "RFC 6275 6.8, 10.6.2, 10.6.3", case="real")
@pytest.mark.conforms("HA_8_1_2", "RFC 6275 6.8, 10.6.2, 10.6.3", case="virtual")
@homes
def test_a_solicitation_is_answered(tn, home):
    """With its number and the home prefix."""
    tn.start(home)
    node = tn.node()
    node.bound(15)
    number, found = prefixes(tn, node)
    assert number == 0x4321 and [one.size for one in found] == [64]
    assert found[0].address.startswith(tn.home.prefix) and found[0].flags & icmp.AUTONOMOUS


@pytest.mark.conforms("HA_8_1_15", "RFC 6275 6.7", case="real")
@pytest.mark.conforms("HA_8_1_16", "RFC 6275 6.7", case="virtual")
@homes
def test_the_reserved_field_of_a_solicitation_is_ignored(tn, home):
    """The answer is as if it were zero."""
    tn.start(home)
    node = tn.node()
    node.bound(15)
    assert prefixes(tn, node, 0xFFFF)[0] == 0x4321


@pytest.mark.conforms("HA_8_1_7", "RFC 6275 10.3.1, 10.6.4", case="real")
@pytest.mark.conforms("HA_8_1_8", "RFC 6275 10.3.1, 10.6.4", case="virtual")
@homes
def test_prefix_lifetimes_are_what_is_left_and_bindings_do_not_outlive_them(tn, home):
    """The prefix that is told is at least as long valid as the binding."""
    tn.start(home)
    device, agent = tn.home.device, tn.home.agent
    tn.nut.run(f"ip address change {agent}/64 dev {device} valid_lft 300 preferred_lft 200")
    tn.ports.passes(10)
    node = tn.node()
    ack = node.registers(Update(15, lifetime=600))
    _, (found,) = prefixes(tn, node)
    assert 270 <= found.valid <= 290 and 170 <= found.preferred <= 190
    assert ack.lifetime <= found.valid + 2


@pytest.mark.conforms("HA_8_1_3", "RFC 6275 10.6", case="real")
@pytest.mark.conforms("HA_8_1_4", "RFC 6275 10.6", case="virtual")
@homes
def test_who_is_not_registered_is_told_nothing(tn, home):
    """Whether its solicitation is protected or not."""
    tn.start(home)
    node = tn.node()
    for sa in (node.prefix.to_agent, None):
        node.sends(icmp.prefix_solicit(7), sa=sa)
    tn.ports.silent(is_kind(Kind.PREFIX_ADVERT), 3)
