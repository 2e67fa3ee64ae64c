"""IKE_SA_INIT, the subject answers."""

import pytest

from harness.tester.ike.numbers import Exchange, Kind, Note, Protocol
from harness.tester.ike.payloads import KE, SA, Nonce, Notify, Proposal, Raw
from harness.tester.ike.suites import IKE, Suite
from harness.tester.ike.wire import NotHeard
from harness.tester.stage import topology

TOPOLOGY = topology()
INIT = Exchange.IKE_SA_INIT
UNKNOWN = [1, 32, 49, 255]
AGREED = {Kind.SA, Kind.KE, Kind.NONCE}


def agrees(answer):
    return AGREED <= {one.number for one in answer.payloads}


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.1.1", "RFC 7296 1.2, 3.1")
def test_init_is_answered(tn):
    """The answer repeats the initiator's SPI and Message ID and chooses what was offered."""
    tn.start()
    sa = tn.sa()
    answer = sa.ask(INIT, *sa.init())
    assert answer.spi_i == sa.spi and answer.spi_r != bytes(8)
    assert (answer.version, answer.flags) == (0x20, 0x20)
    assert answer.one(KE).group == 14 and len(answer.one(KE).public) == 256
    assert 16 <= len(answer.one(Nonce).data) <= 256
    assert [one.number for one in answer.one(SA).proposals] == [1]


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.2.1", "RFC 7296 2.1")
def test_a_repeated_init_is_answered_as_before(tn):
    """The same request gets the same octets again, not another IKE_SA."""
    tn.start()
    sa = tn.sa()
    octets = sa.send(INIT, *sa.init())
    first = sa.answered()
    tn.wire.send(octets)
    assert sa.heard(response=True, id=0).octets == first.octets


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.4.1", "RFC 7296 2.5")
def test_a_higher_minor_version_is_taken(tn):
    """Version 2.15 is answered in version 2.0."""
    tn.start()
    sa = tn.sa()
    answer = sa.ask(INIT, *sa.init(), version=0x2F)
    assert agrees(answer) and answer.version == 0x20


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.4.2", "RFC 7296 2.5")
def test_a_higher_major_version_is_not_taken(tn):
    """Version 3.0 is told that 2.0 is the highest, or nothing; version 2.0 is answered then."""
    tn.start()
    sa = tn.sa()
    sa.send(INIT, *sa.init(), version=0x30)
    try:
        answer = sa.heard(response=True)
        assert answer.notes() == [Note.INVALID_MAJOR_VERSION] and answer.version >> 4 == 2
    except NotHeard:
        pass
    sa = tn.sa()
    assert agrees(sa.ask(INIT, *sa.init()))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.4.3", "RFC 7296 2.5")
@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_payload_without_critical_bit_is_ignored(tn, kind):
    """The answer is as if the payload were not there."""
    tn.start()
    sa = tn.sa()
    assert agrees(sa.ask(INIT, *sa.init(), Raw(kind, b"none of yours")))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.4.4", "RFC 7296 2.5, 3.10.1")
@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_payload_with_critical_bit_is_refused(tn, kind):
    """The answer is UNSUPPORTED_CRITICAL_PAYLOAD with the type of the payload."""
    tn.start()
    sa = tn.sa()
    answer = sa.ask(INIT, *sa.init(), Raw(kind, b"none of yours", critical=True))
    note = answer.one(Notify)
    assert (note.type, note.data) == (Note.UNSUPPORTED_CRITICAL_PAYLOAD, bytes([kind]))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.4.5", "RFC 7296 2.5")
def test_payloads_are_taken_in_any_order(tn):
    """Notifications, nonce, key exchange and proposals in turn are answered."""
    tn.start()
    sa = tn.sa()
    assert agrees(sa.ask(INIT, *reversed(sa.init())))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.6.3", "RFC 7296 2.7, 3.3")
@pytest.mark.parametrize("more", [Suite(12, 256, 12, 5, 14), Suite(12, 128, 12, 7, 14),
                                  Suite(12, 128, 14, 5, 14), Suite(12, 128, 12, 5, 19)],
                         ids=["encr", "prf", "integ", "group"])
