"""IKE_AUTH and the first CHILD_SA, the subject answers."""

from dataclasses import replace

import pytest

from harness.tester.ike.numbers import Auth, Exchange, Kind, Note, Protocol
from harness.tester.ike.payloads import (
    AUTH, SA, Cert, CertReq, IDr, Proposal, Selector, TSi, TSr,
)
from harness.tester.ike.suites import ESP, IKE, Suite
from harness.tester.stage import topology
from harness.tester.subjects.conf import SUBJECT

TOPOLOGY = topology()
IKE_AUTH = Exchange.IKE_AUTH
CONFIGURATION = 47
ALL = Selector("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.1.2", "RFC 7296 1.2, 3.14")
def test_auth_is_answered(tn):
    """The answer has identity, certificate, proof, one proposal, the selectors and the mode."""
    tn.start()
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *sa.auth())
    sa.take_auth(answer)
    assert (answer.id, answer.flags) == (1, 0x20)
    assert answer.one(IDr).data == SUBJECT.encode()
    assert (Note.USE_TRANSPORT_MODE in answer.notes()) == tn.ends.transport
    assert answer.one(SA).proposals[0].chosen() == Proposal(
        1, Protocol.ESP, b"", tn.esp.transforms()).chosen()
    assert [*answer.one(TSi).selectors, *answer.one(TSr).selectors] == [
        tn.ends.own.selector, tn.ends.peer.selector]


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.1.3", "RFC 7296 1.2, 2.17")
def test_child_sa_is_used(tn):
    """An echo request in the first CHILD_SA is answered in it."""
    tn.start()
    tn.pings(tn.up().child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.2.2", "RFC 7296 2.1")
def test_a_repeated_auth_is_answered_as_before(tn):
    """The same request gets the same octets again, and makes nothing new."""
    tn.start()
    sa = tn.begun()
    octets = sa.send(IKE_AUTH, *sa.auth())
    first = sa.answered()
    sa.take_auth(first)
    tn.wire.send(octets)
    assert sa.heard(response=True, id=1).octets == first.octets
    tn.bed.wait(tn.subject.has(sa.child.spi, sa.child.other), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.6.1", "RFC 7296 2.14; RFC 8247 2.1, 2.2, 2.3, 2.4")
@pytest.mark.parametrize("word, suite", [
    ("aes128-sha256-modp2048", IKE), ("aes256-sha256-ecp256", Suite(12, 256, 12, 5, 19)),
    ("aes128-sha1-curve25519", Suite(12, 128, 2, 2, 31))], ids=["modp", "ecp", "curve"])
def test_the_ike_sa_works_with_each_suite(tn, word, suite):
    """What is configured is agreed on, and seals messages in both directions."""
    tn.start(ike=word)
    sa = tn.up(suite)
    assert sa.ask(Exchange.INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.6.2", "RFC 7296 2.17; RFC 8221 5, 6")
@pytest.mark.parametrize("word, suite", [
    ("aes128-sha256", ESP), ("aes256-sha256", Suite(12, 256, 12, esn=0)),
    ("aes128-sha1", Suite(12, 128, 2, esn=0))], ids=["aes128", "aes256", "sha1"])
def test_the_child_sa_works_with_each_suite(tn, word, suite):
    """What is configured is agreed on, and carries packets in both directions."""
    tn.start(esp=word)
    sa = tn.begun()
    sa.take_auth(sa.ask(IKE_AUTH, *sa.auth(suite)))
    assert sa.child.suite == suite
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.6.5", "RFC 7296 2.7, 3.3")
@pytest.mark.parametrize("more", [Suite(12, 256, 12, esn=0), Suite(12, 128, 14, esn=0),
                                  Suite(12, 128, 12, esn=1)], ids=["encr", "integ", "esn"])
def test_one_transform_of_several_is_chosen_for_the_child_sa(tn, more):
    """Of two transforms of a type the one that the subject is configured for comes back alone."""
    tn.start()
    sa = tn.begun()
    offered = dict.fromkeys((one.type, one.id, one.bits) for one in
                            (*more.transforms(), *tn.esp.transforms()))
    both = [one for one in (*more.transforms(), *tn.esp.transforms())
            if offered.pop((one.type, one.id, one.bits), 1) is None]
    payloads = [SA([Proposal(1, Protocol.ESP, sa.child.spi, both)]) if isinstance(one, SA)
                else one for one in sa.auth()]
    sa.take_auth(sa.ask(IKE_AUTH, *payloads))
    assert sa.child.suite == tn.esp
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.6.6", "RFC 7296 2.7, 3.3")
@pytest.mark.parametrize("first", [Suite(12, 256, 12, esn=0), Suite(12, 128, 14, esn=0),
                                   Suite(12, 128, 12, esn=1)], ids=["encr", "integ", "esn"])
def test_one_proposal_of_several_is_chosen_for_the_child_sa(tn, first):
    """The proposal that the subject is configured for comes back with its number."""
    tn.start()
    sa = tn.begun()
    offered = SA([Proposal(number, Protocol.ESP, sa.child.spi, suite.transforms())
                  for number, suite in ((1, first), (2, tn.esp))])
    answer = sa.ask(IKE_AUTH, *(offered if isinstance(one, SA) else one for one in sa.auth()))
    assert answer.one(SA).proposals[0].number == 2
    sa.take_auth(answer)
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.6.9", "RFC 7296 1.2, 2.21.2")
def test_an_ike_sa_stands_without_its_child_sa(tn):
    """A CHILD_SA that cannot be agreed on costs only itself."""
    tn.start()
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *sa.auth(Suite(12, 256, 14, esn=0)))
    assert Note.NO_PROPOSAL_CHOSEN in answer.notes() and answer.all(AUTH) and not answer.all(SA)
    assert sa.ask(Exchange.INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.7.1", "RFC 7296 2.9")
def test_selectors_are_narrowed(tn):
    """Who asks for everything gets what the subject is configured for."""
    tn.start()
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *sa.auth()[:-2], TSi([ALL]), TSr([ALL]))
    assert answer.one(TSi).selectors == [tn.ends.own.selector]
    assert answer.one(TSr).selectors == [tn.ends.peer.selector]


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.7.2", "RFC 7296 2.9, 3.10.1")
def test_selectors_that_do_not_meet_are_refused(tn):
    """Who asks for other hosts gets TS_UNACCEPTABLE."""
    tn.start()
    sa = tn.begun()
    other = Selector("2001:db8::1", "2001:db8::1")
    answer = sa.ask(IKE_AUTH, *sa.auth()[:-2], TSi([other]), TSr([other]))
    assert Note.TS_UNACCEPTABLE in answer.notes() and not answer.all(SA)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.7.3", "RFC 7296 2.9")
def test_one_selector_of_several_is_chosen(tn):
    """Of several selectors those that the subject is configured for come back."""
    tn.start()
    sa = tn.begun()
    other = Selector("2001:db8::1", "2001:db8::1")
    *most, own, peer = sa.auth()
    answer = sa.ask(IKE_AUTH, *most, TSi([other, *own.selectors]), TSr([*peer.selectors, other]))
    assert answer.one(TSi).selectors == [tn.ends.own.selector]
    assert answer.one(TSr).selectors == [tn.ends.peer.selector]


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.8.2", "RFC 7296 2.21.2, 3.10.1")
def test_bad_syntax_inside_sk_is_told(tn):
    """A payload that is longer than its message gets INVALID_SYNTAX or AUTHENTICATION_FAILED."""
    tn.start()
    sa = tn.begun()
    *most, last = sa.auth()
    answer = sa.ask(IKE_AUTH, *most, replace(last, length=9999))
    assert answer.notes() in ([Note.INVALID_SYNTAX], [Note.AUTHENTICATION_FAILED])


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.10.1", "RFC 7296 3.6")
def test_the_certificate_is_sent(tn):
    """The first certificate is an X.509 one, and its key verifies the proof."""
    tn.start()
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *sa.auth())
    assert answer.all(Cert)[0].encoding == 4
    sa.take_auth(answer)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.10.2", "RFC 7296 1.2, 3.7")
def test_a_certificate_is_asked_for(tn):
    """The answer to IKE_SA_INIT names the CA by the hash of its public key."""
    tn.start()
    sa = tn.sa()
    answer = sa.ask(Exchange.IKE_SA_INIT, *sa.init())
    request = answer.one(CertReq)
    assert request.encoding == 4 and len(request.data) % 20 == 0
    assert tn.who.request().data in [request.data[at:at + 20]
                                     for at in range(0, len(request.data), 20)]


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.10.3", "RFC 7296 2.15, 3.8")
def test_the_proof_is_an_rsa_signature(tn):
    """Its method is 1, it covers what the RFC says, and the peer's is verified alike."""
    tn.start()
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *sa.auth())
    sa.take_auth(answer)
    assert answer.one(AUTH).method == Auth.RSA


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.11.2", "RFC 7296 2.5, 2.15")
def test_reserved_fields_of_auth_are_ignored(tn):
    """All reserved bits and octets are set; the proof covers those of the identity."""
    tn.start()
    sa = tn.begun()
    payloads = sa.auth()
    for one in payloads:
        one.reserved = 0x7F
        if hasattr(one, "zero"):
            one.zero = b"\xff" * 3
    at = [one.number for one in payloads].index(Kind.AUTH)
    payloads[at] = sa.proof(payloads[0])
    sa.take_auth(sa.ask(IKE_AUTH, *payloads))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.8.1", "RFC 7296 2.21.2", part="A")
