import pytest

from harness.tester.ike.numbers import Exchange, Protocol
from harness.tester.ike.payloads import Delete
from harness.tester.ike.sa import Child
from harness.tester.stage import Tester, topology

TOPOLOGY = topology()
CREATE, INFORMATIONAL = Exchange.CREATE_CHILD_SA, Exchange.INFORMATIONAL


@pytest.fixture
def tn(bed):
    """The conformance tester; what examples/your-ci/adapter.py drives is the subject."""
    tester = Tester(bed)
    bed.give(bed.hosts["nut"], ike=str(bed.job.top / "examples/your-ci/adapter.py"))
    return tester


@pytest.mark.req("T-182")
def test_a_daemon_that_an_adapter_drives_answers(tn):
    """It is configured and started, answers the tester, and is stopped."""
    tn.start()
    tn.pings(tn.up().child)
    tn.end()


@pytest.mark.req("T-182")
def test_a_daemon_that_an_adapter_drives_does_what_it_is_told(tn):
    """It begins, replaces its CHILD_SA and closes its IKE_SA."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.rekey_child()
    request, child = sa.request(CREATE), Child()
    sa.answer(request, *sa.child_answer(child, request))
    sa.answer(sa.request(INFORMATIONAL), Delete(Protocol.ESP, [sa.child.spi]))
    tn.pings(child)
    tn.subject.close_ike()
    request = sa.request(INFORMATIONAL)
    assert request.one(Delete) == Delete(Protocol.IKE)
    sa.answer(request)
    tn.end()
