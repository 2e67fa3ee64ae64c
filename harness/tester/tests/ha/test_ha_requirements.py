"""What docs/requirements.md asks of a home agent and no public list looks at."""

from dataclasses import replace

import pytest

from harness.tester.home_agent import CN, COA, OTHER_COA, topology
from harness.tester.ike import esp
from harness.tester.mip6 import icmp, mobility, octets
from harness.tester.mip6.icmp import OVERRIDE, Icmp, Kind
from harness.tester.mip6.mobility import HOME, Flag, Mobility, Opt, Status, Update, error
from harness.tester.mip6.packet import DESTINATION, HOME_ADDRESS, HOME_ADDRESS_AT, Packet, Raw
from harness.tester.mip6.ports import ALL_NODES
from harness.tester.subjects.mobility import TUNNEL
from harness.tester.tests.ha.test_ha_dad import probed

TOPOLOGY = topology()
HOTI = mobility.test_init(mobility.Kind.HOTI, bytes(8))
COTI = mobility.test_init(mobility.Kind.COTI, bytes(8))
ALTERNATE = Opt.ALT_COA, octets.packed(COA)
ANYCAST, ROUTERS = "2001::fdff:ffff:ffff:fffe", "2001:1::"


def is_mobility(seen):
    return isinstance(seen.packet.message, Mobility)


def is_kind(kind):
    return lambda one: isinstance(one.packet.message, Icmp) and one.packet.message.kind == kind


def with_options(text):
    """An update whose options are these octets, whatever their alignment."""
    head = Update(15).message().data[:6]
    return Mobility(mobility.Kind.BU, head + text + octets.padding(-(12 + len(text)) % 8))


@pytest.mark.conforms("B-015", "RFC 4877 4.3", part="refused")
def test_a_home_test_init_for_the_agent_itself_goes_nowhere(tn):
    """By the tunnel to the agent's own address it is not forwarded; one to another node is."""
    tn.start()
    node = tn.node()
    node.bound(15)
    assert not tn.forwards(node.tunnelled(Packet(node.hoa, node.agent, HOTI)))
    assert tn.forwards(node.tunnelled(Packet(node.hoa, CN, HOTI)))


@pytest.mark.conforms("B-070", "RFC 6275 6.1.8, 10.3.1", part="shown")
def test_who_wants_k_of_an_agent_that_has_it_gets_it(tn):
    """KeyMngMobCapability is enabled on both sides."""
    tn.start(KeyMngMobCapability="enabled")
    assert tn.node().registers(Update(15, HOME | Flag.K)).key


@pytest.mark.conforms("B-070", "RFC 6275 6.1.8, 10.3.1", part="refused")
@pytest.mark.parametrize("flags, capable", [(HOME, "enabled"), (HOME | Flag.K, "disabled")],
                         ids=["not-asked-for", "not-capable"])
def test_k_takes_two(tn, flags, capable):
    """It is not granted to who has not asked, nor where it is not configured."""
    tn.start(KeyMngMobCapability=capable)
    assert not tn.node().registers(Update(15, flags)).key


@pytest.mark.conforms("C-003", "RFC 6275 9.2", part="refused")
def test_the_checksum_is_looked_at_before_the_type(tn):
    """An unknown type is answered, and not where the checksum is wrong."""
    tn.start()
    node = tn.node()
    message = Mobility(99, bytes(10))
    node.sends(replace(message, checksum=0x1234), hao=False)
    tn.ports.silent(is_mobility, 2)
    node.sends(message, hao=False)
    tn.ports.hear(is_mobility, 2, "a binding error")


@pytest.mark.conforms("C-003", "RFC 6275 9.2", part="shown")
def test_a_payload_behind_a_mobility_header_is_a_problem(tn):
    """The parameter problem points at the octet that names it."""
    tn.start()
    tn.node().sends(Update(15, coa=COA).message(proto=58), hao=False)
    seen = tn.ports.hear(is_kind(Kind.PROBLEM), 2, "a parameter problem")
    assert (seen.packet.dst, seen.packet.message.code) == (COA, 0)
    assert icmp.pointer(seen.packet.message) == 40


@pytest.mark.conforms("C-004", "RFC 6275 6.2.1", part="refused")
@pytest.mark.parametrize("text", [bytes([200, 9, 0, 0]), bytes([Opt.ALT_COA, 14]) + bytes(14)],
                         ids=["over-the-end", "short"])
def test_an_option_of_a_wrong_length_binds_nothing(tn, text):
    """It runs over the end of its message, or is shorter than its kind."""
    tn.start()
    node = tn.node()
    node.sends(with_options(text), sa=node.mh.to_agent)
    node.unanswered()
    assert not node.is_reached()


