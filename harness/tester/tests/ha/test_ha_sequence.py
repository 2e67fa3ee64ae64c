"""A home agent compares sequence numbers modulo 65536."""

import pytest

from harness.tester.home_agent import topology
from harness.tester.mip6.mobility import HOME, Flag, Status, Update

TOPOLOGY = topology()
NEWER = {
    "HA_2_5_1": ("real", HOME, 15, 16), "HA_2_5_3": ("virtual", HOME, 15, 16),
    "HA_2_5_5": ("real", Flag.H, 15, 16), "HA_2_5_7": ("virtual", Flag.H, 15, 16),
    "HA_2_5_2": ("real", HOME, 15, 32782), "HA_2_5_4": ("virtual", HOME, 15, 32782),
    "HA_2_7_1": ("real", HOME, 32783, 32784), "HA_2_7_3": ("virtual", HOME, 32783, 32784),
    "HA_2_7_2": ("real", HOME, 32783, 14), "HA_2_7_4": ("virtual", HOME, 32783, 14),
    "M26": ("real", HOME, 65535, 0),
}
OLDER = {
    "HA_2_6_1": ("real", HOME, 15, 14), "HA_2_6_7": ("virtual", HOME, 15, 14),
    "HA_2_6_4": ("real", Flag.H, 15, 14), "HA_2_6_10": ("virtual", Flag.H, 15, 14),
    "HA_2_6_2": ("real", HOME, 15, 15), "HA_2_6_8": ("virtual", HOME, 15, 15),
    "HA_2_6_3": ("real", HOME, 15, 32783), "HA_2_6_9": ("virtual", HOME, 15, 32783),
    "HA_2_8_1": ("real", HOME, 32783, 32782), "HA_2_8_7": ("virtual", HOME, 32783, 32782),
    "HA_2_8_2": ("real", HOME, 32783, 32783), "HA_2_8_8": ("virtual", HOME, 32783, 32783),
    "HA_2_8_3": ("real", HOME, 32783, 15), "HA_2_8_9": ("virtual", HOME, 32783, 15),
}


@pytest.mark.conforms("M26", "RFC 6275 9.5.1", case="M26")
@pytest.mark.conforms("M25", "RFC 6275 9.5.1", part="edge", case="HA_2_5_2")
@pytest.mark.conforms("HA_2_5_1", "RFC 6275 9.5.1", case="HA_2_5_1")
@pytest.mark.conforms("HA_2_5_2", "RFC 6275 9.5.1", case="HA_2_5_2")
@pytest.mark.conforms("HA_2_5_3", "RFC 6275 9.5.1", case="HA_2_5_3")
@pytest.mark.conforms("HA_2_5_4", "RFC 6275 9.5.1", case="HA_2_5_4")
@pytest.mark.conforms("HA_2_5_5", "RFC 6275 9.5.1", case="HA_2_5_5")
@pytest.mark.conforms("HA_2_5_7", "RFC 6275 9.5.1", case="HA_2_5_7")
@pytest.mark.conforms("HA_2_7_1", "RFC 6275 9.5.1", case="HA_2_7_1")
@pytest.mark.conforms("HA_2_7_2", "RFC 6275 9.5.1", case="HA_2_7_2")
@pytest.mark.conforms("HA_2_7_3", "RFC 6275 9.5.1", case="HA_2_7_3")
@pytest.mark.conforms("HA_2_7_4", "RFC 6275 9.5.1", case="HA_2_7_4")
@pytest.mark.parametrize("home, flags, first, second", NEWER.values(), ids=NEWER)
def test_a_greater_number_is_accepted(tn, home, flags, first, second):
    """Up to 32767 more than the last one is greater."""
    tn.start(home)
    node = tn.node()
    node.bound(first, flags=flags)
    ack = node.registers(Update(second, flags))
    assert (ack.status, ack.sequence) == (Status.ACCEPTED, second)


@pytest.mark.conforms("M25", "RFC 6275 9.5.1", part="same", case="HA_2_6_2")
@pytest.mark.conforms("M25", "RFC 6275 9.5.1", part="older", case="HA_2_6_1")
@pytest.mark.conforms("M25", "RFC 6275 9.5.1", part="far", case="HA_2_6_3")
@pytest.mark.conforms("HA_2_6_1", "RFC 6275 9.5.1", case="HA_2_6_1")
@pytest.mark.conforms("HA_2_6_2", "RFC 6275 9.5.1", case="HA_2_6_2")
@pytest.mark.conforms("HA_2_6_3", "RFC 6275 9.5.1", case="HA_2_6_3")
@pytest.mark.conforms("HA_2_6_4", "RFC 6275 9.5.1", case="HA_2_6_4")
@pytest.mark.conforms("HA_2_6_7", "RFC 6275 9.5.1", case="HA_2_6_7")
@pytest.mark.conforms("HA_2_6_8", "RFC 6275 9.5.1", case="HA_2_6_8")
@pytest.mark.conforms("HA_2_6_9", "RFC 6275 9.5.1", case="HA_2_6_9")
@pytest.mark.conforms("HA_2_6_10", "RFC 6275 9.5.1", case="HA_2_6_10")
@pytest.mark.conforms("HA_2_8_1", "RFC 6275 9.5.1", case="HA_2_8_1")
@pytest.mark.conforms("HA_2_8_2", "RFC 6275 9.5.1", case="HA_2_8_2")
@pytest.mark.conforms("HA_2_8_3", "RFC 6275 9.5.1", case="HA_2_8_3")
@pytest.mark.conforms("HA_2_8_7", "RFC 6275 9.5.1", case="HA_2_8_7")
@pytest.mark.conforms("HA_2_8_8", "RFC 6275 9.5.1", case="HA_2_8_8")
@pytest.mark.conforms("HA_2_8_9", "RFC 6275 9.5.1", case="HA_2_8_9")
@pytest.mark.parametrize("home, flags, first, second", OLDER.values(), ids=OLDER)
def test_a_number_that_is_not_greater_is_refused(tn, home, flags, first, second):
    """The acknowledgement has status 135 and the last number, and the binding stays."""
    tn.start(home)
    node = tn.node()
    node.bound(first, flags=flags)
    ack = node.registers(Update(second, flags))
    assert (ack.status, ack.sequence) == (Status.SEQUENCE, first)
    assert node.is_reached()
