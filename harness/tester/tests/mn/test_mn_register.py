"""A mobile node registers where it is with its home agent."""

import pytest

from harness.tester.mip6 import icmp
from harness.tester.mip6.mobility import Ack, Flag, Opt, Status
from harness.tester.mobile_node import (
    AGENT, FIRST, HOA, HOME, LIKE_LINK_LOCAL, SECOND, coa, is_kind, topology,
)

TOPOLOGY = topology()


@pytest.mark.conforms("MN-2-1-1-1-001", "RFC 6275 11.7.1; RFC 4877 4.1")
@pytest.mark.conforms("MN-2-1-1-1-004", "RFC 6275 11.7.1")
@pytest.mark.conforms("MN-3-2-1-1-001", "RFC 6275 11.5.3; RFC 4862 5.5.3")
@pytest.mark.conforms("MN-3-1-1-1-010", "RFC 6275 11.7.1")
@pytest.mark.conforms("MN-1-1-2-1-001", "RFC 6275 11.7.1; RFC 3776 4.1")
def test_an_update_is_sent(tn):
    """H and A, not K where keys are laid by hand, the care-of address that it made itself."""
    tn.start()
    update, seen = tn.hears_update()
    assert update.flags == Flag.A | Flag.H
    assert update.coa == coa(FIRST) and update.lifetime >= 4 and not update.bits
    assert seen.packet.message.reserved == 0 and not update.given


@pytest.mark.conforms("MN-2-1-1-1-002", "RFC 6275 11.7.1")
def test_l_is_set_where_the_link_local_address_ends_alike(tn):
    """The home address has the interface identifier of the link-local address."""
    tn.start(hoa=LIKE_LINK_LOCAL)
    assert tn.hears_update()[0].flags == Flag.A | Flag.H | Flag.L


@pytest.mark.conforms("MN-2-1-1-1-006", "RFC 6275 11.7.1")
def test_the_lifetime_is_no_longer_than_the_care_of_address(tn):
    """What the router grants the prefix is the most that is asked for."""
    tn.routers[FIRST].valid = tn.routers[FIRST].preferred = 300
    tn.start()
    assert 4 <= tn.hears_update()[0].lifetime <= 300


@pytest.mark.conforms("MN-2-1-1-1-007", "RFC 6275 11.7.1")
def test_the_lifetime_is_no_longer_than_the_home_address(tn):
    """What a mobile prefix advertisement has said of the home prefix counts from then on."""
    tn.start()
    tn.bound(status=Status.PREFIX_DISCOVERY, lifetime=40)
    tn.answers_prefixes(icmp.Prefix(AGENT, 200, 100, flags=0xE0))
    assert tn.hears_update(within=60)[0].lifetime <= 200


@pytest.mark.conforms("MN-2-1-1-1-013", "RFC 6275 11.8, 12")
def test_a_first_update_is_repeated(tn):
    """After 1.5 s, then each time after twice as long up to 32 s, each with a new number."""
    tn.start()
    updates, times = tn.times(8, within=40)
    assert times == pytest.approx([1.5, 3, 6, 12, 24, 32, 32], rel=0.1)
    assert {b.sequence - a.sequence & 0xFFFF for a, b in zip(updates, updates[1:])} == {1}


@pytest.mark.conforms("MN-2-1-2-1-006", "RFC 6275 11.8, 12")
def test_a_later_update_is_repeated(tn):
    """After 1 s, then each time after twice as long up to 32 s."""
    tn.start()
    tn.bound(lifetime=400)
    tn.plugs(SECOND)
    _, times = tn.times(7, within=40)
    assert times == pytest.approx([1, 2, 4, 8, 16, 32], rel=0.1)


