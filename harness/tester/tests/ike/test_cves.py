"""What has felled or fooled IKEv2 daemons before, each written from its public description."""

from dataclasses import replace
from hashlib import sha1

import pytest

from harness.bed.base import places
from harness.tester.ike import creds
from harness.tester.ike.numbers import Exchange, Ident, Kind, Note
from harness.tester.ike.payloads import AUTH, KE, SA, Cert, IDi, Notify, Raw, TSi, TSr
from harness.tester.ike.sa import Child
from harness.tester.ike.wire import NotHeard
from harness.tester.stage import topology

TOPOLOGY = topology()
INIT, IKE_AUTH = Exchange.IKE_SA_INIT, Exchange.IKE_AUTH
CREATE, INFORMATIONAL = Exchange.CREATE_CHILD_SA, Exchange.INFORMATIONAL
REFUSED = [[Note.INVALID_SYNTAX], [Note.AUTHENTICATION_FAILED]]
EAP, SUCCESS = 48, b"\x03\x01\x00\x04"
SHA1 = bytes.fromhex("3021300906052b0e03021a05000414")


def alive(tn):
    """The next initiator is answered."""
    tn.wire.forget()
    sa = tn.sa()
    assert sa.ask(INIT, *sa.init()).all(KE)


def swapped(payloads, *others):
    """The payloads with others in the place of those of their kind."""
    new = {one.number: one for one in others}
    return [new.get(one.number, one) for one in payloads]


def refused(tn, sa, *others):
    """IKE_AUTH with these payloads lets nobody in."""
    assert sa.ask(IKE_AUTH, *swapped(sa.auth(), *others)).notes() in REFUSED
    alive(tn)


def begun(tn):
    tn.start()
    return tn.begun()


@pytest.mark.conforms("CVE-2009-1957", "RFC 7296 1.2, 2.21")
def test_create_child_sa_after_a_broken_init_does_no_harm(tn):
    """After an IKE_SA_INIT that was refused a CREATE_CHILD_SA gets nothing."""
    tn.start()
    sa = tn.sa()
    sa.send(INIT, *sa.init()[:2])
    sa.send(CREATE, Notify(Note.REKEY_SA), id=1)
    alive(tn)


@pytest.mark.conforms("CVE-2009-1958", "RFC 7296 1.2")
@pytest.mark.parametrize("kind", [Kind.TSI, Kind.TSR], ids=["tsi", "tsr"])
def test_auth_without_selectors_does_no_harm(tn, kind):
    """It makes no CHILD_SA, and the subject goes on."""
    sa = begun(tn)
    answer = sa.ask(IKE_AUTH, *(one for one in sa.auth() if one.kind != kind))
    assert not answer.all(SA)
    alive(tn)


@pytest.mark.conforms("CVE-2013-2944", "RFC 7296 2.15, 3.8")
@pytest.mark.parametrize("method", [9, 10, 11])
@pytest.mark.parametrize("data", [b"", bytes(64), bytes(96)], ids=["empty", "zeros", "more"])
def test_an_empty_signature_proves_nothing(tn, method, data):
    """ECDSA signatures of zeros are refused."""
    refused(tn, begun(tn), AUTH(data, method))


@pytest.mark.conforms("CVE-2013-6466", "RFC 7296 1.2, 2.21.1", part="A")
@pytest.mark.parametrize("kinds", [[], [Kind.NONCE], [Kind.KE], [Kind.SA], [Kind.SA, Kind.KE],
                                   [Kind.SA, Kind.NONCE], [Kind.KE, Kind.NONCE]],
                         ids=["none", "nonce", "ke", "sa", "no-nonce", "no-ke", "no-sa"])
def test_an_init_that_lacks_something_does_no_harm(tn, kinds):
    """An IKE_SA_INIT request that lacks SA, KE or nonce gets an error or nothing."""
    tn.start()
    sa = tn.sa()
    sa.send(INIT, *(one for one in sa.init() if one.number in kinds))
    tn.wire.silent(lambda one: bool(one.all(KE)), 1)
    alive(tn)


@pytest.mark.conforms("CVE-2013-6466", "RFC 7296 1.2, 2.21.1", part="B")
@pytest.mark.parametrize("kind", [Kind.SA, Kind.KE, Kind.NONCE], ids=["sa", "ke", "nonce"])
def test_an_answer_to_init_that_lacks_something_does_no_harm(tn, kind):
    """The subject began; on an answer without SA, KE or nonce no IKE_AUTH follows."""
    tn.start()
    tn.subject.initiate()
    request = tn.asked()
    sa = tn.sa_of(request)
    sa.answer(request, *(one for one in sa.init() if one.number != kind))
    sa.silent(2, exchange=IKE_AUTH)
    alive(tn)


