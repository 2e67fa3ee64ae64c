"""IKE_SA_INIT requests and datagrams that are none, the subject answers."""

import pytest

from harness.tester.ike.message import build
from harness.tester.ike.numbers import Exchange, Kind, Note, Protocol
from harness.tester.ike.payloads import (
    KE, SA, Nonce, Notify, Proposal, Raw, Transform, Vendor, transform,
)
from harness.tester.ike.suites import IKE, Suite
from harness.tester.ike.wire import NotHeard
from harness.tester.stage import topology

TOPOLOGY = topology()
INIT = Exchange.IKE_SA_INIT
ECP, CURVE = Suite(12, 128, 12, 5, 19), Suite(12, 128, 12, 5, 31)
QUIET = 1.0


def started(tn, **conf):
    tn.start(**conf)
    return tn.sa()


def dropped(tn, octets):
    """Nothing comes back, and the next initiator is answered."""
    tn.wire.send(octets)
    tn.wire.silent(lambda one: True, QUIET)
    alive(tn)


def alive(tn, suite=IKE):
    sa = tn.sa(suite)
    assert sa.ask(INIT, *sa.init()).all(KE)


def refused(tn, sa, *payloads, notes, silent=True, suite=IKE):
    """One of the notifications comes back, or nothing where that is as good."""
    sa.send(INIT, *payloads)
    try:
        answer = sa.heard(QUIET)
        assert len(answer.notes()) == 1 and answer.notes()[0] in notes and not answer.all(KE)
    except NotHeard:
        assert silent, "nothing came back"
    alive(tn, suite)


def init(sa, **header):
    return build(sa.message(INIT, *sa.init(), **header))


@pytest.mark.conforms("I1", "RFC 7296 3.1")
def test_an_empty_datagram_is_dropped(tn):
    """Nothing comes back."""
    started(tn)
    dropped(tn, b"")


@pytest.mark.conforms("I2", "RFC 7296 3.1")
def test_a_short_header_is_dropped(tn):
    """27 octets of a message get nothing."""
    dropped(tn, init(started(tn))[:27])


@pytest.mark.conforms("I3", "RFC 7296 3.1")
@pytest.mark.parametrize("length", [0, 27])
def test_a_length_below_the_header_is_dropped(tn, length):
    """A length field of less than 28 gets nothing."""
    dropped(tn, init(started(tn), length=length))


@pytest.mark.conforms("I5", "RFC 7296 3.1")
def test_octets_behind_the_message_are_not_taken(tn):
    """A datagram that is longer than its message gets nothing."""
    dropped(tn, init(started(tn)) + bytes(4))


@pytest.mark.conforms("I6", "RFC 7296 2.5")
def test_version_3_is_told_of_version_2(tn):
    """INVALID_MAJOR_VERSION comes back in the clear, or nothing."""
    sa = started(tn)
    sa.send(INIT, *sa.init(), version=0x30)
    try:
        assert sa.heard(QUIET).notes() == [Note.INVALID_MAJOR_VERSION]
    except NotHeard:
        pass
    alive(tn)


@pytest.mark.conforms("I7", "RFC 7296 2.5")
def test_version_1_is_dropped(tn):
    """Nothing comes back that is IKEv2."""
    dropped(tn, init(started(tn), version=0x10))


@pytest.mark.conforms("I9", "RFC 7296 3.1")
@pytest.mark.parametrize("exchange", [0, 33, 200])
def test_an_unknown_exchange_is_dropped(tn, exchange):
    """Nothing comes back."""
    sa = started(tn)
    dropped(tn, build(sa.message(exchange, *sa.init())))


@pytest.mark.conforms("I10", "RFC 7296 3.1")
def test_reserved_flags_are_ignored(tn):
    """All five reserved bits are set; the request is answered."""
    sa = started(tn)
    assert sa.ask(INIT, *sa.init(), flags=0xC7 | 0x08).all(KE)


@pytest.mark.conforms("I11", "RFC 7296 2.21")
def test_a_response_to_nothing_is_dropped(tn):
    """Nothing comes back."""
    dropped(tn, init(started(tn), flags=0x28))


@pytest.mark.conforms("I13", "RFC 7296 3.1")
def test_an_initiators_spi_of_zero_is_dropped(tn):
    """Nothing comes back."""
    dropped(tn, init(started(tn), spi_i=bytes(8)))


@pytest.mark.conforms("I14", "RFC 7296 3.1")
def test_a_responders_spi_in_the_first_request_is_dropped(tn):
    """Nothing that agrees to anything comes back."""
    dropped(tn, init(started(tn), spi_r=b"\x5a" * 8))


@pytest.mark.conforms("I15", "RFC 7296 2.2")
def test_a_first_request_with_message_id_1_is_dropped(tn):
    """Nothing comes back."""
    dropped(tn, init(started(tn), id=1))