@pytest.mark.conforms("MN-2-2-1-1-001", "RFC 6275 11.7.3", case="0")
@pytest.mark.conforms("MN-2-2-1-1-002", "RFC 6275 11.7.3", case="1")
@pytest.mark.conforms("MN-2-2-1-1-033", "RFC 6275 6.1.8, 11.7.3", case="127")
@pytest.mark.conforms("MN-2-2-1-1-014", "RFC 6275 11.7.3", case="0")
@pytest.mark.conforms("MN-4-1-1-2-001", "RFC 6275 11.3.1", case="0")
@pytest.mark.parametrize("status", [0, 1, 127])
def test_a_status_below_128_is_success(tn, status):
    """Payload goes by the tunnel from then on; with status 1 prefixes are asked for."""
    tn.start()
    assert not tn.replies()
    update, _ = tn.hears_update(within=40)
    tn.acks(Ack(status, update.sequence))
    if status == Status.PREFIX_DISCOVERY:
        seen = tn.ports.hear(is_kind(icmp.Kind.PREFIX_SOLICIT), 5, "a prefix solicitation")
        assert (seen.packet.hao, seen.packet.dst) == (HOA, AGENT)
    reply = tn.replies()
    assert tn.is_tunnelled(reply) and reply.message.src == HOA


@pytest.mark.conforms("MN-2-2-1-1-039", "RFC 6275 6.1.1, 6.1.8")
def test_reserved_bits_of_an_acknowledgement_are_ignored(tn):
    """Those of the mobility header and those behind K."""
    tn.start()
    update, _ = tn.hears_update()
    tn.acks(Ack(0, update.sequence, bits=0x1F), reserved=0xFF)
    assert tn.is_tunnelled(tn.replies())


@pytest.mark.conforms("MN-2-2-1-1-020", "RFC 6275 11.7.3, 11.7.1")
@pytest.mark.conforms("MN-2-1-2-1-004", "RFC 6275 11.7.1")
def test_a_shorter_lifetime_is_refreshed_in_time(tn):
    """The next update comes before what was granted has ended, with a greater number."""
    tn.start()
    before = tn.bound(lifetime=40)
    tn.silent(10)
    update, _ = tn.hears_update(within=30)
    assert update.sequence == before.sequence + 1 & 0xFFFF and update.coa == coa(FIRST)


@pytest.mark.conforms("MN-2-2-1-1-026", "RFC 6275 11.7.3")
def test_a_refresh_advice_is_taken(tn):
    """The update comes when the agent wants it, not when the lifetime ends."""
    tn.start()
    tn.bound(lifetime=400, given=((Opt.REFRESH, bytes([0, 10])),))
    tn.silent(20)
    tn.hears_update(within=25)


@pytest.mark.conforms("MN-2-1-1-1-008", "RFC 6275 11.7.1")
@pytest.mark.conforms("MN-4-1-1-2-005", "RFC 6275 11.3.1")
def test_an_expired_registration_is_asked_for_again(tn):
    """Without an answer updates go on; nothing leaves from the home address meanwhile."""
    tn.start()
    tn.bound(lifetime=20)
    tn.ports.passes(60)
    assert not tn.replies()
    tn.hears_update(within=40)


@pytest.mark.conforms("MN-2-2-1-1-003", "RFC 6275 11.7.3", case="128")
@pytest.mark.conforms("MN-2-2-1-1-004", "RFC 6275 11.7.3", case="129")
@pytest.mark.conforms("MN-2-2-1-1-005", "RFC 6275 11.7.3", case="130")
@pytest.mark.conforms("MN-2-2-1-1-006", "RFC 6275 11.7.3", case="131")
@pytest.mark.conforms("MN-2-2-1-1-007", "RFC 6275 11.7.3", case="132")
@pytest.mark.conforms("MN-2-2-1-1-009", "RFC 6275 11.7.3", case="134")
@pytest.mark.conforms("MN-2-2-1-1-035", "RFC 6275 11.7.3", case="255")
@pytest.mark.conforms("M38", "RFC 6275 6.1.8, 11.7.3", case="200")
@pytest.mark.parametrize("status", [128, 129, 130, 131, 132, 134, 200, 255])
def test_a_status_from_128_on_is_refusal(tn, status):
    """Nothing leaves from the home address, and the update is not repeated at once."""
    tn.start()
    update, _ = tn.hears_update()
    tn.acks(Ack(status, update.sequence))
    tn.silent(10)
    assert not tn.replies()


@pytest.mark.conforms("M37", "RFC 6275 11.7.3", case="4711")
@pytest.mark.conforms("MN-2-2-1-1-010", "RFC 6275 11.7.3", case="4711")
@pytest.mark.conforms("MN-2-2-1-1-016", "RFC 6275 11.7.3", case="65535")
@pytest.mark.parametrize("last", [4711, 65535])
def test_a_number_out_of_window_is_mended(tn, last):
    """With status 135 the next update has the next number after the agent's."""
    tn.start()
    tn.hears_update()
    tn.acks(Ack(Status.SEQUENCE, last, 0))
    update, _ = tn.hears_update(within=2)
    assert update.sequence == last + 1 & 0xFFFF
    tn.acks(Ack(0, update.sequence))
    assert tn.is_tunnelled(tn.replies())


