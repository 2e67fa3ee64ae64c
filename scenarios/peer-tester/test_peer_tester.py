import pytest

from harness.tester.ike.numbers import Exchange, Protocol
from harness.tester.ike.payloads import KE, Delete
from harness.tester.ike.sa import Child
from harness.tester.ike.suites import Group
from harness.tester.stage import Tester, topology

TOPOLOGY = topology()
CREATE, INFORMATIONAL = Exchange.CREATE_CHILD_SA, Exchange.INFORMATIONAL


@pytest.fixture
def tn(bed):
    """The conformance tester; strongSwan is the subject."""
    tester = Tester(bed)
    bed.give(bed.hosts["nut"], ike="strongswan")
    tester.start()
    return tester


@pytest.mark.req("T-153")
def test_the_tester_begins(tn):
    """With strongSwan the tester gets an IKE_SA and a CHILD_SA, and replaces both."""
    sa = tn.up()
    tn.pings(sa.child)
    child = sa.another_child(rekeys=sa.child)
    assert sa.ask(INFORMATIONAL, Delete(Protocol.ESP, [sa.child.spi])).all(Delete)
    tn.pings(child)
    new = sa.rekeyed()
    sa.ask(INFORMATIONAL, Delete(Protocol.IKE))
    assert new.ask(INFORMATIONAL).payloads == []
    tn.end()


@pytest.mark.req("T-153")
def test_strongswan_begins(tn):
    """The tester answers strongSwan: an IKE_SA and a CHILD_SA come up and are replaced."""
    sa = tn.up_by_subject()
    tn.pings(sa.child)
    tn.subject.rekey_child()
    request, child = sa.request(CREATE), Child()
    sa.answer(request, *sa.child_answer(child, request))
    tn.pings(child)
    deleted = sa.request(INFORMATIONAL)
    sa.answer(deleted, Delete(Protocol.ESP, [sa.child.spi]))
    tn.subject.rekey_ike()
    request, new = sa.request(CREATE), sa.successor(mine=False)
    new.group = Group(request.one(KE).group)
    sa.take_rekey(new, request)
    sa.answer(request, *sa.rekey_request(new))
    sa.answer(sa.request(INFORMATIONAL))
    assert new.ask(INFORMATIONAL).payloads == []
    tn.end()
