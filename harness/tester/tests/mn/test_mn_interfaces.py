"""A mobile node has interfaces that its mip6d may use, and others."""

import pytest

from harness.bed.base.topology import Member, Plug, Topology
from harness.tester.mip6.mobility import update
from harness.tester.mobile_node import (
    FIRST, NUT, NUT_MAC, PREFIXES, SECOND, SETTLED, coa, topology,
)

OTHER_MAC, OTHER_COA = "06:1a:a8:00:0a:09", f"{PREFIXES[SECOND]}41a:a8ff:fe00:a09"


def on_two_links():
    """eth1 is on the second link."""
    found = topology()
    node = Member((Plug(FIRST, NUT_MAC), Plug(SECOND, OTHER_MAC)))
    return Topology(found.links, {**found.members, NUT: node}, found.correspondent)


TOPOLOGY = on_two_links()


@pytest.mark.conforms("F-022", "RFC 6275 11.5.3", part="shown")
def test_an_interface_that_is_named_is_used(tn):
    """The update has the address that its link has given."""
    tn.bed.rtr.typed("ip link set nut down")
    tn.start(Interface='"eth1"')
    seen = tn.ports.hear(tn.is_update, SETTLED, "a binding update")
    assert update(seen.packet.message).coa == seen.packet.src == OTHER_COA


@pytest.mark.conforms("F-022", "RFC 6275 11.5.3", part="refused")
def test_advertisements_on_another_interface_move_nobody(tn):
    """It has an address by them and is not registered there, when nothing else is left either."""
    tn.bed.rtr.typed("ip link set nut-1 down")
    tn.start(Interface='"eth0"')
    assert tn.bound(lifetime=400).coa == coa(FIRST)
    tn.bed.rtr.typed("ip link set nut-1 up")
    tn.ports.passes(8)
    tn.ports.forget()
    tn.here.router = None
    tn.nut.run(f"ip address del {coa(FIRST)}/64 dev eth0")
    tn.silent(20)
    assert OTHER_COA in tn.nut.run("ip -6 address show dev eth1")
