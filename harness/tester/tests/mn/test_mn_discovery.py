"""A mobile node looks for its home agent, for the prefixes of its home link, and for routers."""

import pytest

from harness.tester.mip6 import icmp
from harness.tester.mip6.icmp import Kind, Prefix
from harness.tester.mip6.mobility import Ack, Error, Mobility, Status, refresh_request
from harness.tester.mip6.octets import packed
from harness.tester.mobile_node import (
    AGENT, ANYCAST, FIRST, HOA, HOME, OTHER_AGENT, SECOND, coa, is_kind, local, topology,
)
from harness.tester.subjects.mobility import MH, PREFIX

TOPOLOGY = topology()
PREFIX_OF_HOME = Prefix(AGENT, 12000, 10000, flags=0xE0)


def request(tn, within=10.0):
    """The node's next question for home agents."""
    return tn.ports.hear(is_kind(Kind.AGENTS), within, "a request for home agents")


def reply(tn, seen, *agents, reserved=0):
    number = int.from_bytes(seen.packet.message.data[:2], "big")
    tn.sends(icmp.agents_reply(number, *agents, reserved=reserved), None, route=False)


@pytest.mark.conforms("MN-5-1-1-1-005", "RFC 6275 11.4.1")
def test_home_agents_are_asked_for(tn):
    """From the care-of address to the anycast address of the home prefix, nothing reserved set."""
    tn.start(agent="")
    one = request(tn).packet
    assert (one.src, one.dst, one.hao, one.sa) == (coa(FIRST), ANYCAST, None, None)
    assert one.message.code == 0 and one.message.data[2:] == bytes(2)


@pytest.mark.conforms("MN-5-1-1-1-006", "RFC 6275 11.4.1, 12")
def test_the_question_for_home_agents_is_repeated(tn):
    """After 3 s, then each time after twice as long, four times at most."""
    tn.start(agent="")
    when = [request(tn, 60).when for _ in range(5)]
    times = [after - before for before, after in zip(when, when[1:])]
    assert times == pytest.approx([3, 6, 12, 24], rel=0.1)


@pytest.mark.conforms("MN-5-1-2-1-016", "RFC 6275 11.4.1", case="plain")
@pytest.mark.conforms("MN-5-1-2-1-021", "RFC 6275 6.6", case="reserved")
@pytest.mark.parametrize("reserved", [0, 0xFFFF], ids=["plain", "reserved"])
def test_the_agent_of_the_reply_is_taken(tn, reserved):
    """The update goes to it."""
    tn.start(agent="")
    reply(tn, request(tn), AGENT, reserved=reserved)
    assert tn.hears_update()[0].coa == coa(FIRST)


@pytest.mark.conforms("MN-5-1-2-1-026", "RFC 6275 11.4.1, 11.7.1", case="in-order")
@pytest.mark.conforms("MN-5-1-2-1-027", "RFC 6275 11.4.1, 11.7.1", case="reversed")
@pytest.mark.parametrize("agents", [(AGENT, OTHER_AGENT), (OTHER_AGENT, AGENT)],
                         ids=["in-order", "reversed"])
def test_the_first_of_several_is_tried_first(tn, agents):
    """The list is one of preference."""
    tn.start(agent="")
    reply(tn, request(tn), *agents)
    tn.agent = agents[0]
    tn.hears_update()


@pytest.mark.conforms("MN-5-1-2-1-028", "RFC 6275 11.4.1", case="refuses")
@pytest.mark.conforms("MN-5-1-2-1-029", "RFC 6275 11.4.1", case="silent")
@pytest.mark.parametrize("how", ["refuses", "silent"])
def test_the_next_one_is_tried_when_the_first_fails(tn, how):
    """When it refuses, and when it never answers."""
    tn.start(agent="")
    reply(tn, request(tn), AGENT, OTHER_AGENT)
    update, _ = tn.hears_update()
    if how == "refuses":
        tn.acks(Ack(Status.NO_RESOURCES + 1, update.sequence))
    else:
        tn.times(5, within=40)
        tn.ports.passes(40)
        tn.ports.forget()
    tn.agent = OTHER_AGENT
    tn.hears_update(within=40)


def solicitation(tn, within=10.0):
    """The node's next question for prefixes, in ESP and from its home address."""
    seen = tn.ports.hear(is_kind(Kind.PREFIX_SOLICIT), within, "a prefix solicitation")
    one = seen.packet
    assert (one.src, one.dst, one.hao) == (coa(FIRST), AGENT, HOA)
    assert one.sa is tn.pairs[AGENT][PREFIX].to_agent and one.message.data[2:] == bytes(2)
    return seen


def registered(tn, **more):
    """And not yet told the prefixes of its home link."""
    tn.start(**more)
    update, _ = tn.hears_update()
    tn.acks(Ack(0, update.sequence, 400))


@pytest.mark.conforms("MN-4-1-1-1-004", "RFC 6275 11.4.2, 12")
def test_a_prefix_solicitation_is_repeated(tn):
    """After 3 s, then each time after twice as long."""
    registered(tn)
    when = [solicitation(tn, 40).when for _ in range(4)]
    times = [after - before for before, after in zip(when, when[1:])]
    assert times == pytest.approx([3, 6, 12], rel=0.1)


