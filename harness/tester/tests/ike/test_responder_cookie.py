"""Cookies: the subject has more half-open IKE_SAs than it wants."""

import pytest

from harness.tester.ike.numbers import Exchange, Kind, Note, Protocol
from harness.tester.ike.payloads import KE, SA, Notify, Proposal
from harness.tester.ike.suites import IKE, Suite
from harness.tester.stage import topology

TOPOLOGY = topology()
INIT = Exchange.IKE_SA_INIT
MANY, AGE = 40, 20
OTHER = Suite(12, 128, 12, 5, 19)


def loaded(tn):
    """A subject that asks for a cookie, and what it was asked by."""
    tn.start(more={"rightallowany": "yes"})
    tn.bed.hold(AGE, "a subject that counts its cookies' age from its start has one")
    tn.half_open(MANY)
    sa = tn.sa()
    answer = sa.ask(INIT, *sa.init())
    assert answer.notes() == [Note.COOKIE] and 1 <= len(answer.one(Notify).data) <= 64
    assert answer.spi_i == sa.spi
    sa.id = 0
    return sa, answer.one(Notify)


def again(sa, *payloads):
    """The same message once more, numbered as before."""
    answer = sa.ask(INIT, *payloads)
    sa.id = 0
    return answer


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.5.1", "RFC 7296 2.6")
def test_a_cookie_that_comes_back_is_taken(tn):
    """The same request behind its cookie is answered, and the IKE_SA comes up."""
    sa, cookie = loaded(tn)
    sa.take_init(sa.ask(INIT, cookie, *sa.init()))
    sa.take_auth(sa.ask(Exchange.IKE_AUTH, *sa.auth()))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.5.2", "RFC 7296 2.6")
def test_a_wrong_cookie_is_not_taken(tn):
    """It gets a cookie again, as a request without one does."""
    sa, cookie = loaded(tn)
    wrong = Notify(Note.COOKIE, cookie.data[:-1] + bytes([cookie.data[-1] ^ 1]))
    assert again(sa, wrong, *sa.init()).notes() == [Note.COOKIE]


def asked_for_group(tn):
    sa, cookie = loaded(tn)
    both = SA([Proposal(1, Protocol.IKE, b"", [*OTHER.transforms(), IKE.transforms()[-1]])])
    cookie = again(sa, both, KE(19, tn.sa(OTHER).group.public), *sa.init()[2:]).one(Notify)
    assert cookie.type == Note.COOKIE
    answer = again(sa, cookie, both, KE(19, tn.sa(OTHER).group.public), *sa.init()[2:])
    assert answer.one(Notify).type == Note.INVALID_KE_PAYLOAD
    return sa, cookie, both


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.5.3", "RFC 7296 2.6.1")
def test_a_cookie_holds_with_another_group(tn):
    """Cookie, then INVALID_KE_PAYLOAD, then the same cookie with the right group is answered."""
    sa, cookie, both = asked_for_group(tn)
    answer = again(sa, cookie, both, *sa.init()[1:])
    assert Kind.KE in [one.number for one in answer.payloads]


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.5.4", "RFC 7296 2.6.1")
def test_a_cookie_that_is_left_out_is_asked_for_again(tn):
    """An initiator that forgets the cookie with the right group gets one and then its answer."""
    sa, _, both = asked_for_group(tn)
    cookie = again(sa, both, *sa.init()[1:]).one(Notify)
    assert cookie.type == Note.COOKIE
    answer = again(sa, cookie, both, *sa.init()[1:])
    assert Kind.KE in [one.number for one in answer.payloads]
