"""Messages inside SK that lie, the subject answers."""

import pytest

from harness.tester.ike.forged import circle
from harness.tester.ike.keys import Spoilt
from harness.tester.ike.numbers import TS_IPV4, Auth, Exchange, Ident, Kind, Note, Protocol
from harness.tester.ike.payloads import (
    AUTH, SA, Cert, Delete, IDi, Proposal, Raw, Selector, TSi, TSr,
)
from harness.tester.ike.sa import Child
from harness.tester.ike.suites import ESP, IKE
from harness.tester.stage import topology

TOPOLOGY = topology()
IKE_AUTH, CREATE = Exchange.IKE_AUTH, Exchange.CREATE_CHILD_SA
INFORMATIONAL = Exchange.INFORMATIONAL
REFUSED = [[Note.INVALID_SYNTAX], [Note.AUTHENTICATION_FAILED]]
NO_CHILD = {Note.INVALID_SYNTAX, Note.TS_UNACCEPTABLE, Note.NO_PROPOSAL_CHOSEN,
            Note.AUTHENTICATION_FAILED}


def up(tn):
    tn.start()
    return tn.up()


def begun(tn):
    tn.start()
    return tn.begun()


def lives(sa):
    """The IKE_SA goes on."""
    assert sa.ask(INFORMATIONAL).payloads == []


def alive(tn):
    """The subject does."""
    sa = tn.sa()
    assert sa.ask(Exchange.IKE_SA_INIT, *sa.init()).all(SA)


def swapped(payloads, *others):
    """The payloads with others in the place of those of their kind."""
    new = {one.number: one for one in others}
    return [new.get(one.number, one) for one in payloads]


@pytest.mark.conforms("I22", "RFC 7296 2.5")
def test_an_unknown_critical_payload_inside_sk_is_told(tn):
    """The answer is protected and names the type; the IKE_SA goes on."""
    sa = up(tn)
    answer = sa.ask(INFORMATIONAL, Raw(200, b"any", critical=True))
    assert answer.first == Kind.SK and answer.notes() == [Note.UNSUPPORTED_CRITICAL_PAYLOAD]
    assert answer.payloads[0].data == b"\xc8"
    lives(sa)


@pytest.mark.conforms("I49", "RFC 7296 3.14")
@pytest.mark.parametrize("cut", [1, 20, 40])
def test_a_short_sk_payload_is_dropped(tn, cut):
    """Octets that are cut off its end leave nothing to verify; the IKE_SA goes on."""
    sa = up(tn)
    octets = sa.octets(sa.message(INFORMATIONAL))[:-cut]
    tn.wire.send(octets[:24] + len(octets).to_bytes(4, "big") + octets[28:30]
                 + (len(octets) - 28).to_bytes(2, "big") + octets[32:])
    sa.silent(1)
    lives(sa)


@pytest.mark.conforms("I50", "RFC 7296 3.14, 2.3")
def test_a_flipped_bit_of_the_icv_is_dropped(tn):
    """Nothing comes back, and the true message with its Message ID is answered."""
    sa = up(tn)
    sa.send(INFORMATIONAL, spoilt=Spoilt(icv=True))
    sa.silent(1)
    lives(sa)


@pytest.mark.conforms("I51", "RFC 7296 3.14")
def test_more_padding_than_text_is_refused(tn):
    """A pad length beyond the text gets INVALID_SYNTAX or nothing; the subject goes on."""
    sa = up(tn)
    sa.send(INFORMATIONAL, spoilt=Spoilt(pad=255))
    tn.wire.forget()
    alive(tn)


@pytest.mark.conforms("I53", "RFC 7296 3.14")
def test_a_payload_beside_sk_does_no_harm(tn):
    """One in the clear before SK is ignored or refused; the subject goes on."""
    sa = up(tn)
    sa.send(INFORMATIONAL, spoilt=Spoilt(outer=(Delete(Protocol.IKE),)))
    tn.wire.forget()
    tn.pings(sa.child)
    alive(tn)


@pytest.mark.conforms("I54", "RFC 7296 2.2")
def test_an_ike_auth_with_message_id_5_is_dropped(tn):
    """Nothing comes back; with its own number it is answered."""
    sa = begun(tn)
    sa.send(IKE_AUTH, *sa.auth(), id=5)
    sa.silent(1)
    sa.take_auth(sa.ask(IKE_AUTH, *sa.auth()))


@pytest.mark.conforms("I55", "RFC 7296 1.2")
@pytest.mark.parametrize("kind", [Kind.IDI, Kind.AUTH, Kind.SA, Kind.TSI, Kind.TSR],
                         ids=["idi", "auth", "sa", "tsi", "tsr"])
