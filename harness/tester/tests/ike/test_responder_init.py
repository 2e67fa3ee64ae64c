"""IKE_SA_INIT and IKE_AUTH, the subject answers."""

import pytest

from harness.tester.ike.numbers import Exchange, Kind
from harness.tester.ike.payloads import KE, SA, Nonce, Raw
from harness.tester.stage import topology

TOPOLOGY = topology()
UNKNOWN = [1, 32, 49, 255]


@pytest.mark.conforms("IKEv2.EN.R.1.1.1.1", "RFC 7296 1.2, 3.1")
def test_init_is_answered(tn):
    """The answer repeats the initiator's SPI and Message ID and chooses what was offered."""
    tn.start()
    sa = tn.sa()
    answer = sa.ask(Exchange.IKE_SA_INIT, *sa.init())
    assert answer.spi_i == sa.spi and answer.spi_r != bytes(8)
    assert (answer.version, answer.flags) == (0x20, 0x20)
    assert answer.one(KE).group == 14 and len(answer.one(KE).public) == 256
    assert 16 <= len(answer.one(Nonce).data) <= 256
    assert [one.number for one in answer.one(SA).proposals] == [1]


@pytest.mark.conforms("IKEv2.EN.R.1.1.1.3", "RFC 7296 1.2, 2.17")
def test_child_sa_is_used(tn):
    """An echo request in the first CHILD_SA is answered in it."""
    tn.start()
    sa = tn.up()
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.EN.R.1.1.4.3", "RFC 7296 2.5")
@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_payload_without_critical_bit_is_ignored(tn, kind):
    """The answer is as if the payload were not there."""
    tn.start()
    sa = tn.sa()
    answer = sa.ask(Exchange.IKE_SA_INIT, *sa.init(), Raw(kind, b"none of yours"))
    assert Kind.NONCE in [one.number for one in answer.payloads]
