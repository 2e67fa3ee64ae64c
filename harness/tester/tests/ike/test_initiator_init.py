"""IKE_SA_INIT, the subject begins."""

import pytest

from harness.tester.ike.numbers import Exchange, Note, Protocol
from harness.tester.ike.payloads import KE, SA, Nonce, Notify, Proposal, Raw
from harness.tester.ike.suites import IKE, Group, Suite
from harness.tester.ike.wire import NotHeard
from harness.tester.stage import topology

TOPOLOGY = topology()
INIT, IKE_AUTH = Exchange.IKE_SA_INIT, Exchange.IKE_AUTH
UNKNOWN = [1, 32, 49, 255]
# A subject that repeats its request does so by then, and waits no longer between two.
AGAIN, GIVEN_UP = 30.0, 400.0
ECP_WORD = "aes128-sha256-ecp256,aes128-sha256-modp2048"


def begins(tn, **conf):
    """The subject's first request."""
    tn.start(**conf)
    tn.subject.initiate()
    return tn.asked()


def suites(message):
    """What is offered, in whatever order."""
    return sorted(sorted((t.type, t.id, t.bits) for t in one.transforms)
                  for one in message.one(SA).proposals)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.1.1", "RFC 7296 1.2, 3.1")
def test_init_is_sent(tn):
    """The request has an SPI of its own, Message ID 0, proposals from 1 on, a KE and a nonce."""
    request = begins(tn)
    assert request.spi_i != bytes(8) and request.spi_r == bytes(8)
    assert (request.id, request.version, request.flags) == (0, 0x20, 0x08)
    proposals = request.one(SA).proposals
    assert [one.number for one in proposals] == [*range(1, len(proposals) + 1)]
    assert all((one.protocol, one.spi) == (Protocol.IKE, b"") for one in proposals)
    assert request.one(KE).group == 14 and len(request.one(KE).public) == 256
    assert 16 <= len(request.one(Nonce).data) <= 256


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.2.1", "RFC 7296 2.1, 2.4")
def test_init_is_repeated(tn):
    """Without an answer the same octets come again, after a time that grows."""
    first = begins(tn)
    times = [tn.bed.clock.monotonic()]
    for _ in range(3):
        assert tn.asked(AGAIN).octets == first.octets
        times.append(tn.bed.clock.monotonic())
    gaps = [later - one for one, later in zip(times, times[1:], strict=False)]
    assert gaps[0] < gaps[-1]
    assert all(later > 0.9 * one for one, later in zip(gaps, gaps[1:], strict=False))


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.2.2", "RFC 7296 2.1")
def test_init_is_not_repeated_once_it_is_answered(tn):
    """After the answer comes IKE_AUTH, and IKE_SA_INIT no more."""
    request = begins(tn)
    sa = tn.sa_of(request)
    sa.answer(request, *sa.init())
    sa.take_init(request)
    sa.request(IKE_AUTH)
    sa.silent(AGAIN, exchange=INIT)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.4.1", "RFC 7296 2.5")
@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_payload_without_critical_bit_is_ignored(tn, kind):
    """An answer with it is taken."""
    request = begins(tn)
    sa = tn.sa_of(request)
    sa.answer(request, *sa.init(), Raw(kind, b"none of yours"))
    sa.take_init(request)
    sa.request(IKE_AUTH)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.4.2", "RFC 7296 2.5")
@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_payload_with_critical_bit_is_not_taken(tn, kind):
    """An answer with it is not followed by IKE_AUTH."""
    request = begins(tn)
    sa = tn.sa_of(request)
    sa.answer(request, *sa.init(), Raw(kind, b"none of yours", critical=True))
    sa.take_init(request)
    sa.silent(exchange=IKE_AUTH)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.5.1", "RFC 7296 2.6")
def test_a_cookie_is_brought_back(tn):
    """The request comes again with the cookie as its first payload, and is else the same."""
    request = begins(tn)
    sa = tn.sa_of(request)
    sa.answer(request, Notify(Note.COOKIE, b"a cookie"), spi_r=bytes(8))
    again = tn.asked()
    assert again.payloads == [Notify(Note.COOKIE, b"a cookie"), *request.payloads]
    assert (again.spi_i, again.id) == (request.spi_i, 0)


def asks_for_modp(tn, cookie):
    """It began with ECP; a cookie and INVALID_KE_PAYLOAD were answered."""
    request = begins(tn, ike=ECP_WORD)
    assert request.one(KE).group == 19
    sa = tn.sa_of(request)
    sa.answer(request, cookie, spi_r=bytes(8))
    again = tn.asked()
    sa.answer(again, Notify(Note.INVALID_KE_PAYLOAD, b"\x00\x0e"), spi_r=bytes(8))
    third = tn.asked()
    assert third.one(KE).group == 14 and suites(third) == suites(request)
    return sa, third


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.5.2", "RFC 7296 2.6.1")
def test_a_cookie_stays_with_another_group(tn):
    """After INVALID_KE_PAYLOAD the request still has the cookie, or gets along with a new one."""
    cookie = Notify(Note.COOKIE, b"a cookie")
    _, third = asks_for_modp(tn, cookie)
    assert third.payloads[0] in (cookie, third.one(SA))


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.5.3", "RFC 7296 2.6.1")
def test_another_cookie_is_brought_back_too(tn):
    """A responder that asks for a cookie again after INVALID_KE_PAYLOAD gets it, and an IKE_SA."""
    sa, third = asks_for_modp(tn, Notify(Note.COOKIE, b"a cookie"))
    new = Notify(Note.COOKIE, b"another cookie")
    sa.answer(third, new, spi_r=bytes(8))
    fourth = tn.asked()
    assert fourth.payloads[0] == new and fourth.one(KE).group == 14
    sa.suite, sa.group = IKE, Group(14)
    number = next(one.number for one in fourth.one(SA).proposals
                  if 14 in [group.id for group in one.of(4)])
    sa.answer(fourth, SA([Proposal(number, 1, b"", IKE.transforms())]), *sa.init()[1:])
    sa.take_init(fourth)
    sa.take_auth(sa.request(IKE_AUTH))


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.3", "RFC 7296 2.7, 3.3")
@pytest.mark.parametrize("kind, word, ids", [
    (1, "aes128-aes256-sha256-modp2048", [128, 256]),
    (3, "aes128-sha256-sha1-modp2048", [12, 2]),
    (4, "aes128-sha256-modp2048-ecp256", [14, 19])], ids=["encr", "integ", "group"])
