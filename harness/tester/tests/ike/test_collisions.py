"""Both ends begin the same at once, or what cannot go together."""

import pytest

from harness.tester.ike.numbers import Exchange, Note, Protocol
from harness.tester.ike.payloads import KE, Delete, Nonce
from harness.tester.ike.sa import Child
from harness.tester.ike.suites import Group
from harness.tester.stage import topology

TOPOLOGY = topology()
CREATE, INFORMATIONAL = Exchange.CREATE_CHILD_SA, Exchange.INFORMATIONAL
LOW = b"\x00" * 32


def both_rekey(tn, nonce, again=False):
    """Either end has asked to replace the CHILD_SA, and either has answered; the two new ones."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.rekey_child()
    request = sa.request(CREATE)
    mine, theirs = Child(), Child()
    payloads = sa.child_request(mine, sa.child)
    mine.nonce = nonce
    sent = sa.send(CREATE, *(Nonce(nonce) if isinstance(one, Nonce) else one for one in payloads))
    if again:
        tn.wire.send(sent)
    sa.take_child_answer(mine, sa.answered())
    sa.answer(request, *sa.child_answer(theirs, request))
    return sa, mine, theirs


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.3", "RFC 7296 2.8.1")
def test_of_two_rekeys_the_one_with_the_lowest_nonce_goes(tn):
    """The tester's nonce is the lowest: the tester deletes its new one, the subject the old one."""
    sa, mine, theirs = both_rekey(tn, LOW)
    assert sa.ask(INFORMATIONAL, Delete(Protocol.ESP, [mine.spi])).one(Delete).spis == [mine.other]
    request = sa.request(INFORMATIONAL)
    assert request.one(Delete).spis == [sa.child.other]
    sa.answer(request, Delete(Protocol.ESP, [sa.child.spi]))
    tn.pings(theirs)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.4", "RFC 7296 2.1, 2.8.1")
def test_of_two_rekeys_with_a_repetition_one_goes(tn):
    """The same while the tester's request comes twice: one answer counts, one CHILD_SA stays."""
    sa, mine, theirs = both_rekey(tn, LOW, again=True)
    assert sa.ask(INFORMATIONAL, Delete(Protocol.ESP, [mine.spi])).one(Delete).spis == [mine.other]
    request = sa.request(INFORMATIONAL)
    assert request.one(Delete).spis == [sa.child.other]
    sa.answer(request, Delete(Protocol.ESP, [sa.child.spi]))
    tn.pings(theirs)


def both_rekey_ike(tn, again=False):
    """Either end has asked to replace the IKE_SA, the tester with the lowest nonce."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.rekey_ike()
    request = sa.request(CREATE)
    mine = sa.successor()
    mine.nonce = LOW
    sent = sa.send(CREATE, *sa.rekey_request(mine))
    if again:
        tn.wire.send(sent)
    sa.take_rekey(mine, sa.answered())
    theirs = sa.successor(mine=False)
    theirs.group = Group(request.one(KE).group)
    sa.take_rekey(theirs, request)
    sa.answer(request, *sa.rekey_request(theirs))
    return sa, mine, theirs


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.5", "RFC 7296 2.8.1, 2.25.2")
def test_of_two_rekeys_of_the_ike_sa_one_goes(tn):
    """The tester deletes the new one of its own; the subject's has the CHILD_SA."""
    sa, mine, theirs = both_rekey_ike(tn)
    assert mine.ask(INFORMATIONAL, Delete(Protocol.IKE)).payloads == []
    request = sa.request(INFORMATIONAL)
    assert request.one(Delete).protocol == Protocol.IKE
    sa.answer(request)
    assert theirs.ask(INFORMATIONAL).payloads == []
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.6", "RFC 7296 2.1, 2.8.1, 2.25.2")
def test_of_two_rekeys_of_the_ike_sa_with_a_repetition_one_goes(tn):
    """The same while the tester's request comes twice."""
    sa, mine, theirs = both_rekey_ike(tn, again=True)
    assert mine.ask(INFORMATIONAL, Delete(Protocol.IKE)).payloads == []
    request = sa.request(INFORMATIONAL)
    assert request.one(Delete).protocol == Protocol.IKE
    sa.answer(request)
    assert theirs.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.1", "RFC 7296 1.4.1, 2.25.1")
