"""A home agent is asked to delete a binding."""

import pytest

from harness.tester.home_agent import topology
from harness.tester.mip6.mobility import HOME, Flag, Status, Update
from harness.tester.subjects.mobility import PREFIX

TOPOLOGY = topology()
# Where the node is, whether its update has a home address option.
AWAY, AT_HOME, AT_HOME_BARE = (False, True), (True, True), (True, False)
KNOWN = {
    "HA_3_1_1": ("real", HOME, AWAY), "HA_3_1_6": ("real", Flag.H, AWAY),
    "HA_3_1_2": ("real", HOME, AT_HOME), "HA_3_1_7": ("real", Flag.H, AT_HOME),
    "HA_3_1_4": ("real", HOME, AT_HOME_BARE), "HA_3_1_9": ("real", Flag.H, AT_HOME_BARE),
    "HA_3_1_11": ("virtual", HOME, AWAY), "HA_3_1_12": ("virtual", Flag.H, AWAY),
}
UNKNOWN = {
    "HA_3_2_1": ("real", HOME, AWAY), "HA_3_2_6": ("real", Flag.H, AWAY),
    "HA_3_2_2": ("real", HOME, AT_HOME), "HA_3_2_7": ("real", Flag.H, AT_HOME),
    "HA_3_2_4": ("real", HOME, AT_HOME_BARE), "HA_3_2_9": ("real", Flag.H, AT_HOME_BARE),
    "HA_3_2_11": ("virtual", HOME, AWAY), "HA_3_2_12": ("virtual", Flag.H, AWAY),
}
# The last two have no policies that let neighbour discovery pass.
OLD = {
    "HA_3_3_1": (HOME, True, ""), "HA_3_3_2": (Flag.H, True, ""),
    "HA_3_3_3": (HOME, False, PREFIX), "HA_3_3_4": (Flag.H, False, PREFIX),
}


@pytest.mark.conforms("HA_3_1_1", "RFC 6275 10.3.2", case="HA_3_1_1")
@pytest.mark.conforms("HA_3_1_6", "RFC 6275 10.3.2", case="HA_3_1_6")
@pytest.mark.conforms("HA_3_1_2", "RFC 6275 10.3.2", case="HA_3_1_2")
@pytest.mark.conforms("HA_3_1_7", "RFC 6275 10.3.2", case="HA_3_1_7")
@pytest.mark.conforms("HA_3_1_4", "RFC 6275 10.3.2", case="HA_3_1_4")
@pytest.mark.conforms("HA_3_1_9", "RFC 6275 10.3.2", case="HA_3_1_9")
@pytest.mark.conforms("HA_3_1_11", "RFC 6275 10.3.2", case="HA_3_1_11")
@pytest.mark.conforms("HA_3_1_12", "RFC 6275 10.3.2", case="HA_3_1_12")
@pytest.mark.parametrize("home, flags, where", KNOWN.values(), ids=KNOWN)
def test_a_binding_is_deleted(tn, home, flags, where):
    """Status 0, the number, no lifetime, no refresh advice; nothing is tunnelled any more."""
    tn.start(home)
    node = tn.node()
    node.bound(15, flags=flags)
    at_home, option = where
    if at_home:
        node.comes_home()
    ack = node.registers(Update(16, flags, 0), option)
    assert (ack.status, ack.sequence, ack.lifetime, ack.refresh) == (0, 16, 0, None)
    assert not node.is_reached() and not node.reaches()


@pytest.mark.conforms("M27", "RFC 6275 10.3.2", case="HA_3_2_1")
@pytest.mark.conforms("HA_3_2_1", "RFC 6275 10.3.2", case="HA_3_2_1")
@pytest.mark.conforms("HA_3_2_6", "RFC 6275 10.3.2", case="HA_3_2_6")
@pytest.mark.conforms("HA_3_2_2", "RFC 6275 10.3.2", case="HA_3_2_2")
@pytest.mark.conforms("HA_3_2_7", "RFC 6275 10.3.2", case="HA_3_2_7")
@pytest.mark.conforms("HA_3_2_4", "RFC 6275 10.3.2", case="HA_3_2_4")
@pytest.mark.conforms("HA_3_2_9", "RFC 6275 10.3.2", case="HA_3_2_9")
@pytest.mark.conforms("HA_3_2_11", "RFC 6275 10.3.2", case="HA_3_2_11")
@pytest.mark.conforms("HA_3_2_12", "RFC 6275 10.3.2", case="HA_3_2_12")
@pytest.mark.parametrize("home, flags, where", UNKNOWN.values(), ids=UNKNOWN)
def test_without_a_binding_it_is_refused(tn, home, flags, where):
    """Status 133, sent to where the node is."""
    tn.start(home)
    node = tn.node()
    at_home, option = where
    if at_home:
        node.comes_home()
    ack = node.registers(Update(15, flags, 0), option)
    assert (ack.status, ack.sequence) == (Status.NOT_HOME_AGENT, 15)


@pytest.mark.conforms("HA_3_3_1", "RFC 6275 9.5.1, 10.3.2", case="HA_3_3_1")
@pytest.mark.conforms("HA_3_3_2", "RFC 6275 9.5.1, 10.3.2", case="HA_3_3_2")
@pytest.mark.conforms("HA_3_3_3", "RFC 6275 9.5.1, 10.3.2", case="HA_3_3_3")
@pytest.mark.conforms("HA_3_3_4", "RFC 6275 9.5.1, 10.3.2", case="HA_3_3_4")
@pytest.mark.parametrize("flags, option, without", OLD.values(), ids=OLD)
def test_an_old_number_deletes_nothing(tn, flags, option, without):
    """Status 135 with the last number reaches the node on the home link; the binding stays."""
    tn.start(without=without)
    node = tn.node()
    away = node.coa
    node.bound(15, flags=flags)
    node.comes_home()
    ack = node.registers(Update(14, flags, 0), option)
    assert (ack.status, ack.sequence) == (Status.SEQUENCE, 15)
    assert node.is_reached(away)