@pytest.mark.conforms("MN-4-2-1-1-001", "RFC 6275 11.4.3", case="plain")
@pytest.mark.conforms("MN-4-2-1-1-015", "RFC 6275 6.8", case="reserved")
@pytest.mark.conforms("MN-4-2-1-1-019", "RFC 6275 6.8", case="option")
@pytest.mark.parametrize("more", [{}, {"flags": 0x3FFF}, {"more": ((200, bytes(6)),)}],
                         ids=["plain", "reserved", "option"])
def test_a_prefix_advertisement_is_an_answer(tn, more):
    """The solicitation is not repeated, whatever is reserved or unknown in the answer."""
    registered(tn)
    tn.answers_prefixes(PREFIX_OF_HOME, **more)
    tn.ports.silent(is_kind(Kind.PREFIX_SOLICIT), 20)


@pytest.mark.conforms("MN-4-2-1-1-012", "RFC 6275 11.4.3")
def test_a_prefix_advertisement_of_another_is_none(tn):
    """Neither of an unknown node, nor one without ESP; the solicitation is repeated."""
    registered(tn)
    seen = solicitation(tn)
    number = int.from_bytes(seen.packet.message.data[:2], "big")
    message = icmp.prefix_advert(number, PREFIX_OF_HOME)
    tn.sends(message, tn.pairs[AGENT][PREFIX].to_node, src="2001:11::99")
    tn.sends(message, None)
    solicitation(tn)


@pytest.mark.conforms("MN-4-1-1-1-002", "RFC 6275 11.4.3")
def test_an_unsolicited_prefix_advertisement_is_acknowledged(tn):
    """By a solicitation."""
    registered(tn)
    tn.answers_prefixes(PREFIX_OF_HOME)
    tn.ports.forget()
    tn.sends(icmp.prefix_advert(4711, PREFIX_OF_HOME), tn.pairs[AGENT][PREFIX].to_node)
    solicitation(tn)


@pytest.mark.conforms("MN-4-2-1-1-004", "RFC 6275 11.4.3, 11.7.1")
@pytest.mark.conforms("MN-2-1-2-1-005", "RFC 6275 11.7.1")
def test_a_shorter_home_prefix_shortens_the_binding(tn):
    """An update with a lifetime that is no longer follows."""
    registered(tn)
    tn.answers_prefixes(Prefix(AGENT, 100, 50, flags=0xE0))
    assert tn.hears_update(within=30)[0].lifetime <= 100


@pytest.mark.conforms("MN-4-1-1-1-001", "RFC 6275 11.4.2")
def test_a_home_prefix_that_is_about_to_end_is_asked_for(tn):
    """Late, but before the home address becomes invalid."""
    registered(tn)
    tn.answers_prefixes(Prefix(AGENT, 60, 50, flags=0xE0))
    tn.ports.silent(is_kind(Kind.PREFIX_SOLICIT), 40)
    solicitation(tn, 20)


@pytest.mark.conforms("MN-3-3-1-1-002", "RFC 6275 11.5.1")
def test_the_old_router_is_used_while_it_is_there(tn):
    """Another router's advertisement on the same link is no movement."""
    tn.start()
    tn.bound(lifetime=400)
    other = icmp.router_advert(Prefix("2001:1f::"), mac=tn.here.mac)
    tn.here.addresses.add("fe80::77")
    tn.here.neighbour("fe80::77", "ff02::1", other)
    tn.silent(10)
    assert tn.is_tunnelled(tn.replies())


@pytest.mark.conforms("MN-3-3-1-1-004", "RFC 6275 11.5.1")
def test_the_address_of_a_link_that_was_left_is_not_used(tn):
    """On the next link the update and all payload have the address of that link."""
    tn.start()
    tn.bound(lifetime=400)
    tn.plugs(SECOND)
    tn.bound(lifetime=400)
    tn.ports.passes(5)
    assert tn.is_tunnelled(tn.replies())
    assert not any(one.packet.src == coa(FIRST) for one in tn.ports.kept)


@pytest.mark.conforms("MN-4-1-1-2-006", "RFC 6275 11.3.1")
def test_neighbours_are_asked_without_a_home_address(tn):
    """Solicitations have no home address option."""
    tn.start()
    tn.bound(lifetime=400)
    tn.here.neighbour(local(FIRST), coa(FIRST), icmp.solicit(coa(FIRST), tn.here.mac))
    seen = tn.ports.hear(is_kind(Kind.ADVERT), 3, "an advertisement")
    assert seen.packet.hao is None and icmp.target(seen.packet.message) == coa(FIRST)
    tn.ports.passes(30)
    assert local(FIRST) in tn.here.asked
    assert not any(one.packet.hao for one in tn.ports.kept if is_kind(Kind.SOLICIT)(one))