@pytest.mark.conforms("CVE-2013-6466", "RFC 7296 1.2, 2.21.2", part="C")
@pytest.mark.parametrize("kind", [None, Kind.IDI, Kind.AUTH, Kind.SA, Kind.TSI, Kind.TSR],
                         ids=["all", "idi", "auth", "sa", "tsi", "tsr"])
def test_an_auth_that_lacks_something_does_no_harm(tn, kind):
    """An IKE_AUTH request without something that it needs, or without all, makes no CHILD_SA."""
    sa = begun(tn)
    sa.send(IKE_AUTH, *(one for one in sa.auth() if kind and one.number != kind))
    tn.bed.hold(1, "the subject may take it")
    assert not tn.subject.spis()
    alive(tn)


@pytest.mark.conforms("CVE-2013-6466", "RFC 7296 1.2, 2.21.2", part="D")
@pytest.mark.parametrize("kind", [None, Kind.IDR, Kind.AUTH, Kind.SA, Kind.TSI, Kind.TSR],
                         ids=["all", "idr", "auth", "sa", "tsi", "tsr"])
def test_an_answer_to_auth_that_lacks_something_does_no_harm(tn, kind):
    """The subject began; an answer without something that it needs makes no CHILD_SA."""
    sa, request = tn.auth_asked()
    sa.answer(request, *(one for one in sa.auth(sa.child.suite) if kind and one.number != kind))
    tn.bed.hold(1, "the subject may take it")
    assert not tn.subject.spis()
    alive(tn)


@pytest.mark.conforms("CVE-2014-2338", "RFC 7296 1.3.2, 2.2")
def test_a_rekey_proves_nobody(tn):
    """Before IKE_AUTH a rekey of the IKE_SA gets nothing, so nobody comes in by it."""
    sa = begun(tn)
    sa.send(CREATE, *sa.rekey_request(sa.successor()))
    sa.silent(1)
    assert not tn.subject.spis()
    alive(tn)


@pytest.mark.conforms("CVE-2014-2891", "RFC 7296 3.5")
@pytest.mark.parametrize("name", [b"\x30\x00", b"\x30\x84\xff\xff\xff\xff", b"\x30\x02\x31\x00",
                                  b"\x30\x80\x31", b""],
                         ids=["empty", "huge", "bare", "endless", "none"])
def test_a_broken_name_does_no_harm(tn, name):
    """A distinguished name that is no ASN.1 is refused."""
    sa = begun(tn)
    ident = IDi(Ident.DER_ASN1_DN, name)
    refused(tn, sa, ident, sa.proof(ident))


@pytest.mark.conforms("CVE-2014-9221", "RFC 7296 3.4")
@pytest.mark.parametrize("group", [0, 1024, 1025, 65535])
def test_a_private_group_does_no_harm(tn, group):
    """A KE of a group that is not configured gets INVALID_KE_PAYLOAD."""
    tn.start()
    sa = tn.sa()
    answer = sa.ask(INIT, sa.init()[0], KE(group, bytes([1]) * 256), *sa.init()[2:])
    assert answer.notes() == [Note.INVALID_KE_PAYLOAD]
    alive(tn)


def trivial(value):
    """A KE whose shared secret is the same number, whoever raises it to what."""
    return KE(14, value.to_bytes(256, "big"))


@pytest.mark.conforms("CVE-2015-3240", "RFC 6989 2.1", part="A")
@pytest.mark.parametrize("value", [0, 1], ids=["zero", "one"])
def test_a_trivial_public_value_makes_no_keys(tn, value):
    """After g^x of 0 or 1 nothing is answered that everybody has the keys of."""
    tn.start()
    sa = tn.sa()
    sa.send(INIT, *swapped(sa.init(), trivial(value)))
    sa.silent(1, exchange=IKE_AUTH)
    for answer in [one for one in tn.wire.kept if one.all(KE)]:
        sa.take_init(answer)
        sa.derive(trivial(value).public)
        sa.send(IKE_AUTH, *sa.auth(), id=1)
        sa.silent(2, exchange=IKE_AUTH, first=Kind.SK)
    assert not tn.subject.spis()
    alive(tn)


@pytest.mark.conforms("CVE-2015-3240", "RFC 6989 2.1", part="B")
@pytest.mark.parametrize("value", [0, 1], ids=["zero", "one"])
def test_a_trivial_public_value_of_a_responder_makes_no_keys(tn, value):
    """The subject began; g^x of 0 or 1 in the answer is followed by no IKE_AUTH."""
    tn.start()
    tn.subject.initiate()
    request = tn.asked()
    sa = tn.sa_of(request)
    sa.answer(request, *swapped(sa.init(), trivial(value)))
    sa.silent(2, exchange=IKE_AUTH)
    alive(tn)