def test_an_ike_auth_that_lacks_something_is_refused(tn, kind):
    """The answer agrees to no CHILD_SA."""
    sa = begun(tn)
    answer = sa.ask(IKE_AUTH, *(one for one in sa.auth() if one.kind != kind))
    assert not answer.all(SA) and set(answer.notes()) & NO_CHILD
    alive(tn)


@pytest.mark.conforms("I57", "RFC 7296 3.5")
@pytest.mark.parametrize("name", [b"carol\0@strongswan.org", b"carol\n@strongswan.org",
                                  b"", b"a" * 6000], ids=["nul", "line", "empty", "long"])
def test_an_odd_identity_is_refused(tn, name):
    """Nobody comes in by it."""
    sa = begun(tn)
    ident = IDi(Ident.RFC822_ADDR, name)
    answer = sa.ask(IKE_AUTH, *swapped(sa.auth(), ident, sa.proof(ident)))
    assert answer.notes() in REFUSED
    alive(tn)


@pytest.mark.conforms("I58", "RFC 7296 3.6")
@pytest.mark.parametrize("bad", [
    lambda der: Cert(der, encoding=200), lambda der: Cert(b""), lambda der: Cert(der + b"junk"),
    lambda der: Cert(der[:-1]), lambda der: Cert(bytes(5000))],
    ids=["encoding", "empty", "junk", "cut", "zeros"])
def test_a_certificate_that_is_none_is_not_taken(tn, bad):
    """Without another certificate nobody comes in by it; the subject goes on."""
    tn.start()
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *swapped(sa.auth(), bad(tn.who.cert)))
    assert answer.notes() in REFUSED or answer.all(AUTH), "by rightcert or its file it may"
    alive(tn)


@pytest.mark.conforms("I59", "RFC 7296 3.6; RFC 5280 6.1")
def test_certificates_that_issued_each_other_prove_nothing(tn):
    """A path that goes in a circle comes to an end, and nobody comes in by it."""
    sa = begun(tn)
    sa.who, chain = circle(tn.who)
    ident, cert, *others = sa.auth()
    answer = sa.ask(IKE_AUTH, ident, cert, *map(Cert, chain), *others)
    assert answer.notes() in REFUSED
    alive(tn)


@pytest.mark.conforms("I62", "RFC 7296 2.15, 2.21.2")
def test_a_shared_key_where_a_signature_is_due_is_refused(tn):
    """AUTHENTICATION_FAILED comes back."""
    sa = begun(tn)
    answer = sa.ask(IKE_AUTH, *swapped(sa.auth(), AUTH(bytes(32), Auth.PSK)))
    assert answer.notes() == [Note.AUTHENTICATION_FAILED]


@pytest.mark.conforms("I63", "RFC 7427 3")
@pytest.mark.parametrize("data", [b"", b"\xff", b"\x0d" + b"\x30\x0b\x06\x09" + bytes(9),
                                  b"\x04\x30\x02\x06\x00" + bytes(256)],
                         ids=["empty", "short", "unknown", "none"])
def test_a_signature_of_an_unknown_algorithm_is_refused(tn, data):
    """AUTH method 14 with an identifier that is none gets an error."""
    sa = begun(tn)
    answer = sa.ask(IKE_AUTH, *swapped(sa.auth(), AUTH(data, Auth.SIGNATURE)))
    assert answer.notes() in REFUSED
    alive(tn)


BAD_TS = {
    "none": ([], {}), "count": (None, {"count": 3}), "length": ("length", {}),
    "type": ("type", {}), "reversed": ("reversed", {}), "ports": ("ports", {})}


def selectors(tn, word):
    """The tester's end, wrong in one way."""
    own = tn.wire.own
    return {"length": Selector(own, own, length=39), "type": Selector(own, own, type=6),
            "reversed": Selector(own, "2001::1"), None: Selector(own, own),
            "ports": Selector(own, own, 17, (9, 8))}[word]


@pytest.mark.conforms("I65", "RFC 7296 2.9, 3.13")
@pytest.mark.parametrize("case", ["none", "count", "length", "type"])
def test_selectors_that_miscount_are_refused(tn, case):
    """No selector, a wrong number, a wrong length and an unknown type make no CHILD_SA."""
    no_child(tn, case)


@pytest.mark.conforms("I66", "RFC 7296 2.9, 3.13.1")
@pytest.mark.parametrize("case", ["reversed", "ports"])
def test_selectors_that_end_before_they_begin_are_refused(tn, case):
    """A first address or port behind the last makes no CHILD_SA."""
    no_child(tn, case)


