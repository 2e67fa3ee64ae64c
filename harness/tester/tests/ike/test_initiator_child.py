"""CREATE_CHILD_SA for CHILD_SAs, the subject begins."""

from dataclasses import replace

import pytest

from harness.tester.ike.numbers import Exchange, Kind, Note, Protocol
from harness.tester.ike.payloads import KE, SA, Delete, Nonce, Notify, TSi, TSr
from harness.tester.ike.sa import Child, rekey_of
from harness.tester.stage import topology

TOPOLOGY = topology()
CREATE, INFORMATIONAL = Exchange.CREATE_CHILD_SA, Exchange.INFORMATIONAL
AGAIN = 30.0
LIFE = {"lifetime": "120s", "margintime": "60s", "rekeyfuzz": "0%"}


def rekeys(tn, **conf):
    """The subject has an IKE_SA that it began, and asks to replace its CHILD_SA."""
    tn.start(**conf)
    sa = tn.up_by_subject()
    tn.subject.rekey_child()
    return sa, sa.request(CREATE)


def agrees(sa, request):
    """The CHILD_SA that the tester agrees to."""
    child = Child()
    sa.answer(request, *sa.child_answer(child, request))
    return child


def closes(sa, old):
    """The subject deletes the old one."""
    request = sa.request(INFORMATIONAL)
    assert request.one(Delete) == Delete(Protocol.ESP, [old.other])
    sa.answer(request, Delete(Protocol.ESP, [old.spi]))


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.1.1", "RFC 7296 1.3.3, 2.8")
def test_a_rekey_is_sent(tn):
    """The request names the SPI that the subject receives by, and has a nonce and selectors."""
    sa, request = rekeys(tn)
    assert (request.id, request.flags) == (2, 0x08)
    note = next(one for one in request.all(Notify) if one.type == Note.REKEY_SA)
    assert (note.protocol, note.spi) == (Protocol.ESP, sa.child.other)
    assert 16 <= len(request.one(Nonce).data) <= 256 and request.one(Nonce).data != sa.other_nonce
    assert (Note.USE_TRANSPORT_MODE in request.notes()) == tn.ends.transport
    assert request.one(TSi).selectors[-1] == tn.ends.peer.selector
    assert request.one(TSr).selectors[-1] == tn.ends.own.selector


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.2.1", "RFC 7296 2.1, 2.4")
def test_create_child_sa_is_repeated(tn):
    """Without an answer the same octets come again."""
    sa, request = rekeys(tn)
    for _ in range(2):
        assert sa.request(CREATE, AGAIN).octets == request.octets


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.2.2", "RFC 7296 2.1")
def test_create_child_sa_is_not_repeated_once_it_is_answered(tn):
    """After the answer CREATE_CHILD_SA comes no more."""
    sa, request = rekeys(tn)
    agrees(sa, request)
    closes(sa, sa.child)
    sa.silent(AGAIN, exchange=CREATE)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.3.1", "RFC 7296 2.8")
