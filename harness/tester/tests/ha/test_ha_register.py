"""A home agent is asked to register a primary care-of address."""

import pytest

from harness.tester.home_agent import COA, HOMES, STRANGER, topology
from harness.tester.mip6.mobility import HOME, Flag, Mobility, Opt, Status, Update, error

TOPOLOGY = topology()
homes = pytest.mark.parametrize("home", HOMES)



@pytest.mark.conforms("HA_2_1_1", "RFC 6275 10.3.1, 9.5.4", case="real")
@pytest.mark.conforms("HA_2_1_5", "RFC 6275 10.3.1, 9.5.4", case="virtual")
@homes
def test_an_update_is_accepted(tn, home):
    """The acknowledgement repeats the number, grants no more than was asked for, has no K."""
    tn.start(home)
    node = tn.node()
    ack = node.registers(Update(15, HOME, 60))
    assert (ack.status, ack.sequence, ack.key) == (Status.ACCEPTED, 15, False)
    assert 0 < ack.lifetime <= 60 and (ack.refresh or 0) < ack.lifetime
    assert node.is_reached() and node.reaches()


@pytest.mark.conforms("HA_2_1_2", "RFC 6275 10.3.1", case="real")
@pytest.mark.conforms("HA_2_1_6", "RFC 6275 10.3.1", case="virtual")
@homes
def test_an_update_without_a_is_acknowledged(tn, home):
    """A home agent acknowledges whatever the A bit says."""
    tn.start(home)
    node = tn.node()
    ack = node.registers(Update(15, Flag.H))
    assert (ack.status, ack.sequence) == (Status.ACCEPTED, 15)
    assert node.is_reached()


@pytest.mark.conforms("HA_2_1_14", "RFC 6275 6.1.1, 6.1.7", case="real")
@pytest.mark.conforms("HA_2_1_15", "RFC 6275 6.1.1, 6.1.7", case="virtual")
@homes
def test_reserved_bits_are_ignored(tn, home):
    """Those of the mobility header and those of the update that no other RFC has taken."""
    tn.start(home)
    node = tn.node()
    ack = node.registers(Update(15, HOME, bits=0x00FF), reserved=0xFF)
    assert (ack.status, ack.sequence) == (Status.ACCEPTED, 15)


@pytest.mark.conforms("HA_2_1_3", "RFC 6275 10.3.1", case="real")
@pytest.mark.conforms("HA_2_1_7", "RFC 6275 10.3.1", case="virtual")
@homes
def test_a_lifetime_is_decreased(tn, home):
    """A later update with a shorter lifetime shortens the binding."""
    tn.start(home)
    node = tn.node()
    assert node.bound(15, lifetime=420).lifetime <= 420
    assert node.registers(Update(16, lifetime=20)).lifetime <= 20
    tn.ports.passes(21)
    assert not node.is_reached()


@pytest.mark.conforms("HA_2_1_4", "RFC 6275 10.3.1", case="real")
@pytest.mark.conforms("HA_2_1_8", "RFC 6275 10.3.1", case="virtual")
@homes
def test_a_binding_ends_with_its_lifetime(tn, home):
    """Until then packets are tunnelled, afterwards none, either way."""
    tn.start(home)
    node = tn.node()
    lifetime = node.bound(15, lifetime=20).lifetime
    tn.ports.passes(lifetime - 4)
    assert node.is_reached()
    tn.ports.passes(5)
    assert not node.is_reached() and not node.reaches()


@pytest.mark.conforms("HA_2_1_9", "RFC 6275 10.3.1")
@pytest.mark.parametrize("valid, preferred, status", [
    ("40", "40", Status.PREFIX_DISCOVERY), ("forever", "30", Status.PREFIX_DISCOVERY),
    ("forever", "0", Status.PREFIX_DISCOVERY), ("2000", "1000", Status.ACCEPTED)])