def test_a_wrong_proof_is_refused(tn):
    """One wrong bit in AUTH gets AUTHENTICATION_FAILED, and no IKE_SA stands."""
    tn.start()
    sa = tn.begun()
    payloads = sa.auth()
    at = [one.number for one in payloads].index(Kind.AUTH)
    payloads[at].data = payloads[at].data[:-1] + bytes([payloads[at].data[-1] ^ 1])
    assert sa.ask(IKE_AUTH, *payloads).notes() == [Note.AUTHENTICATION_FAILED]
    refused(sa)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.8.1", "RFC 7296 2.21.2, 3.8", part="B")
@pytest.mark.parametrize("method", [Auth.PSK, 0, 200])
def test_another_method_is_refused(tn, method):
    """AUTH by a method that is not configured gets AUTHENTICATION_FAILED."""
    tn.start()
    sa = tn.begun()
    payloads = sa.auth()
    at = [one.number for one in payloads].index(Kind.AUTH)
    payloads[at] = AUTH(bytes(32), method)
    assert sa.ask(IKE_AUTH, *payloads).notes() == [Note.AUTHENTICATION_FAILED]
    refused(sa)


def refused(sa):
    """Nobody is there any more."""
    sa.send(Exchange.INFORMATIONAL)
    sa.silent(response=True, exchange=Exchange.INFORMATIONAL)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.2.1.1.1", "RFC 7296 1.2, 2.9")
def test_auth_is_answered_in_tunnel_mode(tn):
    """Without USE_TRANSPORT_MODE the answer has none, and a tunnel is agreed on."""
    tn.start(mixed=True)
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *sa.auth())
    sa.take_auth(answer)
    assert Note.USE_TRANSPORT_MODE not in answer.notes() and answer.one(TSr).selectors


@pytest.mark.conforms("IKEv2.SGW.R.2.1.2.4", "RFC 7296 2.19, 3.15")
def test_nothing_is_configured_that_was_not_asked_for(tn):
    """To a host that asks for no address comes no configuration payload, and its tunnel is used."""
    tn.start(mixed=True)
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *sa.auth())
    sa.take_auth(answer)
    assert CONFIGURATION not in [one.number for one in answer.payloads]
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.2.1.1.2", "RFC 7296 2.17")
def test_a_tunnel_is_used(tn):
    """An echo request in the tunnel is answered in it."""
    tn.start(mixed=True)
    sa = tn.begun()
    sa.take_auth(sa.ask(IKE_AUTH, *sa.auth()))
    tn.pings(sa.child)