@pytest.mark.conforms("I17", "RFC 7296 3.2, 3.10.1")
@pytest.mark.parametrize("length", [200, 0xFFFF])
def test_a_payload_longer_than_its_message_is_refused(tn, length):
    """INVALID_SYNTAX or nothing comes back."""
    sa = started(tn)
    refused(tn, sa, *sa.init()[:-1], Vendor(b"any", length=length), notes=[Note.INVALID_SYNTAX])


@pytest.mark.conforms("I18", "RFC 7296 3.2")
@pytest.mark.parametrize("length", [0, 1, 3])
def test_a_chain_that_never_ends_is_refused(tn, length):
    """A payload shorter than its header gets INVALID_SYNTAX or nothing, in no time."""
    sa = started(tn)
    refused(tn, sa, *sa.init(), Vendor(b"", length=length, next=43), notes=[Note.INVALID_SYNTAX])


@pytest.mark.conforms("I19", "RFC 7296 3.2")
def test_very_many_payloads_do_no_harm(tn):
    """300 payloads get an answer or none; the next initiator gets one."""
    sa = started(tn)
    sa.send(INIT, *sa.init(), *[Vendor(b"any")] * 300)
    tn.wire.forget()
    alive(tn)


@pytest.mark.conforms("I21", "RFC 7296 2.5")
def test_many_unknown_payloads_are_ignored(tn):
    """Each type that is not assigned, without critical bit, changes nothing."""
    sa = started(tn)
    assert sa.ask(INIT, *sa.init(), *(Raw(kind) for kind in (1, 32, 128, 255))).all(KE)


@pytest.mark.conforms("I23", "RFC 7296 1.2")
@pytest.mark.parametrize("kind", [Kind.SA, Kind.KE, Kind.NONCE], ids=["sa", "ke", "nonce"])
def test_what_must_be_there_is_asked_for(tn, kind):
    """Without SA, KE or nonce INVALID_SYNTAX or nothing comes back."""
    sa = started(tn)
    refused(tn, sa, *(one for one in sa.init() if one.kind != kind), notes=[Note.INVALID_SYNTAX])


@pytest.mark.conforms("I25", "RFC 7296 2.10, 3.9")
@pytest.mark.parametrize("size", [0, 15, 257])
def test_a_nonce_of_a_wrong_size_is_refused(tn, size):
    """INVALID_SYNTAX or nothing comes back."""
    sa = started(tn)
    payloads = [Nonce(bytes(size)) if one.kind == Kind.NONCE else one for one in sa.init()]
    refused(tn, sa, *payloads, notes=[Note.INVALID_SYNTAX])


@pytest.mark.conforms("I26", "RFC 7296 1.3, 2.7")
def test_a_ke_of_another_group_is_told_the_right_one(tn):
    """INVALID_KE_PAYLOAD names group 14."""
    sa = started(tn)
    answer = sa.ask(INIT, sa.init()[0], KE(19, bytes(64)), *sa.init()[2:])
    assert answer.one(Notify).data == b"\x00\x0e"


@pytest.mark.conforms("I27", "RFC 7296 3.4")
@pytest.mark.parametrize("size", [0, 255, 257, 2000])
def test_a_ke_of_a_wrong_size_is_refused(tn, size):
    """An error or nothing comes back."""
    sa = started(tn)
    refused(tn, sa, sa.init()[0], KE(14, bytes([7]) * size), *sa.init()[2:],
            notes=[Note.INVALID_SYNTAX, Note.INVALID_KE_PAYLOAD, Note.NO_PROPOSAL_CHOSEN])


@pytest.mark.conforms("I29", "RFC 6989 2.3")
@pytest.mark.parametrize("public", [bytes(64), b"\x01" * 64], ids=["infinity", "beside"])
def test_a_point_beside_the_curve_is_refused(tn, public):
    """An error or nothing comes back."""
    tn.start(ike="aes128-sha256-ecp256")
    sa = tn.sa(ECP)
    refused(tn, sa, sa.init()[0], KE(19, public), *sa.init()[2:], suite=ECP,
            notes=[Note.INVALID_SYNTAX, Note.NO_PROPOSAL_CHOSEN])


@pytest.mark.conforms("I30", "RFC 8031 2")
def test_a_shared_secret_of_zero_is_refused(tn):
    """The public value zero of Curve25519 gets an error or nothing."""
    tn.start(ike="aes128-sha256-curve25519")
    sa = tn.sa(CURVE)
    refused(tn, sa, sa.init()[0], KE(31, bytes(32)), *sa.init()[2:], suite=CURVE,
            notes=[Note.INVALID_SYNTAX, Note.NO_PROPOSAL_CHOSEN])


def offers(tn, *proposals, notes, **more):
    sa = started(tn)
    refused(tn, sa, SA(list(proposals)), *sa.init()[1:], notes=notes, **more)