@pytest.mark.conforms("CVE-2015-3240", "RFC 6989 2.1", part="C")
@pytest.mark.parametrize("value", [0, 1], ids=["zero", "one"])
def test_a_trivial_public_value_replaces_no_ike_sa(tn, value):
    """A rekey of the IKE_SA by g^x of 0 or 1 is not agreed to, and the subject goes on."""
    tn.start()
    sa = tn.up()
    sa.send(CREATE, *swapped(sa.rekey_request(sa.successor()), trivial(value)))
    try:
        assert not sa.answered().all(KE)
    except NotHeard:
        pass
    alive(tn)


@pytest.mark.conforms("CVE-2017-9022", "RFC 7296 3.6")
@pytest.mark.parametrize("exponent", ["0203000000", "0203000001", "0203000002"])
def test_a_key_with_an_odd_exponent_does_no_harm(tn, exponent):
    """A certificate whose RSA key has the exponent 0, 1 or 2 is refused."""
    sa = begun(tn)
    cert = tn.who.cert.replace(bytes.fromhex("0203010001"), bytes.fromhex(exponent))
    assert cert != tn.who.cert
    refused(tn, sa, Cert(cert))


def signed(tn, sa, head=SHA1, fill=b"\xff", behind=0):
    """A signature of the tester's own key over padding, hash and octets behind it."""
    text = creds.octets(sa.sent_init, sa.other_nonce, sa.suite.prfs, sa.keys.pi, sa.ident())
    numbers = tn.who.key.private_numbers()
    modulus = numbers.public_numbers.n
    size = (modulus.bit_length() + 7) // 8
    tail = b"\0" + head + sha1(text).digest() + b"\x5a" * behind
    block = b"\0\1" + fill * (size - 2 - len(tail)) + tail
    return AUTH(pow(int.from_bytes(block, "big"), numbers.d, modulus).to_bytes(size, "big"))


@pytest.mark.conforms("CVE-2018-15836", "RFC 7296 2.15", case="padding")
@pytest.mark.conforms("I61", "RFC 7296 2.15", case="behind")
@pytest.mark.parametrize("how", [{"fill": b"\x5a"}, {"behind": 64}], ids=["padding", "behind"])
def test_what_stands_beside_the_hash_is_looked_at(tn, how):
    """Padding of other octets or octets behind the hash prove nothing; a true signature does."""
    sa = begun(tn)
    refused(tn, sa, signed(tn, sa, **how))
    sa = tn.begun()
    sa.take_auth(sa.ask(IKE_AUTH, *swapped(sa.auth(), signed(tn, sa))))


@pytest.mark.conforms("CVE-2018-16151", "RFC 7296 2.15", case="behind-oid")
@pytest.mark.conforms("CVE-2018-16152", "RFC 7296 2.15", case="parameters")
@pytest.mark.parametrize("head", ["3026300e06052b0e03021a5a5a5a5a5a05000414",
                                  "3023300b06052b0e03021a050200000414",
                                  "3021300906052b0e03021b05000414"],
                         ids=["behind-oid", "parameters", "algorithm"])
def test_a_changed_algorithm_in_the_hash_is_refused(tn, head):
    """Octets behind the identifier or in its parameters and another identifier prove nothing."""
    sa = begun(tn)
    refused(tn, sa, signed(tn, sa, bytes.fromhex(head)))


@pytest.mark.conforms("CVE-2015-3991", "RFC 7296 2.5")
@pytest.mark.parametrize("kind", [1, 4, 8, 12, 13])
def test_payloads_of_ikev1_do_no_harm(tn, kind):
    """In the clear and sealed they are stepped over as any unknown one."""
    tn.start()
    sa = tn.sa()
    sa.take_init(sa.ask(INIT, *sa.init(), Raw(kind, bytes(40))))
    sa.take_auth(sa.ask(IKE_AUTH, *sa.auth(), Raw(kind, bytes(40))))


@pytest.mark.conforms("CVE-2019-12312", "RFC 7296 1.2, 2.21")
def test_informational_instead_of_auth_does_no_harm(tn):
    """A bogus INFORMATIONAL after IKE_SA_INIT gets nothing, and IKE_AUTH is answered."""
    sa = begun(tn)
    sa.send(INFORMATIONAL, Notify(Note.INVALID_SYNTAX))
    sa.sealed = False
    sa.send(INFORMATIONAL, Notify(Note.INVALID_SYNTAX))
    sa.sealed = True
    sa.take_auth(sa.ask(IKE_AUTH, *sa.auth()))