@pytest.mark.conforms("C-005", "RFC 6275 6.2.1", part="refused")
@pytest.mark.parametrize("shift", [0, 1, 3])
def test_an_option_may_stand_anywhere(tn, shift):
    """A receiver does not insist on the alignment."""
    tn.start()
    node = tn.node()
    text = octets.padding(shift) + bytes([Opt.ALT_COA, 16]) + ALTERNATE[1]
    node.sends(with_options(text), sa=node.mh.to_agent)
    assert node.hears_ack().status == Status.ACCEPTED and node.is_reached()


@pytest.mark.conforms("C-006", "RFC 6275 6.2.1", part="shown")
def test_an_option_of_another_message_is_passed_over(tn):
    """A refresh advice is of acknowledgements; an update that has one is as any other."""
    tn.start()
    node = tn.node()
    ack = node.registers(Update(15, given=((Opt.REFRESH, bytes([0, 5])),)))
    assert ack.status == Status.ACCEPTED and node.is_reached()


@pytest.mark.conforms("C-007", "RFC 6275 6.2.5", part="shown", case="another")
@pytest.mark.conforms("C-007", "RFC 6275 6.2.5", part="refused", case="broken")
@pytest.mark.parametrize("second", [octets.packed(OTHER_COA), octets.packed("ff0e::1")],
                         ids=["another", "broken"])
def test_the_first_of_two_care_of_addresses_counts(tn, second):
    """The second is not looked at, even if it could not be one."""
    tn.start()
    node = tn.node()
    ack = node.registers(Update(15, given=((Opt.ALT_COA, second),)))
    assert ack.status == Status.ACCEPTED
    assert node.is_reached(COA) and not node.is_reached(OTHER_COA)