@pytest.mark.conforms("MN-2-2-1-1-017", "RFC 6275 11.7.3", case="number")
@pytest.mark.conforms("MN-2-2-1-1-038", "RFC 6275 5.1, 11.7.3", case="bare")
@pytest.mark.conforms("MN-6-2-1-1-001", "RFC 6275 9.2", case="payload")
@pytest.mark.conforms("MN-6-2-1-1-002", "RFC 6275 9.2", case="length")
@pytest.mark.conforms("MN-6-2-1-1-003", "RFC 6275 9.2", case="type")
@pytest.mark.conforms("MN-6-2-1-1-004", "RFC 6275 9.2", case="checksum")
@pytest.mark.parametrize("wrong", ["number", "bare", "payload", "length", "type", "checksum"])
def test_what_is_no_answer_is_ignored(tn, wrong):
    """The update is repeated in its time, and nothing leaves from the home address."""
    tn.start()
    update, _ = tn.hears_update()
    ack = Ack(0, update.sequence + (wrong == "number") & 0xFFFF)
    more = {"payload": {"proto": 58}, "length": {"length": 0}, "type": {"kind": 99},
            "checksum": {"checksum": 0x1234}}.get(wrong, {})
    tn.sends_as(ack, more, protected=wrong != "bare")
    tn.hears_update(within=2)
    tn.ports.forget()
    assert not tn.replies()


@pytest.mark.conforms("MN-2-1-2-1-001", "RFC 6275 11.5.1, 11.7.1")
def test_a_movement_is_told(tn):
    """The update comes from the new address and has it; payload goes from there when answered."""
    tn.start()
    before = tn.bound(lifetime=400)
    tn.plugs(SECOND)
    update, _ = tn.hears_update()
    assert update.coa == coa(SECOND) and update.sequence == before.sequence + 1 & 0xFFFF
    assert not tn.replies()
    tn.acks(Ack(0, tn.hears_update()[0].sequence))
    assert tn.is_tunnelled(tn.replies())


@pytest.mark.conforms("MN-6-2-2-1-001", "RFC 6275 11.3.5")
def test_an_agent_that_knows_no_mobility_is_believed(tn):
    """After its parameter problem about an unknown header updates pause."""
    tn.start()
    _, seen = tn.hears_update()
    tn.sends(icmp.failure(icmp.Kind.PROBLEM, 1, seen.packet.octets(), 40), None, route=False)
    tn.silent(10)


@pytest.mark.conforms("MN-2-1-3-1-001", "RFC 6275 11.5.5, 11.7.1")
@pytest.mark.conforms("MN-2-1-3-1-007", "RFC 6275 11.5.5")
@pytest.mark.conforms("MN-2-2-2-1-001", "RFC 6275 11.5.5, 11.7.3")
@pytest.mark.conforms("MN-3-4-1-1-001", "RFC 6275 11.5.5")
@pytest.mark.conforms("MN-4-1-1-2-004", "RFC 6275 11.5.5")
@pytest.mark.conforms("MN-4-1-2-2-007", "RFC 6275 11.5.5")
def test_a_node_that_is_home_deletes_its_binding(tn):
    """It asks for the agent, sends lifetime 0 from home, and tells the link when it is answered."""
    tn.start()
    tn.bound(lifetime=400)
    tn.plugs(HOME)
    update, _ = tn.hears_update(within=15)
    assert update.lifetime == 0 and update.coa in (None, HOA)
    assert AGENT in tn.here.asked
    tn.acks(Ack(0, update.sequence, 0))
    tn.ports.hear(lambda one: is_kind(icmp.Kind.ADVERT)(one) and one.packet.dst == "ff02::1"
                  and icmp.target(one.packet.message) == HOA
                  and one.packet.message.data[0] & 0xE0 == icmp.OVERRIDE, 3, "an advertisement")
    reply = tn.replies()
    assert reply and (reply.src, reply.hao, reply.sa) == (HOA, None, None)
