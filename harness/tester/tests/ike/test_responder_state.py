"""What stands, and what closes it: the subject answers INFORMATIONAL, and lies do not touch it."""

import pytest

from harness.tester.ike import esp
from harness.tester.ike.message import build
from harness.tester.ike.numbers import PORT, Exchange, Note, Protocol
from harness.tester.ike.payloads import Delete, Notify
from harness.tester.ike.wire import NotHeard
from harness.tester.stage import topology

TOPOLOGY = topology()
INFORMATIONAL = Exchange.INFORMATIONAL


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.3.1", "RFC 7296 2.4")
def test_icmp_errors_close_nothing(tn):
    """ICMPv6 says that IKE and ESP do not arrive; both go on."""
    tn.start()
    sa = tn.up()
    back = tn.wire.peer, tn.wire.own
    tn.unreachable(esp.wrapped(*back, esp.udp(*back, PORT, sa.heard_init), esp.UDP))
    tn.unreachable(esp.wrapped(*back, sa.child.spi + bytes(60), esp.ESP))
    assert sa.ask(INFORMATIONAL).payloads == []
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.3.2", "RFC 7296 2.4, 2.21.4")
def test_messages_that_nobody_protects_close_nothing(tn):
    """Notifications in the clear say that SAs are unknown; both go on."""
    tn.start()
    sa = tn.up()
    for note in (Notify(Note.INVALID_IKE_SPI), Notify(Note.INVALID_SPI, sa.child.other),
                 Notify(Note.AUTHENTICATION_FAILED)):
        for response in (False, True):
            tn.wire.send(build(sa.message(INFORMATIONAL, note, response=response)))
    assert sa.ask(INFORMATIONAL).payloads == []
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.3.3", "RFC 7296 2.4, 3.10.1")
def test_initial_contact_closes_what_stood_before(tn):
    """The first IKE_SA of the same identities goes with its CHILD_SA; the second one stands."""
    tn.start()
    first, second = tn.up(), tn.begun()
    payloads = second.auth()
    answer = second.ask(Exchange.IKE_AUTH, payloads[0], Notify(Note.INITIAL_CONTACT),
                        *payloads[1:])
    second.take_auth(answer)
    tn.bed.wait(tn.subject.has(second.child.spi, second.child.other), within=2)
    first.send(INFORMATIONAL)
    first.silent(response=True, exchange=INFORMATIONAL)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.3.4", "RFC 7296 1.4, 2.4")
def test_an_empty_request_is_answered(tn):
    """A liveness check gets an empty answer."""
    tn.start()
    assert tn.up().ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.3.5", "RFC 7296 1.4.1")
def test_a_delete_of_the_ike_sa_closes_all(tn):
    """It gets an empty answer; the CHILD_SA goes too, and nobody answers any more."""
    tn.start()
    sa = tn.up()
    assert sa.ask(INFORMATIONAL, Delete(Protocol.IKE)).payloads == []
    tn.bed.wait(tn.subject.has(), within=2)
    sa.send(INFORMATIONAL)
    sa.silent()


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.3.6", "RFC 7296 1.4.1")
def test_a_delete_of_a_child_sa_is_answered_by_its_pair(tn):
    """The answer names the SPI of the other direction; the IKE_SA stands."""
    tn.start()
    sa = tn.up()
    answer = sa.ask(INFORMATIONAL, Delete(Protocol.ESP, [sa.child.spi]))
    assert answer.one(Delete) == Delete(Protocol.ESP, [sa.child.other])
    tn.bed.wait(tn.subject.has(), within=2)
    assert sa.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.8.1", "RFC 7296 2.21.4")
@pytest.mark.parametrize("whose", ["initiator", "responder"])
def test_an_unknown_ike_spi_changes_nothing(tn, whose):
    """A message for it gets INVALID_IKE_SPI in the clear or nothing; what stands goes on."""
    tn.start()
    sa = tn.up()
    spis = {"spi_i": b"\x5a" * 8} if whose == "initiator" else {"spi_r": b"\x5a" * 8}
    sa.send(INFORMATIONAL, **spis)
    try:
        found = tn.wire.hear(lambda one: True, 2, "an answer")
        assert found.notes() == [Note.INVALID_IKE_SPI]
    except NotHeard:
        pass
    assert sa.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.3.1", "RFC 7296 1.4.1, 3.11")
def test_several_child_sas_are_deleted_at_once(tn):
    """The answer names the pair of each."""
    tn.start()
    sa = tn.up()
    second = sa.another_child()
    answer = sa.ask(INFORMATIONAL, Delete(Protocol.ESP, [sa.child.spi, second.spi]))
    told = [spi for one in answer.all(Delete) for spi in one.spis]
    assert sorted(told) == sorted([sa.child.other, second.other])
    tn.bed.wait(tn.subject.has(), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.3.1.1", "RFC 7296 1.4, 3.1")
def test_informational_is_answered(tn):
    """The answer has the request's Message ID and the response bit, and is sealed."""
    tn.start()
    sa = tn.up()
    answer = sa.ask(INFORMATIONAL, Notify(40000, b"any status"))
    assert (answer.id, answer.flags, answer.first) == (2, 0x20, 46)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.3.2.1", "RFC 7296 2.1")
def test_a_repeated_informational_is_answered_as_before(tn):
    """The same request gets the same octets again."""
    tn.start()
    sa = tn.up()
    octets = sa.send(INFORMATIONAL, Delete(Protocol.ESP, [sa.child.spi]))
    first = sa.answered()
    tn.wire.send(octets)
    assert sa.heard(response=True, id=first.id).octets == first.octets


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.3.3.1", "RFC 7296 2.5")
def test_reserved_fields_of_informational_are_ignored(tn):
    """All reserved bits are set; the request is answered."""
    tn.start()
    sa = tn.up()
    one = Notify(40000, reserved=0x7F)
    assert sa.ask(INFORMATIONAL, one, flags=0xC7 | 0x08).payloads == []