def test_a_binding_does_not_outlive_its_prefix(tn, valid, preferred, status):
    """The lifetime is cut to the prefix's; status 1 says that the prefix ends or is deprecated."""
    tn.nut.run(f"ip address change 2001:1::1/64 dev eth0 valid_lft {valid}"
               f" preferred_lft {preferred}")
    tn.start()
    ack = tn.node().registers(Update(15, lifetime=60))
    assert ack.status == status
    assert 0 < ack.lifetime <= (40 if valid == "40" else 60)


@pytest.mark.conforms("M23", "RFC 6275 5.1, 10.3.1", case="real")
@pytest.mark.conforms("HA_2_2_3", "RFC 6275 5.1, 10.3.1", case="real")
@pytest.mark.conforms("HA_2_2_6", "RFC 6275 5.1, 10.3.1", case="virtual")
@homes
def test_an_update_without_authority_binds_nothing(tn, home):
    """Neither one without ESP, nor one in another node's SA, nor one of an unknown node's."""
    tn.start(home)
    node, other, stranger = tn.node(), tn.node("20"), tn.node(STRANGER)
    node.sends(Update(15, coa=COA).message())
    node.sends(Update(15, coa=COA).message(), sa=other.mh.to_agent)
    stranger.updates(Update(15))
    node.unanswered()
    stranger.unanswered(0.1)
    assert not node.is_reached() and not stranger.is_reached()


@pytest.mark.conforms("HA_2_2_7", "RFC 6275 9.5.1", case="real")
@pytest.mark.conforms("HA_2_2_8", "RFC 6275 9.5.1", case="virtual")
@homes
def test_a_home_update_with_nonce_indices_is_discarded(tn, home):
    """They are for correspondents, and the update is not answered."""
    tn.start(home)
    node = tn.node()
    node.updates(Update(15, given=((Opt.NONCES, bytes([0, 1, 0, 2])),)))
    node.unanswered()
    assert not node.is_reached()


@pytest.mark.conforms("HA_2_2_13", "RFC 6275 6.3, 9.5.1", case="real")
@pytest.mark.conforms("HA_2_2_14", "RFC 6275 6.3, 9.5.1", case="virtual")
@homes
def test_a_multicast_home_address_is_none(tn, home):
    """An update whose home address option has one is not answered and binds nothing."""
    tn.start(home)
    node = tn.node()
    node.hoa = "ff0e::10"
    node.updates(Update(15))
    node.sends(Update(16, coa=COA).message())
    tn.ports.silent(lambda one: isinstance(one.packet.message, Mobility), 3)
    assert tn.node().registers(Update(15)).status == Status.ACCEPTED


@pytest.mark.conforms("M5", "RFC 6275 9.2", case="real")
@pytest.mark.conforms("HA_1_1_3", "RFC 6275 9.2", case="real")
@pytest.mark.conforms("HA_1_1_8", "RFC 6275 9.2", case="virtual")
@homes
def test_a_wrong_checksum_is_silently_discarded(tn, home):
    """Nothing answers, and no binding comes of it."""
    tn.start(home)
    node = tn.node()
    node.updates(Update(15), checksum=0x1234)
    tn.ports.silent(lambda one: one.packet.dst == COA, 3)
    assert not node.is_reached()


@pytest.mark.conforms("HA_1_1_1", "RFC 6275 9.2, 9.3.3", case="unbound")
@pytest.mark.conforms("HA_1_1_5", "RFC 6275 9.2, 9.3.3", case="bound")
@pytest.mark.parametrize("bound", [False, True], ids=["unbound", "bound"])
def test_an_unknown_type_gets_a_binding_error(tn, bound):
    """It says status 2, goes to where the packet came from, and names the home address."""
    tn.start()
    node = tn.node()
    if bound:
        node.bound(15)
    for message, hao, sa in ((Mobility(99, bytes(10)), False, None),
                             (Mobility(99, bytes(10)), True, node.mh.to_agent)):
        node.sends(message, hao, sa)
        seen = tn.ports.hear(lambda one: isinstance(one.packet.message, Mobility), 2, "an error")
        assert (seen.packet.src, seen.packet.dst) == (node.agent, COA) and not seen.packet.route
        found = error(seen.packet.message)
        assert (seen.packet.message.kind, found.status) == (7, 2)
        assert found.hoa == (node.hoa if hao else "::")