@pytest.mark.conforms("CVE-2020-16088", "RFC 7296 2.15, 3.6")
def test_the_certificate_must_be_the_signers(tn):
    """carol's certificate with dave's signature lets nobody in."""
    sa = begun(tn)
    dave = creds.load(places.build(tn.bed.job.top) / "certs", "dave", tn.who.ident)
    sa.who, ident = dave, sa.ident()
    proof = sa.proof(ident)
    sa.who = tn.who
    refused(tn, sa, proof)


@pytest.mark.conforms("CVE-2021-45079", "RFC 7296 2.16")
def test_an_early_success_of_eap_proves_nobody(tn):
    """The subject began; EAP success in the place of AUTH makes no CHILD_SA."""
    tn.start()
    tn.subject.initiate()
    sa = tn.answered()
    request = sa.request(IKE_AUTH)
    sa.take_child(sa.child, request, b"".join(sa.nonces()), begun=False)
    answer = [one for one in sa.auth(sa.child.suite) if one.kind not in (Kind.AUTH, Kind.CERT)]
    sa.answer(request, *answer, Raw(EAP, SUCCESS))
    tn.bed.hold(2, "the subject may take it")
    assert not tn.subject.spis()


def selectors(tn, length, both=(TSi, TSr)):
    """As they should be, but that one of them says another length."""
    own, peer = tn.ends.own.selector, tn.ends.peer.selector
    return [kind([replace(one, length=length)]) for kind, one in zip((TSi, TSr), (own, peer),
                                                                    strict=True) if kind in both]


@pytest.mark.conforms("CVE-2023-23009", "RFC 7296 3.13.1", part="A")
@pytest.mark.parametrize("kind", [TSi, TSr], ids=["tsi", "tsr"])
@pytest.mark.parametrize("length", [0, 7, 8, 39, 41, 0xFFFF])
def test_a_rekey_with_a_selector_of_a_wrong_length_does_no_harm(tn, kind, length):
    """Once all stands, a rekey of the CHILD_SA with a selector shorter or longer than it is."""
    tn.start()
    sa, child = tn.up(), Child()
    bad = selectors(tn, length, (kind,))
    assert not sa.ask(CREATE, *swapped(sa.child_request(child, sa.child), *bad)).all(SA)
    alive(tn)


@pytest.mark.conforms("CVE-2023-23009", "RFC 7296 3.13.1", part="B")
@pytest.mark.parametrize("length", [0, 7, 8, 39, 41, 0xFFFF])
def test_a_selector_of_a_wrong_length_does_no_harm(tn, length):
    """In an IKE_AUTH request it makes no CHILD_SA, and the subject goes on."""
    sa = begun(tn)
    assert not sa.ask(IKE_AUTH, *swapped(sa.auth(), *selectors(tn, length))).all(SA)
    alive(tn)


@pytest.mark.conforms("CVE-2023-23009", "RFC 7296 3.13.1", part="C")
@pytest.mark.parametrize("length", [0, 7, 8, 39, 41, 0xFFFF])
def test_a_selector_of_a_wrong_length_in_an_answer_does_no_harm(tn, length):
    """The subject began; in the answer to its IKE_AUTH it makes no CHILD_SA."""
    sa, request = tn.auth_asked()
    bad = [replace(request.one(kind).selectors[0], length=length) for kind in (TSi, TSr)]
    sa.answer(request, *swapped(sa.auth(sa.child.suite), TSi([bad[0]]), TSr([bad[1]])))
    tn.bed.hold(1, "the subject may take it")
    assert not tn.subject.spis()
    alive(tn)


@pytest.mark.conforms("CVE-2023-38710", "RFC 7296 1.3.3, 3.10")
@pytest.mark.parametrize("protocol", [0, 1, 2, 255])
def test_a_rekey_of_an_unknown_protocol_does_no_harm(tn, protocol):
    """REKEY_SA of a protocol that has no CHILD_SA is refused or ignored; the IKE_SA goes on."""
    tn.start()
    sa = tn.up()
    wrong = Notify(Note.REKEY_SA, b"", protocol, sa.child.spi)
    sa.ask(CREATE, wrong, *sa.child_request(Child()))
    assert sa.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("CVE-2023-41913", "RFC 7296 3.4")
@pytest.mark.parametrize("size", [512, 4096, 9000])
def test_a_public_value_that_is_too_long_does_no_harm(tn, size):
    """A KE that is longer than its group gets an error or nothing."""
    tn.start()
    sa = tn.sa()
    sa.send(INIT, sa.init()[0], KE(14, b"\x07" * size), *sa.init()[2:])
    sa.silent(1, exchange=IKE_AUTH)
    assert not [one for one in tn.wire.kept if one.all(KE)]
    alive(tn)
