"""A home agent looks whether anybody at home has the address, and tells the home link of it."""

import pytest

from harness.tester.home_agent import NUT_MAC, advertises, topology
from harness.tester.mip6 import icmp
from harness.tester.mip6.icmp import OVERRIDE, ROUTER, SOLICITED, Icmp
from harness.tester.mip6.mobility import HOME, Flag, Status, Update
from harness.tester.mip6.ports import ALL_NODES, ANY, solicited

TOPOLOGY = topology()
L = Flag.L


def probed(tn, address):
    """Whether the home link has heard a probe for the address."""
    return any(isinstance(one.packet.message, Icmp) and one.packet.src == ANY
               and (one.packet.dst, one.packet.hops) == (solicited(address), 255)
               and one.packet.message == icmp.solicit(address) for one in tn.ports.kept)


@pytest.mark.conforms("HA_2_3_1", "RFC 6275 10.3.1; RFC 4862 5.4", case="L=0")
@pytest.mark.conforms("HA_2_3_2", "RFC 6275 10.3.1; RFC 4862 5.4", case="L=1")
@pytest.mark.parametrize("flag", [Flag.NONE, L], ids=["L=0", "L=1"])
def test_the_home_link_is_probed_before_the_answer(tn, flag):
    """With L also for the link-local address, without it for the home address alone."""
    tn.start()
    node = tn.node()
    ack = node.registers(Update(15, HOME | flag))
    assert ack.status == Status.ACCEPTED
    assert probed(tn, node.hoa) and probed(tn, node.link_local) == bool(flag)
    tn.ports.forget()
    assert node.registers(Update(16, HOME | flag)).status == Status.ACCEPTED
    assert not probed(tn, node.hoa), "there is a binding already"


@pytest.mark.conforms("HA_2_3_3", "RFC 6275 10.3.1")
def test_without_l_the_link_local_address_does_not_matter(tn):
    """An advertisement for it during the probe does not spoil the registration."""
    tn.start()
    node = tn.node()
    node.updates(Update(15))
    tn.ports.passes(0.3)
    tn.link.neighbour(node.link_local, ALL_NODES, icmp.advert(node.link_local, tn.link.mac,
                                                              OVERRIDE))
    assert node.hears_ack().status == Status.ACCEPTED


@pytest.mark.conforms("M34", "RFC 6275 10.3.1", case="HA_2_4_1")
@pytest.mark.conforms("HA_2_4_1", "RFC 6275 10.3.1", case="HA_2_4_1")
@pytest.mark.conforms("HA_2_4_4", "RFC 6275 10.3.1", case="HA_2_4_4")
@pytest.mark.conforms("HA_2_4_2", "RFC 6275 10.3.1", case="HA_2_4_2")
@pytest.mark.conforms("HA_2_4_5", "RFC 6275 10.3.1", case="HA_2_4_5")
@pytest.mark.conforms("HA_2_4_3", "RFC 6275 10.3.1", case="HA_2_4_3")
@pytest.mark.conforms("HA_2_4_6", "RFC 6275 10.3.1", case="HA_2_4_6")
@pytest.mark.parametrize("flags, link_local", [
    (HOME, False), (Flag.H, False), (HOME | L, False), (Flag.H | L, False), (HOME | L, True),
    (Flag.H | L, True)], ids=["HA_2_4_1", "HA_2_4_4", "HA_2_4_2", "HA_2_4_5", "HA_2_4_3",
                              "HA_2_4_6"])
def test_an_address_that_is_in_use_is_refused(tn, flags, link_local):
    """Status 134, whatever the A bit says, and nothing is tunnelled."""
    tn.start()
    node = tn.node()
    tn.link.holds.add(node.link_local if link_local else node.hoa)
    ack = node.registers(Update(15, flags))
    assert (ack.status, ack.sequence) == (Status.NOT_UNIQUE, 15)
    assert not node.is_reached()