def test_one_transform_of_several_is_chosen(tn, more):
    """Of two transforms of a type the one that the subject is configured for comes back alone."""
    tn.start()
    sa = tn.sa()
    offered = Proposal(1, Protocol.IKE, b"", [*more.transforms(), *IKE.transforms()])
    sa.take_init(sa.ask(INIT, SA([offered]), *sa.init()[1:]))
    assert sa.suite == IKE
    sa.take_auth(sa.ask(Exchange.IKE_AUTH, *sa.auth()))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.6.4", "RFC 7296 2.7, 3.3")
@pytest.mark.parametrize("first", [Suite(12, 256, 12, 5, 14), Suite(12, 128, 12, 7, 14),
                                   Suite(12, 128, 14, 5, 14), Suite(12, 128, 12, 5, 19)],
                         ids=["encr", "prf", "integ", "group"])
def test_one_proposal_of_several_is_chosen(tn, first):
    """The proposal that the subject is configured for comes back with its number."""
    tn.start()
    sa = tn.sa()
    offered = [Proposal(number, Protocol.IKE, b"", suite.transforms())
               for number, suite in ((1, first), (2, IKE))]
    answer = sa.ask(INIT, SA(offered), *sa.init()[1:])
    assert [one.number for one in answer.one(SA).proposals] == [2]
    sa.take_init(answer)
    sa.take_auth(sa.ask(Exchange.IKE_AUTH, *sa.auth()))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.6.8", "RFC 7296 1.3, 2.7")
def test_another_group_is_asked_for(tn):
    """A KE of a group that was not chosen gets INVALID_KE_PAYLOAD with the one that was."""
    tn.start()
    sa = tn.sa()
    both = Proposal(1, Protocol.IKE, b"", [*Suite(12, 128, 12, 5, 19).transforms(),
                                           IKE.transforms()[-1]])
    wrong = tn.sa(Suite(12, 128, 12, 5, 19)).group
    answer = sa.ask(INIT, SA([both]), KE(19, wrong.public), *sa.init()[2:])
    note = answer.one(Notify)
    assert (note.type, note.data) == (Note.INVALID_KE_PAYLOAD, b"\x00\x0e")
    sa.id = 0
    assert agrees(sa.ask(INIT, SA([both]), *sa.init()[1:]))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.11.1", "RFC 7296 2.5, 3.1")
def test_reserved_fields_of_init_are_ignored(tn):
    """All reserved bits and octets are set; the IKE_SA comes up, its proof covers them."""
    tn.start()
    sa = tn.sa()
    payloads = sa.init()
    for one in payloads:
        one.reserved = 0x7F
    payloads[0].proposals[0].reserved, payloads[1].zero = 0xFF, 0xFFFF
    for one in payloads[0].proposals[0].transforms:
        one.reserved = 0xFF
    sa.take_init(sa.ask(INIT, *payloads, flags=0xC7 | 0x08))
    sa.take_auth(sa.ask(Exchange.IKE_AUTH, *sa.auth()))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.11.3", "RFC 7296 3.1")
def test_the_version_bit_is_ignored(tn):
    """A request with the bit that says that a higher version is spoken is answered."""
    tn.start()
    sa = tn.sa()
    assert agrees(sa.ask(INIT, *sa.init(), flags=0x18))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.11.4", "RFC 7296 2.21, 3.1")
def test_a_response_nobody_asked_for_is_dropped(tn):
    """An IKE_SA_INIT with the response bit gets no answer; one without it does."""
    tn.start()
    sa = tn.sa()
    sa.send(INIT, *sa.init(), flags=0x28)
    sa.silent()
    assert agrees(sa.ask(INIT, *sa.init()))


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.11.5", "RFC 7296 3.10.1")
@pytest.mark.parametrize("kind", [16383, 65535])
def test_an_unknown_notification_is_ignored(tn, kind):
    """An unknown error and an unknown status in a request change nothing."""
    tn.start()
    sa = tn.sa()
    assert agrees(sa.ask(INIT, *sa.init(), Notify(kind, b"any")))