def test_several_transforms_are_offered(tn, kind, word, ids):
    """All that is configured stands in one proposal, and any of it may be chosen."""
    offered = begins(tn, ike=word).one(SA).proposals[0].of(kind)
    assert sorted(one.bits if kind == 1 else one.id for one in offered) == sorted(ids)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.4", "RFC 7296 2.7, 3.3")
def test_several_proposals_are_offered(tn):
    """The second one may be chosen by its number."""
    request = begins(tn, ike="aes256-sha256-modp2048,aes128-sha256-modp2048")
    second = request.one(SA).proposals[1]
    sa = tn.sa_of(request, IKE)
    sa.answer(request, SA([Proposal(second.number, 1, b"", IKE.transforms())]), *sa.init()[1:])
    sa.take_init(request)
    sa.take_auth(sa.request(IKE_AUTH))


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.11", "RFC 7296 1.2, 1.3, 2.7")
@pytest.mark.parametrize("first, word, other", [
    (19, ECP_WORD, 14), (14, "aes128-sha256-modp2048,aes128-sha256-curve25519", 31)])
def test_another_group_is_taken(tn, first, word, other):
    """After INVALID_KE_PAYLOAD the same proposals come with a KE of the group asked for."""
    request = begins(tn, ike=word)
    assert request.one(KE).group == first
    sa = tn.sa_of(request)
    sa.answer(request, Notify(Note.INVALID_KE_PAYLOAD, bytes([0, other])), spi_r=bytes(8))
    again = tn.asked()
    assert again.one(KE).group == other and suites(again) == suites(request)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.8", "RFC 7296 2.7, 2.21.1, 3.10.1")
def test_no_proposal_chosen_ends_it(tn):
    """The subject gives the attempt up; IKE_AUTH never comes."""
    request = begins(tn)
    sa = tn.sa_of(request)
    sa.answer(request, Notify(Note.NO_PROPOSAL_CHOSEN), spi_r=bytes(8))
    sa.silent(AGAIN, exchange=IKE_AUTH)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.6.9", "RFC 7296 2.7, 3.3.6")
@pytest.mark.parametrize("wrong", [
    Suite(12, 256, 12, 5, 14), Suite(12, 128, 14, 5, 14), Suite(12, 128, 12, 7, 14)],
    ids=["encr", "integ", "prf"])
def test_a_proposal_that_was_not_offered_is_not_taken(tn, wrong):
    """An answer that chooses what was not offered is not followed by IKE_AUTH."""
    request = begins(tn)
    sa = tn.sa_of(request)
    sa.answer(request, *sa.init(wrong))
    sa.silent(exchange=IKE_AUTH)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.11.1", "RFC 7296 2.5, 3.1")
def test_reserved_fields_of_init_are_ignored(tn):
    """All reserved bits and octets of the answer are set; the IKE_SA comes up."""
    request = begins(tn)
    sa = tn.sa_of(request)
    payloads = sa.init()
    for one in payloads:
        one.reserved = 0x7F
    payloads[0].proposals[0].reserved, payloads[1].zero = 0xFF, 0xFFFF
    sa.answer(request, *payloads, flags=0xC7 | 0x20)
    sa.take_init(request)
    sa.take_auth(sa.request(IKE_AUTH))


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.11.3", "RFC 7296 3.1")
def test_the_version_bit_is_ignored(tn):
    """An answer with the bit that says that a higher version is spoken is taken."""
    request = begins(tn)
    sa = tn.sa_of(request)
    sa.answer(request, *sa.init(), flags=0x30)
    sa.take_init(request)
    sa.request(IKE_AUTH)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.11.4", "RFC 7296 2.21.1, 3.10.1")
def test_an_unknown_error_ends_it(tn):
    """An answer that is an error nobody knows is not followed by IKE_AUTH."""
    request = begins(tn)
    sa = tn.sa_of(request)
    sa.answer(request, Notify(16383), spi_r=bytes(8))
    sa.silent(exchange=IKE_AUTH)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.11.5", "RFC 7296 3.10.1")
def test_an_unknown_status_is_ignored(tn):
    """An answer with a status nobody knows is taken."""
    request = begins(tn)
    sa = tn.sa_of(request)
    sa.answer(request, *sa.init(), Notify(65535, b"any"))
    sa.take_init(request)
    sa.request(IKE_AUTH)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.1.3.3", "RFC 7296 2.1, 2.4")
def test_an_attempt_that_nobody_answers_ends(tn):
    """The requests of one attempt come to an end; what comes then begins anew."""
    first = begins(tn, more={"keyingtries": "1"})
    end = tn.bed.clock.monotonic() + GIVEN_UP
    while tn.bed.clock.monotonic() < end:
        try:
            request = tn.asked(GIVEN_UP / 2)
        except NotHeard:
            return
        if request.spi_i != first.spi_i:
            return
        assert request.octets == first.octets
    raise AssertionError(f"it repeats its request after {GIVEN_UP:g} s")