@pytest.mark.conforms("HA_4_1_1", "RFC 6275 10.4.1", case="L=0")
@pytest.mark.conforms("HA_4_1_2", "RFC 6275 10.4.1", case="L=1")
@pytest.mark.parametrize("flag", [Flag.NONE, L], ids=["L=0", "L=1"])
def test_the_home_link_is_told(tn, flag):
    """To all nodes: the agent's link address for the home address, O, not S, not R, from itself."""
    tn.start()
    node = tn.node()
    node.registers(Update(15, HOME | flag))
    tn.ports.passes(0.5)
    for target in [node.hoa] + [node.link_local] * bool(flag):
        told = [one.packet for one in tn.ports.kept if advertises(one, target)]
        assert told and {one.dst for one in told} == {ALL_NODES}
        assert {one.src for one in told} <= {node.agent, tn.nut.link_local()}
        assert {one.message.data[0] for one in told} == {OVERRIDE} and told[0].hops == 255
        assert icmp.link_address(told[0].message, icmp.Opt.TARGET) == NUT_MAC
    if not flag:
        assert not any(advertises(one, node.link_local) for one in tn.ports.kept)


ANSWERS = {
    "HA_4_2_1": (HOME, "multicast"), "HA_4_2_2": (HOME, "unicast"),
    "HA_4_2_13": (HOME, "unicast-bare"), "HA_4_2_3": (HOME, "probe"),
    "HA_4_2_4": (HOME | L, "multicast"), "HA_4_2_5": (HOME | L, "unicast"),
    "HA_4_2_14": (HOME | L, "unicast-bare"), "HA_4_2_6": (HOME | L, "probe"),
}


@pytest.mark.conforms("HA_4_2_1", "RFC 6275 10.4.1; RFC 4861 7.2.4", case="HA_4_2_1")
@pytest.mark.conforms("HA_4_2_2", "RFC 6275 10.4.1; RFC 4861 7.2.4", case="HA_4_2_2")
@pytest.mark.conforms("HA_4_2_13", "RFC 6275 10.4.1; RFC 4861 7.2.4", case="HA_4_2_13")
@pytest.mark.conforms("HA_4_2_3", "RFC 6275 10.4.1; RFC 4861 7.2.4", case="HA_4_2_3")
@pytest.mark.conforms("HA_4_2_4", "RFC 6275 10.4.1; RFC 4861 7.2.4", case="HA_4_2_4")
@pytest.mark.conforms("HA_4_2_5", "RFC 6275 10.4.1; RFC 4861 7.2.4", case="HA_4_2_5")
@pytest.mark.conforms("HA_4_2_14", "RFC 6275 10.4.1; RFC 4861 7.2.4", case="HA_4_2_14")
@pytest.mark.conforms("HA_4_2_6", "RFC 6275 10.4.1; RFC 4861 7.2.4", case="HA_4_2_6")
@pytest.mark.conforms("HA_4_4_1", "RFC 6275 10.3.2", case="HA_4_2_1")
@pytest.mark.conforms("HA_4_4_2", "RFC 6275 10.3.2", case="HA_4_2_2")
@pytest.mark.conforms("HA_4_4_13", "RFC 6275 10.3.2", case="HA_4_2_13")
@pytest.mark.conforms("HA_4_4_3", "RFC 6275 10.3.2", case="HA_4_2_3")
@pytest.mark.conforms("HA_4_4_4", "RFC 6275 10.3.2", case="HA_4_2_4")
@pytest.mark.conforms("HA_4_4_5", "RFC 6275 10.3.2", case="HA_4_2_5")
@pytest.mark.conforms("HA_4_4_14", "RFC 6275 10.3.2", case="HA_4_2_14")
@pytest.mark.conforms("HA_4_4_6", "RFC 6275 10.3.2", case="HA_4_2_6")
@pytest.mark.parametrize("flags, how", ANSWERS.values(), ids=ANSWERS)
def test_neighbours_are_answered_while_there_is_a_binding(tn, flags, how):
    """With the agent's link address, which who asks it itself may have already; without R."""
    tn.start()
    node = tn.node()
    node.bound(15, flags=flags)
    answer = tn.asks(node.hoa, how)
    assert answer and answer.hops == 255
    assert answer.dst == (ALL_NODES if how == "probe" else tn.neighbour)
    bits = answer.message.data[0]
    assert bits & (ROUTER | SOLICITED) == (0 if how == "probe" else SOLICITED)
    known = {NUT_MAC, None} if "unicast" in how else {NUT_MAC}
    assert icmp.link_address(answer.message, icmp.Opt.TARGET) in known
    assert node.registers(Update(16, flags, 0)).status == Status.ACCEPTED
    assert tn.asks(node.hoa, how) is None


