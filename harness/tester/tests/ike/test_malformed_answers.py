"""IKE_SA_INIT responses that lie, the subject begins."""

import pytest

from harness.tester.ike.numbers import Exchange, Note, Protocol
from harness.tester.ike.payloads import KE, SA, Notify, Proposal
from harness.tester.ike.suites import IKE
from harness.tester.ike.wire import NotHeard
from harness.tester.stage import topology

TOPOLOGY = topology()
AUTH = Exchange.IKE_AUTH
BOTH = "aes128-sha256-modp2048,aes128-sha256-ecp256"
TURNS = 6


def begins(tn, **conf):
    tn.start(**conf)
    tn.subject.initiate()
    request = tn.asked()
    return tn.sa_of(request), request


@pytest.mark.conforms("I41", "RFC 7296 2.7, 3.3.6")
def test_an_answer_with_two_transforms_of_a_type_is_not_taken(tn):
    """IKE_AUTH does not come."""
    sa, request = begins(tn)
    twice = Proposal(1, Protocol.IKE, b"", [*IKE.transforms(), IKE.transforms()[0]])
    sa.answer(request, SA([twice]), *sa.init()[1:])
    sa.silent(exchange=AUTH)


@pytest.mark.conforms("I42", "RFC 7296 3.3.1")
def test_an_answer_with_a_number_that_was_not_offered_is_not_taken(tn):
    """IKE_AUTH does not come."""
    sa, request = begins(tn)
    sa.answer(request, SA([Proposal(7, Protocol.IKE, b"", IKE.transforms())]), *sa.init()[1:])
    sa.silent(exchange=AUTH)


@pytest.mark.conforms("I43", "RFC 7296 2.6")
@pytest.mark.parametrize("size", [0, 65])
def test_a_cookie_of_a_wrong_size_is_not_brought_back(tn, size):
    """No request with it comes."""
    sa, request = begins(tn)
    cookie = Notify(Note.COOKIE, bytes(size))
    sa.answer(request, cookie, spi_r=bytes(8))
    tn.bed.hold(2, "the subject may bring it back")
    try:
        assert cookie not in tn.asked(within=10).payloads
    except NotHeard:
        pass


@pytest.mark.conforms("I45", "RFC 7296 1.2, 2.7")
def test_a_group_that_was_not_offered_is_not_taken(tn):
    """No request with it comes."""
    sa, request = begins(tn)
    sa.answer(request, Notify(Note.INVALID_KE_PAYLOAD, b"\x00\x02"), spi_r=bytes(8))
    try:
        assert tn.asked(within=10).one(KE).group == 14
    except NotHeard:
        pass


@pytest.mark.conforms("I46", "RFC 7296 2.7")
def test_a_circle_of_groups_comes_to_an_end(tn):
    """Asked for one group and the other in turn, it stops."""
    sa, request = begins(tn, ike=BOTH, more={"keyingtries": "1"})
    for turn in range(TURNS):
        other = 19 if request.one(KE).group == 14 else 14
        sa.answer(request, Notify(Note.INVALID_KE_PAYLOAD, bytes([0, other])), spi_r=bytes(8))
        try:
            again = tn.asked(within=3)
        except NotHeard:
            return
        if again.octets == request.octets and turn:
            return
        request = again
    raise AssertionError(f"it went on for {TURNS} turns")


@pytest.mark.conforms("I82", "RFC 7296 2.8")
def test_both_ends_begin_at_once(tn):
    """Each IKE_SA_INIT is answered; one IKE_SA of the two at least stands in the end."""
    sa, request = begins(tn)
    mine = tn.sa()
    mine.take_init(mine.ask(Exchange.IKE_SA_INIT, *mine.init()))
    sa.answer(request, *sa.init())
    sa.take_init(request)
    mine.take_auth(mine.ask(AUTH, *mine.auth()))
    asked = sa.request(AUTH)
    sa.take_auth(asked)
    sa.take_child(sa.child, asked, b"".join(sa.nonces()), begun=False)
    sa.answer(asked, *sa.auth(sa.child.suite))
    tn.bed.hold(1, "the subject may close one of the two")
    spis = tn.subject.spis()
    assert {mine.child.other} <= spis or {sa.child.other} <= spis
