"""A mobile node tells links apart, and knows what is of its link alone."""

import pytest

from harness.tester.mip6 import icmp
from harness.tester.mip6.icmp import Kind
from harness.tester.mip6.mobility import Ack, Status
from harness.tester.mip6.packet import Packet
from harness.tester.mip6.ports import link_local
from harness.tester.mobile_node import FIRST, HOA, HOME, SECOND, coa, is_kind, local, topology

TOPOLOGY = topology()


@pytest.mark.conforms("MN-3-3-1-1-005", "RFC 6275 7.2, 11.5.1")
def test_routers_of_one_link_local_address_are_told_apart(tn):
    """Two links whose routers differ in their global address only are two links."""
    tn.routers[FIRST].named = tn.routers[SECOND].named = True
    second = tn.links[SECOND]
    second.router = local(FIRST), tn.routers[SECOND].advert
    second.addresses.add(local(FIRST))
    tn.start()
    tn.bound(lifetime=400)
    tn.plugs(SECOND)
    assert tn.bound(lifetime=400).coa == coa(SECOND)
    tn.ports.passes(5)
    assert tn.is_tunnelled(tn.replies())


@pytest.mark.conforms("MN-3-4-1-1-002", "RFC 6275 11.5.5, 11.7.3")
def test_a_node_whose_registration_has_ended_comes_home(tn):
    """Its agent knows of no binding any more, and payload leaves from the home link."""
    tn.start()
    tn.bound(lifetime=20)
    tn.ports.passes(60)
    tn.plugs(HOME)
    tn.ports.forget()
    update, _ = tn.hears_update(within=30)
    assert update.lifetime == 0
    tn.acks(Ack(Status.NOT_HOME_AGENT, update.sequence, 0))
    reply = tn.replies()
    assert reply and (reply.src, reply.hao, reply.sa) == (HOA, None, None)


@pytest.mark.conforms("MN-4-1-2-2-006", "RFC 6275 11.3.1")
def test_a_neighbour_is_answered_from_the_link_local_address(tn):
    """What comes to the link-local address is of the link: no tunnel, no home address."""
    tn.start()
    tn.bound(lifetime=400)
    own = link_local(coa(FIRST))
    tn.here.send(Packet(local(FIRST), own, icmp.echo(7)))
    one = tn.ports.hear(is_kind(Kind.REPLY), 3, "a reply").packet
    assert (one.src, one.dst, one.hao, one.sa) == (own, local(FIRST), None, None)