@pytest.mark.conforms("HA_4_2_9", "RFC 6275 10.3.1, 10.4.1", case="L=1")
@pytest.mark.conforms("HA_4_4_9", "RFC 6275 10.3.2", case="L=1")
@pytest.mark.conforms("HA_4_2_12", "RFC 6275 10.3.1", case="L=0")
@pytest.mark.parametrize("flag", [Flag.NONE, L], ids=["L=0", "L=1"])
def test_the_link_local_address_is_defended_with_l_only(tn, flag):
    """Against a probe, and no longer than the binding is there."""
    tn.start()
    node = tn.node()
    node.bound(15, flags=HOME | flag)
    assert bool(tn.asks(node.link_local, "probe")) == bool(flag)
    assert node.registers(Update(16, HOME | flag, 0)).status == Status.ACCEPTED
    assert tn.asks(node.link_local, "probe") is None


NOBODYS = {
    "HA_4_3_1": (HOME, "multicast", False), "HA_4_3_2": (HOME, "unicast", False),
    "HA_4_3_13": (HOME, "unicast-bare", False), "HA_4_3_3": (HOME, "probe", False),
    "HA_4_3_10": (HOME, "multicast", True), "HA_4_3_11": (HOME, "unicast", True),
    "HA_4_3_16": (HOME, "unicast-bare", True), "HA_4_3_12": (HOME, "probe", True),
    "HA_4_3_4": (HOME | L, "multicast", False), "HA_4_3_5": (HOME | L, "unicast", False),
    "HA_4_3_14": (HOME | L, "unicast-bare", False), "HA_4_3_6": (HOME | L, "probe", False),
    "HA_4_3_7": (HOME | L, "multicast", True), "HA_4_3_8": (HOME | L, "unicast", True),
    "HA_4_3_15": (HOME | L, "unicast-bare", True), "HA_4_3_9": (HOME | L, "probe", True),
}


@pytest.mark.conforms("HA_4_3_1", "RFC 6275 10.4.1", case="HA_4_3_1")
@pytest.mark.conforms("HA_4_3_2", "RFC 6275 10.4.1", case="HA_4_3_2")
@pytest.mark.conforms("HA_4_3_13", "RFC 6275 10.4.1", case="HA_4_3_13")
@pytest.mark.conforms("HA_4_3_3", "RFC 6275 10.4.1", case="HA_4_3_3")
@pytest.mark.conforms("HA_4_3_10", "RFC 6275 10.4.1", case="HA_4_3_10")
@pytest.mark.conforms("HA_4_3_11", "RFC 6275 10.4.1", case="HA_4_3_11")
@pytest.mark.conforms("HA_4_3_16", "RFC 6275 10.4.1", case="HA_4_3_16")
@pytest.mark.conforms("HA_4_3_12", "RFC 6275 10.4.1", case="HA_4_3_12")
@pytest.mark.conforms("HA_4_3_4", "RFC 6275 10.4.1", case="HA_4_3_4")
@pytest.mark.conforms("HA_4_3_5", "RFC 6275 10.4.1", case="HA_4_3_5")
@pytest.mark.conforms("HA_4_3_14", "RFC 6275 10.4.1", case="HA_4_3_14")
@pytest.mark.conforms("HA_4_3_6", "RFC 6275 10.4.1", case="HA_4_3_6")
@pytest.mark.conforms("HA_4_3_7", "RFC 6275 10.4.1", case="HA_4_3_7")
@pytest.mark.conforms("HA_4_3_8", "RFC 6275 10.4.1", case="HA_4_3_8")
@pytest.mark.conforms("HA_4_3_15", "RFC 6275 10.4.1", case="HA_4_3_15")
@pytest.mark.conforms("HA_4_3_9", "RFC 6275 10.4.1", case="HA_4_3_9")
@pytest.mark.parametrize("flags, how, link_local", NOBODYS.values(), ids=NOBODYS)
def test_an_address_without_a_binding_is_nobodys(tn, flags, how, link_local):
    """A known node's that is not registered, while another one is."""
    tn.start()
    tn.node().bound(15, flags=flags)
    other = tn.node("20")
    assert tn.asks(other.link_local if link_local else other.hoa, how) is None
