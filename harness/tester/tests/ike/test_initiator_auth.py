"""IKE_AUTH and what closes an IKE_SA, the subject begins."""

from dataclasses import replace

import pytest

from harness.tester.ike import esp
from harness.tester.ike.message import build
from harness.tester.ike.numbers import PORT, Auth, Exchange, Kind, Note, Protocol
from harness.tester.ike.payloads import (
    AUTH, SA, Cert, CertReq, Delete, IDi, Notify, Proposal, TSi, TSr,
)
from harness.tester.ike.suites import ESP, IKE, Suite
from harness.tester.stage import topology
from harness.tester.subjects.conf import SUBJECT

TOPOLOGY = topology()
IKE_AUTH, INFORMATIONAL = Exchange.IKE_AUTH, Exchange.INFORMATIONAL
AGAIN = 30.0


def stands(tn, sa):
    tn.bed.wait(tn.subject.has(sa.child.spi, sa.child.other), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.1.2", "RFC 7296 1.2, 3.14")
def test_auth_is_sent(tn):
    """The request has identity, certificate, proof, proposals, the selectors and the mode."""
    _, request = tn.auth_asked()
    assert (request.id, request.flags, request.first) == (1, 0x08, Kind.SK)
    assert request.one(IDi).data == SUBJECT.encode()
    assert (Note.USE_TRANSPORT_MODE in request.notes()) == tn.ends.transport
    assert all(len(one.spi) == 4 and one.protocol == Protocol.ESP
               for one in request.one(SA).proposals)
    assert request.one(TSi).selectors[-1] == tn.ends.peer.selector
    assert request.one(TSr).selectors[-1] == tn.ends.own.selector


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.1.3", "RFC 7296 1.2, 2.17")
def test_child_sa_is_used(tn):
    """An echo request in the first CHILD_SA is answered in it."""
    tn.start()
    tn.pings(tn.up_by_subject().child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.2.3", "RFC 7296 2.1, 2.4")
def test_auth_is_repeated(tn):
    """Without an answer the same octets come again."""
    sa, request = tn.auth_asked()
    for _ in range(2):
        assert sa.request(IKE_AUTH, AGAIN).octets == request.octets


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.2.4", "RFC 7296 2.1")
def test_auth_is_not_repeated_once_it_is_answered(tn):
    """After the answer IKE_AUTH comes no more."""
    sa, request = tn.auth_asked()
    sa.answer(request, *sa.auth(sa.child.suite))
    sa.silent(AGAIN, exchange=IKE_AUTH)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.3.1", "RFC 7296 2.4")
def test_icmp_errors_close_nothing(tn):
    """ICMPv6 says that IKE and ESP do not arrive; both go on."""
    tn.start()
    sa = tn.up_by_subject()
    back = tn.wire.peer, tn.wire.own
    tn.unreachable(esp.wrapped(*back, esp.udp(*back, PORT, sa.heard_init), esp.UDP))
    tn.unreachable(esp.wrapped(*back, sa.child.spi + bytes(60), esp.ESP))
    assert sa.ask(INFORMATIONAL).payloads == []
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.3.2", "RFC 7296 2.4, 2.21.4")
def test_messages_that_nobody_protects_close_nothing(tn):
    """Notifications in the clear say that SAs are unknown; both go on."""
    tn.start()
    sa = tn.up_by_subject()
    for note in (Notify(Note.INVALID_IKE_SPI), Notify(Note.INVALID_SPI, sa.child.other)):
        for response in (False, True):
            tn.wire.send(build(sa.message(INFORMATIONAL, note, response=response)))
    assert sa.ask(INFORMATIONAL).payloads == []
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.3.4", "RFC 7296 2.4, 3.10.1")
def test_initial_contact_closes_what_stood_before(tn):
    """An IKE_SA of the same identities that the tester begins with it replaces the subject's."""
    tn.start()
    first, second = tn.up_by_subject(), tn.begun()
    payloads = second.auth()
    second.take_auth(second.ask(IKE_AUTH, payloads[0], Notify(Note.INITIAL_CONTACT),
                                *payloads[1:]))
    stands(tn, second)
    first.send(INFORMATIONAL)
    first.silent(response=True, exchange=INFORMATIONAL)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.3.5", "RFC 7296 2.4")
def test_a_silent_peer_is_asked(tn):
    """After a time without packets an empty INFORMATIONAL comes."""
    tn.start(more={"dpdaction": "clear", "dpddelay": "10s"})
    sa = tn.up_by_subject()
    assert sa.request(INFORMATIONAL, within=40).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.3.8", "RFC 7296 2.4")
def test_a_lie_is_followed_by_a_question_or_nothing(tn):
    """After INVALID_IKE_SPI in the clear comes a liveness check or nothing, and all stands."""
    tn.start(more={"dpdaction": "clear", "dpddelay": "10s"})
    sa = tn.up_by_subject()
    tn.wire.send(build(sa.message(INFORMATIONAL, Notify(Note.INVALID_IKE_SPI))))
    request = sa.request(INFORMATIONAL, within=40)
    assert request.payloads == []
    sa.answer(request)
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.3.6", "RFC 7296 1.4.1, 3.11")
def test_the_ike_sa_is_deleted_when_the_subject_ends(tn):
    """A Delete of the IKE_SA comes and names no SPI."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.close_ike()
    request = sa.request(INFORMATIONAL)
    assert request.one(Delete) == Delete(Protocol.IKE)
    sa.answer(request)
    tn.bed.wait(tn.subject.has(), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.3.7", "RFC 7296 1.4.1, 3.11")
def test_a_child_sa_is_deleted_when_it_is_closed(tn):
    """A Delete of the CHILD_SA comes and names the SPI that the subject receives by."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.close_child()
    request = sa.request(INFORMATIONAL)
    assert request.one(Delete) == Delete(Protocol.ESP, [sa.child.other])
    sa.answer(request, Delete(Protocol.ESP, [sa.child.spi]))
    tn.bed.wait(tn.subject.has(), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.1", "RFC 7296 2.14; RFC 8247 2.1, 2.2, 2.3, 2.4")
@pytest.mark.parametrize("word, suite", [
    ("aes128-sha256-modp2048", IKE), ("aes256-sha256-ecp256", Suite(12, 256, 12, 5, 19)),
    ("aes128-sha1-curve25519", Suite(12, 128, 2, 2, 31))], ids=["modp", "ecp", "curve"])
def test_the_ike_sa_works_with_each_suite(tn, word, suite):
    """What is configured is offered, and seals messages in both directions."""
    tn.start(ike=word)
    sa = tn.up_by_subject()
    assert sa.suite == suite and sa.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.2", "RFC 7296 2.17; RFC 8221 5, 6")
@pytest.mark.parametrize("word, suite", [
    ("aes128-sha256", ESP), ("aes256-sha256", Suite(12, 256, 12, esn=0)),
    ("aes128-sha1", Suite(12, 128, 2, esn=0))], ids=["aes128", "aes256", "sha1"])
def test_the_child_sa_works_with_each_suite(tn, word, suite):
    """What is configured is offered, and carries packets in both directions."""
    tn.start(esp=word)
    sa = tn.up_by_subject()
    assert sa.child.suite == suite
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.5", "RFC 7296 2.7, 3.3")
@pytest.mark.parametrize("kind, word, ids", [
    (1, "aes128-aes256-sha256", [128, 256]), (3, "aes128-sha256-sha1", [12, 2])],
    ids=["encr", "integ"])
def test_several_transforms_are_offered_for_the_child_sa(tn, kind, word, ids):
    """All that is configured stands in one proposal."""
    tn.start(esp=word)
    tn.subject.initiate()
    offered = tn.answered().request(IKE_AUTH).one(SA).proposals[0].of(kind)
    assert sorted(one.bits if kind == 1 else one.id for one in offered) == sorted(ids)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.6", "RFC 7296 2.7, 3.3")
def test_the_second_proposal_may_be_chosen_for_the_child_sa(tn):
    """The answer has its number, and the CHILD_SA works."""
    tn.start(esp="aes256-sha1,aes128-sha1")
    tn.subject.initiate()
    sa = tn.answered()
    request = sa.request(IKE_AUTH)
    sa.take_auth(request)
    second = request.one(SA).proposals[1]
    request.one(SA).proposals[:] = [second]
    sa.take_child(sa.child, request, b"".join(sa.nonces()), begun=False)
    chosen = SA([Proposal(second.number, Protocol.ESP, sa.child.spi, sa.child.suite.transforms())])
    sa.answer(request, *(chosen if one.kind == Kind.SA else one
                         for one in sa.auth(sa.child.suite)))
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.10", "RFC 7296 2.7, 3.3.6")
@pytest.mark.parametrize("wrong", [Suite(12, 256, 12, esn=0), Suite(12, 128, 14, esn=0)],
                         ids=["encr", "integ"])
def test_a_child_proposal_that_was_not_offered_is_not_taken(tn, wrong):
    """An answer that chooses what was not offered makes no CHILD_SA."""
    sa, request = tn.auth_asked()
    sa.answer(request, *sa.auth(wrong))
    tn.bed.hold(2, "the subject may take it")
    assert not tn.subject.spis()


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.12", "RFC 7296 1.2, 2.21.2")
def test_an_ike_sa_stands_without_its_child_sa(tn):
    """NO_PROPOSAL_CHOSEN for the CHILD_SA leaves the IKE_SA, or is followed by its Delete."""
    sa, request = tn.auth_asked()
    sa.answer(request, *sa.auth()[:3], Notify(Note.NO_PROPOSAL_CHOSEN))
    tn.bed.hold(1, "the subject checks the proof")
    answer = sa.ask(INFORMATIONAL)
    assert answer.payloads == [] and not tn.subject.spis()


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.7.1", "RFC 7296 2.9")
def test_narrowed_selectors_are_taken(tn):
    """An answer that narrows the selectors to one protocol makes a CHILD_SA for it."""
    sa, request = tn.auth_asked()
    ends = [replace(one.selector, protocol=58) for one in (tn.ends.peer, tn.ends.own)]
    sa.answer(request, *sa.auth()[:-2], TSi(ends[:1]), TSr(ends[1:]))
    stands(tn, sa)
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.8.1", "RFC 7296 2.21.4")
@pytest.mark.parametrize("whose", ["initiator", "responder"])
def test_an_unknown_ike_spi_changes_nothing(tn, whose):
    """A message for it changes nothing; what stands goes on."""
    tn.start()
    sa = tn.up_by_subject()
    spis = {"spi_i": b"\x5a" * 8} if whose == "initiator" else {"spi_r": b"\x5a" * 8}
    sa.send(INFORMATIONAL, **spis)
    assert sa.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.10.1", "RFC 7296 3.6")
def test_the_certificate_is_sent(tn):
    """The first certificate is an X.509 one, and its key verifies the proof."""
    _, request = tn.auth_asked()
    assert request.all(Cert)[0].encoding == 4


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.10.2", "RFC 7296 1.2, 3.7")
def test_a_certificate_is_asked_for(tn):
    """The request names the CA by the hash of its public key."""
    _, request = tn.auth_asked()
    asked = request.one(CertReq)
    assert asked.encoding == 4 and tn.who.request().data in [
        asked.data[at:at + 20] for at in range(0, len(asked.data), 20)]


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.10.3", "RFC 7296 2.15, 3.8")
def test_the_proof_is_an_rsa_signature(tn):
    """Its method is 1, it covers what the RFC says, and a wrong one of the peer is not taken."""
    sa, request = tn.auth_asked()
    assert request.one(AUTH).method == Auth.RSA
    payloads = sa.auth(sa.child.suite)
    payloads[2] = AUTH(payloads[2].data[:-1] + bytes([payloads[2].data[-1] ^ 1]))
    sa.answer(request, *payloads)
    tn.bed.hold(2, "the subject may take it")
    assert not tn.subject.spis()


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.11.2", "RFC 7296 2.5, 2.15")
def test_reserved_fields_of_auth_are_ignored(tn):
    """All reserved bits and octets of the answer are set; the CHILD_SA stands."""
    sa, request = tn.auth_asked()
    payloads = sa.auth(sa.child.suite)
    for one in payloads:
        one.reserved = 0x7F
        if hasattr(one, "zero"):
            one.zero = b"\xff" * 3
    payloads[2] = sa.proof(payloads[0])
    sa.answer(request, *payloads)
    stands(tn, sa)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.2.1.1.1", "RFC 7296 1.2, 2.9")
def test_auth_is_sent_in_tunnel_mode(tn):
    """A request for a tunnel has no USE_TRANSPORT_MODE."""
    _, request = tn.auth_asked(mixed=True)
    assert Note.USE_TRANSPORT_MODE not in request.notes() and request.one(TSr).selectors


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.2.1.1.2", "RFC 7296 2.17")
def test_a_tunnel_is_used(tn):
    """An echo request in the tunnel is answered in it."""
    sa, request = tn.auth_asked(mixed=True)
    sa.answer(request, *sa.auth(sa.child.suite))
    stands(tn, sa)
    tn.pings(sa.child)