def no_child(tn, case):
    sa = begun(tn)
    word, fields = BAD_TS[case]
    chosen = [] if word == [] else [selectors(tn, word)]
    answer = sa.ask(IKE_AUTH, *swapped(sa.auth(), TSi(chosen, **fields)))
    assert not answer.all(SA) and set(answer.notes()) & NO_CHILD
    alive(tn)


@pytest.mark.conforms("I67", "RFC 7296 2.9")
def test_selectors_of_two_families_are_refused(tn):
    """IPv4 at one end and IPv6 at the other make no CHILD_SA."""
    sa = begun(tn)
    four = Selector("192.0.2.7", "192.0.2.7", type=TS_IPV4)
    answer = sa.ask(IKE_AUTH, *swapped(sa.auth(), TSi([four])))
    assert not answer.all(SA) and set(answer.notes()) & NO_CHILD


@pytest.mark.conforms("I69", "RFC 7296 2.9")
def test_selectors_of_two_protocols_are_refused(tn):
    """TCP at one end and UDP at the other make no CHILD_SA."""
    sa = begun(tn)
    own, peer = (Selector(one, one, proto) for one, proto in (
        (tn.wire.own, 6), (tn.wire.peer, 17)))
    answer = sa.ask(IKE_AUTH, *swapped(sa.auth(), TSi([own]), TSr([peer])))
    assert not answer.all(SA) and set(answer.notes()) & NO_CHILD


@pytest.mark.conforms("I70", "RFC 7296 3.3.1; RFC 4303 2.1")
@pytest.mark.parametrize("spi", [bytes(4), b"\0\0\0\xff", b"abc", b""],
                         ids=["zero", "reserved", "three", "empty"])
def test_an_spi_that_is_none_is_refused(tn, spi):
    """SPIs up to 255 and of another size than four octets make no CHILD_SA."""
    sa = begun(tn)
    bad = SA([Proposal(1, Protocol.ESP, spi, ESP.transforms())])
    answer = sa.ask(IKE_AUTH, *swapped(sa.auth(), bad))
    assert not answer.all(SA) and set(answer.notes()) & NO_CHILD


@pytest.mark.conforms("I71", "RFC 7296 1.2, 2.2")
def test_create_child_sa_before_any_proof_is_dropped(tn):
    """Nothing that agrees comes back, and IKE_AUTH is answered."""
    sa = begun(tn)
    sa.send(CREATE, *sa.child_request(Child()))
    sa.silent(1)
    sa.take_auth(sa.ask(IKE_AUTH, *sa.auth()))


@pytest.mark.conforms("I73", "RFC 7296 3.3.1")
def test_an_ike_spi_of_four_octets_is_refused(tn):
    """A rekey of the IKE_SA with it gets an error; the IKE_SA goes on."""
    sa = up(tn)
    new = sa.successor()
    bad = SA([Proposal(1, Protocol.IKE, b"four", IKE.transforms())])
    answer = sa.ask(CREATE, bad, *sa.rekey_request(new)[1:])
    assert answer.notes() in ([Note.INVALID_SYNTAX], [Note.NO_PROPOSAL_CHOSEN])
    lives(sa)


@pytest.mark.conforms("I74", "RFC 7296 3.11")
@pytest.mark.parametrize("bad", [{"count": 2}, {"count": 65535}, {"size": 3}, {"size": 255}],
                         ids=["two", "many", "three", "long"])
def test_a_delete_that_miscounts_is_refused(tn, bad):
    """It closes nothing."""
    sa = up(tn)
    sa.ask(INFORMATIONAL, Delete(Protocol.ESP, [sa.child.spi], **bad))
    tn.pings(sa.child)
    alive(tn)


@pytest.mark.conforms("I79", "RFC 7296 2.1, 3.14")
def test_a_repetition_with_a_changed_bit_is_dropped(tn):
    """It gets nothing, or the stored answer; the true one gets the stored answer."""
    sa = up(tn)
    octets = sa.send(INFORMATIONAL)
    first = sa.answered()
    tn.wire.send(octets[:-1] + bytes([octets[-1] ^ 1]))
    sa.silent(1)
    tn.wire.send(octets)
    assert sa.heard(response=True, id=first.id).octets == first.octets


@pytest.mark.conforms("I81", "RFC 7296 2.2, 2.3")
def test_the_last_message_id_is_out_of_the_window(tn):
    """A request with 2^32 - 1 gets nothing; the next true one is answered."""
    sa = up(tn)
    sa.send(INFORMATIONAL, id=0xFFFFFFFF)
    sa.silent(1)
    lives(sa)