@pytest.mark.conforms("MN-2-2-2-1-027", "RFC 6275 11.5.5")
def test_the_home_address_is_answered_for_after_the_update(tn):
    """To who asks, as the agent may have to before it can acknowledge."""
    tn.start()
    tn.bound(lifetime=400)
    tn.plugs(HOME)
    tn.hears_update(within=15)
    tn.ports.forget()
    tn.here.neighbour(AGENT, HOA, icmp.solicit(HOA, tn.here.mac))
    seen = tn.ports.hear(is_kind(Kind.ADVERT), 3, "an advertisement")
    assert icmp.target(seen.packet.message) == HOA and seen.packet.dst == AGENT


@pytest.mark.conforms("MN-2-2-2-1-008", "RFC 6275 11.7.3")
def test_a_refused_deletion_is_the_end_too(tn):
    """With status 133 the agent has no binding, and the node is at home."""
    tn.start()
    tn.bound(lifetime=400)
    tn.plugs(HOME)
    update, _ = tn.hears_update(within=15)
    tn.acks(Ack(Status.NOT_HOME_AGENT, update.sequence, 0))
    reply = tn.replies()
    assert reply and (reply.src, reply.sa) == (HOA, None)


@pytest.mark.conforms("MN-4-1-2-2-004", "RFC 6275 6.4, 11.3.3", case="length")
@pytest.mark.conforms("MN-4-1-2-2-005", "RFC 6275 6.4, 11.3.3", case="segments")
@pytest.mark.conforms("MN-4-1-2-2-011", "RFC 6275 6.4, 11.3.3", case="address")
@pytest.mark.conforms("M54", "RFC 6275 6.4", part="length", case="length")
@pytest.mark.conforms("M54", "RFC 6275 6.4", part="segments", case="segments")
@pytest.mark.conforms("M54", "RFC 6275 6.4", part="address", case="address")
@pytest.mark.conforms("M54", "RFC 6275 6.4", part="multicast", case="multicast")
@pytest.mark.parametrize("wrong", ["length", "segments", "address", "multicast"])
def test_a_wrong_routing_header_is_discarded(tn, wrong):
    """An acknowledgement that comes by one is none."""
    tn.start()
    update, _ = tn.hears_update()
    one = tn.acknowledged(Ack(0, update.sequence))
    octets = bytearray(one.octets())
    if wrong in ("address", "multicast"):
        octets[40 + 8:40 + 24] = octets[8:24] if wrong == "address" else packed("ff0e::10")
    else:
        octets[40 + {"length": 1, "segments": 3}[wrong]] += 2
    tn.here.sends(bytes(octets))
    tn.hears_update(within=2)
    assert not tn.replies()


@pytest.mark.conforms("MN-3-4-1-2-001", "RFC 6275 11.7.4", case="plain")
@pytest.mark.conforms("MN-3-4-1-2-006", "RFC 6275 6.1.2", case="reserved")
@pytest.mark.parametrize("reserved", [0, 0xFF], ids=["plain", "reserved"])
def test_a_refresh_request_is_answered(tn, reserved):
    """By an update."""
    tn.start()
    tn.bound(lifetime=400)
    tn.sends(refresh_request(reserved=reserved), tn.pairs[AGENT][MH].to_node)
    tn.hears_update(within=2)


@pytest.mark.conforms("MN-3-4-1-2-005", "RFC 6275 11.7.4", case="request")
@pytest.mark.conforms("MN-3-3-1-2-007", "RFC 6275 11.3.6", case="error")
@pytest.mark.parametrize("what", ["request", "error"])
def test_what_a_stranger_says_changes_nothing(tn, what):
    """Neither its refresh request nor its binding error makes the node send an update."""
    tn.start()
    tn.bound(lifetime=400)
    message = refresh_request() if what == "request" else Error(2, HOA).message()
    tn.sends(message, None, src="2001:14::66", route=what == "request")
    tn.silent(5)
    assert tn.is_tunnelled(tn.replies())


@pytest.mark.conforms("MN-2-1-1-2-015", "RFC 6275 11.6.1", case="never")
@pytest.mark.conforms("MN-2-1-1-2-016", "RFC 6275 11.6.1", case="disabled")
@pytest.mark.parametrize("words", [{}, {"DoRouteOptimizationMN": "disabled"}],
                         ids=["never", "disabled"])
def test_without_route_optimization_nobody_is_tested(tn, words):
    """A packet that came through the tunnel makes the node send neither HoTI nor CoTI."""
    tn.start(**words)
    tn.bound(lifetime=400)
    assert tn.is_tunnelled(tn.replies())
    tn.ports.silent(lambda one: isinstance(one.packet.message, Mobility)
                    or isinstance(getattr(one.packet.message, "message", None), Mobility), 10)


@pytest.mark.conforms("MN-3-1-1-1-009", "RFC 6275 11.5.2")
def test_at_home_nothing_is_registered(tn):
    """The home prefix is the one that is configured: no update, and payload without a tunnel."""
    tn.start(HOME)
    tn.silent(10)
    reply = tn.replies()
    assert reply and (reply.src, reply.hao, reply.sa) == (HOA, None, None)