def test_both_close_a_child_sa(tn):
    """A Delete that meets one is answered without the SPI, and all is closed."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.close_child()
    request = sa.request(INFORMATIONAL)
    answer = sa.ask(INFORMATIONAL, Delete(Protocol.ESP, [sa.child.spi]))
    assert not answer.all(Delete)
    sa.answer(request)
    tn.bed.wait(tn.subject.has(), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.2", "RFC 7296 1.4.1, 2.25.2")
def test_both_close_the_ike_sa(tn):
    """A Delete that meets one is answered, and all is closed."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.close_ike()
    request = sa.request(INFORMATIONAL)
    assert sa.ask(INFORMATIONAL, Delete(Protocol.IKE)).payloads == []
    sa.answer(request)
    tn.bed.wait(tn.subject.has(), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.7", "RFC 7296 2.25.1")
def test_a_child_sa_that_is_being_closed_is_not_replaced(tn):
    """A rekey of it gets TEMPORARY_FAILURE or CHILD_SA_NOT_FOUND."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.close_child()
    request = sa.request(INFORMATIONAL)
    answer = sa.ask(CREATE, *sa.child_request(Child(), sa.child))
    assert answer.notes() in ([Note.TEMPORARY_FAILURE], [Note.CHILD_SA_NOT_FOUND])
    sa.answer(request, Delete(Protocol.ESP, [sa.child.spi]))


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.11", "RFC 7296 2.25.2")
def test_a_child_sa_is_not_replaced_while_its_ike_sa_is(tn):
    """A rekey of the CHILD_SA while the subject replaces the IKE_SA gets TEMPORARY_FAILURE."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.rekey_ike()
    sa.request(CREATE)
    answer = sa.ask(CREATE, *sa.child_request(Child(), sa.child))
    assert answer.notes() == [Note.TEMPORARY_FAILURE]


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.12", "RFC 7296 2.25.2")
def test_an_ike_sa_is_not_replaced_while_a_child_sa_is_being_closed(tn):
    """A rekey of the IKE_SA while the subject closes a CHILD_SA gets TEMPORARY_FAILURE."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.close_child()
    sa.request(INFORMATIONAL)
    answer = sa.ask(CREATE, *sa.rekey_request(sa.successor()))
    assert answer.notes() == [Note.TEMPORARY_FAILURE]


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.10", "RFC 7296 2.25.2")
def test_an_ike_sa_is_not_replaced_while_a_child_sa_is(tn):
    """A rekey of the IKE_SA while the subject replaces a CHILD_SA gets TEMPORARY_FAILURE."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.rekey_child()
    sa.request(CREATE)
    answer = sa.ask(CREATE, *sa.rekey_request(sa.successor()))
    assert answer.notes() == [Note.TEMPORARY_FAILURE]


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.13", "RFC 7296 2.25.2")
def test_a_child_sa_is_closed_while_its_ike_sa_is_replaced(tn):
    """A Delete of the CHILD_SA while the subject replaces the IKE_SA is answered as ever."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.rekey_ike()
    sa.request(CREATE)
    answer = sa.ask(INFORMATIONAL, Delete(Protocol.ESP, [sa.child.spi]))
    assert answer.one(Delete).spis == [sa.child.other]


@pytest.mark.conforms("I75", "RFC 7296 2.25.2")
@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.14", "RFC 7296 2.25.2")
def test_an_ike_sa_is_closed_while_it_is_replaced(tn):
    """A Delete of the IKE_SA while the subject replaces it is answered, and all is closed."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.rekey_ike()
    sa.request(CREATE)
    assert sa.ask(INFORMATIONAL, Delete(Protocol.IKE)).payloads == []
    tn.bed.wait(tn.subject.has(), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.15", "RFC 7296 2.25.2")
def test_an_ike_sa_that_is_being_closed_is_not_replaced(tn):
    """A rekey of it gets TEMPORARY_FAILURE."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.close_ike()
    sa.request(INFORMATIONAL)
    answer = sa.ask(CREATE, *sa.rekey_request(sa.successor()))
    assert answer.notes() == [Note.TEMPORARY_FAILURE]


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.8", "RFC 7296 2.25.1")
def test_a_new_child_sa_may_be_closed_at_once(tn):
    """The tester deletes what the subject has just asked for; the old one stands."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.rekey_child()
    request, new = sa.request(CREATE), Child()
    sa.answer(request, *sa.child_answer(new, request))
    answer = sa.ask(INFORMATIONAL, Delete(Protocol.ESP, [new.spi]))
    assert [spi for one in answer.all(Delete) for spi in one.spis] in ([new.other], [])


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.6.9", "RFC 7296 2.25.1")
def test_a_new_child_sa_may_be_replaced_at_once(tn):
    """The tester replaces what the subject has just asked for, and the last one is used."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.rekey_child()
    request, new = sa.request(CREATE), Child()
    sa.answer(request, *sa.child_answer(new, request))
    last = Child()
    answer = sa.ask(CREATE, *sa.child_request(last, new))
    if answer.notes() not in ([Note.TEMPORARY_FAILURE], [Note.CHILD_SA_NOT_FOUND]):
        sa.take_child_answer(last, answer)
        tn.taken(last, new)