@pytest.mark.conforms("C-012", "RFC 6275 6.3", part="refused")
def test_a_home_address_behind_esp_proves_nothing(tn):
    """The option must stand before: what ESP has protected is then another's word."""
    tn.start()
    node = tn.node()
    text = Update(15, coa=COA).message().octets(node.hoa, node.agent)
    found = octets.options(2, [(HOME_ADDRESS, octets.packed(node.hoa))],
                           {HOME_ADDRESS: HOME_ADDRESS_AT})
    inner = bytes([mobility.PROTO, (2 + len(found)) // 8 - 1]) + found + text
    tn.away.send(Packet(COA, node.agent, Raw(DESTINATION, inner), sa=node.mh.to_agent))
    node.unanswered()
    assert not node.is_reached()


@pytest.mark.conforms("C-030", "RFC 6275 9.5.1", part="shown")
@pytest.mark.parametrize("flags", [Flag.A, Flag.NONE])
def test_a_home_registration_stays_one(tn, flags):
    """An update without H is not accepted, and the binding goes on as it was."""
    tn.start()
    node = tn.node()
    node.bound(15)
    node.updates(Update(16, flags, coa=OTHER_COA))
    node.unanswered()
    assert node.is_reached(COA) and not node.is_reached(OTHER_COA)
    assert node.registers(Update(16)).status == Status.ACCEPTED


@pytest.mark.conforms("C-031", "RFC 6275 9.4.1, 9.4.2", part="refused")
@pytest.mark.parametrize("message", [HOTI, COTI], ids=["HoTI", "CoTI"])
def test_a_test_init_is_not_answered(tn, message):
    """Neither of a stranger nor of a registered node."""
    tn.start(DoRouteOptimizationCN="disabled")
    node = tn.node()
    node.bound(15)
    node.sends(message, hao=False)
    tn.away.send(node.tunnelled(Packet(node.hoa, node.agent, message)))
    tn.ports.silent(is_mobility, 3)


@pytest.mark.conforms("C-049", "RFC 6275 10.3.1, 10.4.1", part="refused")
def test_after_its_end_a_binding_is_as_if_it_had_not_been(tn):
    """Nobody answers for the home address, and the next registration looks for it first."""
    tn.start()
    node = tn.node()
    node.bound(15, lifetime=20)
    assert tn.asks(node.hoa, "multicast")
    tn.ports.passes(20)
    assert tn.asks(node.hoa, "multicast") is None
    tn.ports.forget()
    assert node.registers(Update(3)).status == Status.ACCEPTED and probed(tn, node.hoa)


@pytest.mark.conforms("C-094", "RFC 6275 9.5.1, 10.3.1; RFC 6611 4.1", part="shown")
@pytest.mark.parametrize("coa", ["2001:1::1", "2001:1::20", ANYCAST, ROUTERS],
                         ids=["agent", "node", "agents", "routers"])
def test_a_care_of_address_of_another_is_refused(tn, coa):
    """The agent's own, another home address, an anycast address: status 174."""
    tn.start()
    node, other = tn.node(), tn.node("20", OTHER_COA)
    other.bound(15)
    node.sends(Update(15, coa=coa).message(), sa=node.mh.to_agent)
    assert node.hears_ack().status == Status.INVALID_COA
    assert other.is_reached() and not node.is_reached()


@pytest.mark.conforms("C-096", "RFC 6275 10.3.1, 10.4.1", part="shown", case="update")
@pytest.mark.conforms("C-096", "RFC 6275 10.3.1, 10.4.1", part="refused", case="refresh")
@pytest.mark.parametrize("flags", [HOME, HOME | Flag.L], ids=["update", "refresh"])
def test_the_link_local_address_is_had_as_long_as_l_is_said(tn, flags):
    """Without L it is nobody's; the home address is answered for."""
    tn.start()
    node = tn.node()
    node.bound(15, flags=HOME | Flag.L)
    assert tn.asks(node.link_local, "multicast")
    assert node.registers(Update(16, flags)).status == Status.ACCEPTED
    assert bool(tn.asks(node.link_local, "multicast")) == bool(flags & Flag.L)
    assert tn.asks(node.hoa, "multicast")


@pytest.mark.conforms("C-114", "RFC 6275 10.3.1", part="shown", case="free")
@pytest.mark.conforms("C-114", "RFC 6275 10.3.1", part="refused", case="taken")
@pytest.mark.parametrize("taken", [False, True], ids=["free", "taken"])
def test_l_in_a_refresh_has_the_link_local_address_looked_for(tn, taken):
    """The answer does not wait; it is answered for only where nobody has it."""
    tn.start()
    node = tn.node()
    node.bound(15)
    node.updates(Update(16, HOME | Flag.L))
    assert node.hears_ack(0.5).status == Status.ACCEPTED
    tn.ports.passes(0.3)
    assert probed(tn, node.link_local)
    if taken:
        tn.link.neighbour(node.link_local, ALL_NODES,
                          icmp.advert(node.link_local, tn.link.mac, OVERRIDE))
    assert bool(tn.asks(node.link_local, "multicast")) != taken
    assert node.is_reached()


@pytest.mark.conforms("C-130", "RFC 6275 9.5.4", part="shown", case="alternate")
@pytest.mark.conforms("C-130", "RFC 6275 9.5.4", part="refused", case="source")
@pytest.mark.conforms("F-003", "RFC 6275 10.3.1; RFC 4877 4.3", part="shown", case="alternate")
@pytest.mark.conforms("F-003", "RFC 6275 9.5.1, 6.2.5", part="refused", case="source")
@pytest.mark.parametrize("coa, reached", [(OTHER_COA, OTHER_COA), (None, COA)],
                         ids=["alternate", "source"])
def test_what_esp_protects_tells_where_a_node_is(tn, coa, reached):
    """The alternate address counts, not the source, to which the answer goes all the same."""
    tn.start()
    node = tn.node()
    node.sends(Update(15, coa=coa).message(), sa=node.mh.to_agent)
    assert node.hears_ack().status == Status.ACCEPTED
    assert [one for one in (COA, OTHER_COA) if node.is_reached(one)] == [reached]


@pytest.mark.conforms("F-004", "RFC 6275 15.1", part="shown")
def test_three_updates_in_a_second_are_answered(tn):
    """The limit is above what a node does that keeps to its own."""
    tn.start()
    node = tn.node()
    node.bound(15)
    for number in range(16, 19):
        assert node.registers(Update(number)).sequence == number


@pytest.mark.conforms("C-010", "RFC 6275 9.3.1, 9.3.3", part="refused")
@pytest.mark.conforms("F-006", "RFC 6275 9.3.1, 9.3.3, 15.2.1", part="refused")
def test_a_home_address_without_a_binding_is_told_off(tn):
    """An echo request that has one goes nowhere; a binding error comes to its source."""
    tn.start()
    node = tn.node()
    node.sends(icmp.echo(7))
    seen = tn.ports.hear(is_mobility, 2, "a binding error").packet
    assert (seen.src, seen.dst, seen.message.kind) == (node.agent, COA, mobility.Kind.BE)
    assert error(seen.message) == mobility.Error(1, node.hoa)
    tn.ports.silent(is_kind(Kind.REPLY), 1)


@pytest.mark.conforms("F-006", "RFC 6275 9.3.1", part="shown")
def test_a_home_address_with_a_binding_counts(tn):
    """A datagram from where the binding says is answered; one from elsewhere is told off."""
    tn.start(without=TUNNEL)
    node = tn.node()
    node.bound(15)
    datagram = Raw(esp.UDP, esp.udp(node.hoa, node.agent, 9, b"a datagram"))
    node.sends(datagram)
    seen = tn.ports.hear(is_kind(Kind.UNREACHABLE), 2, "an answer").packet
    assert (seen.dst, seen.message.code) == (COA, 4)
    tn.away.send(Packet(OTHER_COA, node.agent, datagram, node.hoa))
    assert tn.ports.hear(is_mobility, 2, "a binding error").packet.dst == OTHER_COA
    tn.ports.silent(is_kind(Kind.UNREACHABLE), 1)