@pytest.mark.conforms("I31", "RFC 7296 2.7, 3.3")
def test_no_proposal_at_all_is_refused(tn):
    """An SA payload without proposals gets NO_PROPOSAL_CHOSEN or INVALID_SYNTAX."""
    offers(tn, notes=[Note.NO_PROPOSAL_CHOSEN, Note.INVALID_SYNTAX])


@pytest.mark.conforms("I33", "RFC 7296 3.3.1")
@pytest.mark.parametrize("wrong", [{"more": 2}, {"count": 3}, {"count": 9}, {"more": 7}],
                         ids=["more", "fewer", "count", "seven"])
def test_a_proposal_that_miscounts_is_refused(tn, wrong):
    """A wrong "last" octet or number of transforms gets INVALID_SYNTAX or nothing."""
    offers(tn, Proposal(1, Protocol.IKE, b"", IKE.transforms(), **wrong),
           notes=[Note.INVALID_SYNTAX, Note.NO_PROPOSAL_CHOSEN])


@pytest.mark.conforms("I34", "RFC 7296 3.3")
def test_very_many_transforms_cost_little(tn):
    """30 proposals with 40 transforms each are over within a second of the subject's."""
    sa = started(tn)
    many = [transform(1, 12, 128)] * 40
    before = tn.bed.clock.monotonic()
    sa.send(INIT, SA([Proposal(n, Protocol.IKE, b"", many) for n in range(1, 31)]),
            *sa.init()[1:])
    alive(tn)
    assert tn.bed.clock.monotonic() - before < 1


@pytest.mark.conforms("I35", "RFC 7296 3.3.5")
def test_an_attribute_longer_than_its_transform_is_refused(tn):
    """INVALID_SYNTAX or nothing comes back."""
    octets = Proposal(1, Protocol.IKE, b"", IKE.transforms()).octets(last=True)
    body = octets.replace(b"\x80\x0e\x00\x80", b"\x00\x0e\xff\xff")
    sa = started(tn)
    refused(tn, sa, Raw(Kind.SA, body), *sa.init()[1:],
            notes=[Note.INVALID_SYNTAX, Note.NO_PROPOSAL_CHOSEN])


@pytest.mark.conforms("I37", "RFC 7296 3.3.5, 3.3.6")
def test_two_key_lengths_of_a_transform_are_refused(tn):
    """A transform with two key lengths is none; nothing is chosen."""
    twice = Transform(1, 12, [(14, 128), (14, 256)])
    offers(tn, Proposal(1, Protocol.IKE, b"", [twice, *IKE.transforms()[1:]]),
           notes=[Note.NO_PROPOSAL_CHOSEN, Note.INVALID_SYNTAX])


@pytest.mark.conforms("I38", "RFC 7296 3.3.1")
def test_an_spi_size_of_255_is_refused(tn):
    """An SPI that is longer than its proposal gets an error or nothing."""
    offers(tn, Proposal(1, Protocol.IKE, b"", IKE.transforms(), spi_size=255),
           notes=[Note.INVALID_SYNTAX, Note.NO_PROPOSAL_CHOSEN])


@pytest.mark.conforms("I39", "RFC 7296 3.3.6")
def test_a_proposal_of_an_unknown_protocol_is_skipped(tn):
    """The second proposal is chosen."""
    sa = started(tn)
    offered = [Proposal(1, 9, b"", IKE.transforms()),
               Proposal(2, Protocol.IKE, b"", IKE.transforms())]
    answer = sa.ask(INIT, SA(offered), *sa.init()[1:])
    assert answer.one(SA).proposals[0].number == 2


@pytest.mark.conforms("I47", "RFC 7296 2.23")
@pytest.mark.parametrize("size", [0, 1, 19, 64])
def test_an_address_hash_of_a_wrong_size_does_no_harm(tn, size):
    """Whatever comes back, the next initiator is answered."""
    sa = started(tn)
    sa.send(INIT, *sa.init()[:3], Notify(Note.NAT_DETECTION_SOURCE_IP, bytes(size)),
            Notify(Note.NAT_DETECTION_DESTINATION_IP, bytes(size)))
    tn.wire.forget()
    alive(tn)


@pytest.mark.conforms("I83", "RFC 7296 2.4, 3.10.1")
def test_initial_contact_before_any_proof_is_ignored(tn):
    """What stands goes on."""
    tn.start()
    sa, other = tn.up(), tn.sa()
    assert other.ask(INIT, *other.init(), Notify(Note.INITIAL_CONTACT)).all(KE)
    assert sa.ask(Exchange.INFORMATIONAL).payloads == []
    tn.pings(sa.child)


@pytest.mark.conforms("I85", "RFC 7296 3.12")
def test_long_vendor_ids_are_ignored(tn):
    """Four of 2,000 octets change nothing."""
    sa = started(tn)
    assert sa.ask(INIT, *sa.init(), *[Vendor(bytes(2000))] * 4).all(KE)