def test_the_replaced_child_sa_is_closed(tn):
    """The subject deletes the old one; the new one alone stands."""
    sa, request = rekeys(tn)
    new = agrees(sa, request)
    closes(sa, sa.child)
    tn.bed.wait(tn.subject.has(new.spi, new.other), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.3.2", "RFC 7296 2.8, 2.17")
def test_the_new_child_sa_is_used(tn):
    """After the old one has gone an echo request in the new one is answered in it."""
    sa, request = rekeys(tn)
    new = agrees(sa, request)
    closes(sa, sa.child)
    tn.pings(new)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.3.3", "RFC 7296 2.8")
def test_a_child_sa_is_replaced_before_its_life_is_over(tn):
    """Without being told to the subject asks for another within the lifetime."""
    tn.start(more=LIFE)
    sa = tn.up_by_subject()
    request = sa.request(CREATE, within=120)
    assert rekey_of(Child(sa.child.other)) in request.payloads
    tn.pings(agrees(sa, request))


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.3.6", "RFC 7296 2.8, 2.25")
def test_a_refused_rekey_closes_or_asks_again(tn):
    """After NO_PROPOSAL_CHOSEN the old one stands until it is closed or asked for again."""
    sa, request = rekeys(tn, more=LIFE)
    sa.answer(request, Notify(Note.NO_PROPOSAL_CHOSEN))
    tn.pings(sa.child)
    again = sa.heard(within=200, response=False)
    assert again.exchange in (CREATE, INFORMATIONAL)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.3.7", "RFC 7296 1.3, 2.12, 2.17")
def test_a_rekey_has_a_secret_of_its_own(tn):
    """With a group that is configured the request has a KE, and the new keys come from it."""
    sa, request = rekeys(tn, esp=tn.pfs_word)
    assert request.one(KE).group == 14
    new = agrees(sa, request)
    closes(sa, sa.child)
    tn.pings(new)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.3.8", "RFC 7296 2.8")
def test_the_old_child_sa_is_used_until_it_is_closed(tn):
    """Packets of the replaced CHILD_SA are taken while it stands."""
    sa, request = rekeys(tn)
    new = agrees(sa, request)
    tn.taken(sa.child, new)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.7", "RFC 7296 1.3, 2.7")
def test_another_group_is_taken_for_a_rekey(tn):
    """After INVALID_KE_PAYLOAD the request comes again with a KE of the group asked for."""
    sa, request = rekeys(tn, esp=f"{tn.subject.esp}-ecp256,{tn.pfs_word}")
    assert request.one(KE).group == 19
    sa.answer(request, Notify(Note.INVALID_KE_PAYLOAD, b"\x00\x0e"))
    again = sa.request(CREATE)
    assert again.one(KE).group == 14 and again.id == request.id + 1
    assert rekey_of(Child(sa.child.other)) in again.payloads


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.3.4", "RFC 7296 2.7, 3.3")
@pytest.mark.parametrize("kind, word, ids", [
    (1, "aes128-aes256-sha1", [128, 256]), (3, "aes128-sha1-sha256", [12, 2])],
    ids=["encr", "integ"])
def test_several_transforms_are_offered_for_a_rekey(tn, kind, word, ids):
    """All that is configured stands in one proposal."""
    _, request = rekeys(tn, esp=word)
    offered = request.one(SA).proposals[0].of(kind)
    assert sorted(one.bits if kind == 1 else one.id for one in offered) == sorted(ids)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.3.5", "RFC 7296 2.7, 3.3")
def test_several_proposals_are_offered_for_a_rekey(tn):
    """All that is configured is offered, numbered from 1 on."""
    _, request = rekeys(tn, esp="aes128-sha1,aes256-sha1")
    assert [one.number for one in request.one(SA).proposals] == [1, 2]


def asks_for_another(tn):
    """The subject has an IKE_SA that it began, and a packet of another connection with its peer."""
    tn.start(divided=True)
    sa = tn.up_by_subject()
    tn.subject.has_datagram()
    return sa, sa.request(CREATE)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.5.1", "RFC 7296 1.3.1, 2.9")
def test_another_child_sa_is_asked_for(tn):
    """The request replaces nothing and asks for that connection's packets; both stand then."""
    sa, request = asks_for_another(tn)
    assert (request.id, request.flags) == (2, 0x08) and Note.REKEY_SA not in request.notes()
    assert 16 <= len(request.one(Nonce).data) <= 256 and request.one(Nonce).data != sa.other_nonce
    wanted = [replace(one.selector, protocol=17) for one in (tn.ends.peer, tn.ends.own)]
    assert [request.one(kind).selectors[-1] for kind in (TSi, TSr)] == wanted
    new = agrees(sa, request)
    tn.bed.wait(tn.subject.has(sa.child.spi, sa.child.other, new.spi, new.other), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.5.2", "RFC 7296 1.3.1, 2.17")
def test_another_child_sa_is_used(tn):
    """Datagrams go through it in both directions, and an echo request through the first."""
    sa, request = asks_for_another(tn)
    tn.carries_datagrams(agrees(sa, request))
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.7.1", "RFC 7296 2.5")
def test_reserved_fields_of_create_child_sa_are_ignored(tn):
    """All reserved bits and octets of the answer are set; the CHILD_SA is replaced."""
    sa, request = rekeys(tn)
    new = Child()
    payloads = sa.child_answer(new, request)
    for one in payloads:
        one.reserved = 0x7F
        if one.kind in (Kind.TSI, Kind.TSR):
            one.zero = b"\xff" * 3
    sa.answer(request, *payloads, flags=0xC7 | 0x20)
    closes(sa, sa.child)
    tn.pings(new)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.3.1.1", "RFC 7296 1.4, 3.1")
def test_informational_is_sent(tn):
    """Its Message ID goes on, and it is sealed."""
    sa, request = rekeys(tn)
    agrees(sa, request)
    found = sa.request(INFORMATIONAL)
    assert (found.id, found.flags, found.first) == (3, 0x08, Kind.SK)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.3.2.1", "RFC 7296 2.1, 2.4")
def test_informational_is_repeated(tn):
    """Without an answer the same octets come again."""
    sa, request = rekeys(tn)
    agrees(sa, request)
    found = sa.request(INFORMATIONAL)
    assert sa.request(INFORMATIONAL, AGAIN).octets == found.octets


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.3.2.2", "RFC 7296 2.1")
def test_informational_is_not_repeated_once_it_is_answered(tn):
    """After the answer it comes no more."""
    sa, request = rekeys(tn)
    agrees(sa, request)
    closes(sa, sa.child)
    sa.silent(AGAIN, exchange=INFORMATIONAL)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.3.3.1", "RFC 7296 2.5")
def test_reserved_fields_of_informational_are_ignored(tn):
    """All reserved bits of an answer are set; what was to be closed is."""
    sa, request = rekeys(tn)
    new = agrees(sa, request)
    found = sa.request(INFORMATIONAL)
    sa.answer(found, Delete(Protocol.ESP, [sa.child.spi], reserved=0x7F), flags=0xC7 | 0x20)
    tn.bed.wait(tn.subject.has(new.spi, new.other), within=2)
