"""CREATE_CHILD_SA for the IKE_SA, the subject begins."""

import pytest

from harness.tester.ike.numbers import Exchange, Protocol
from harness.tester.ike.payloads import KE, SA, Delete, Nonce, Proposal
from harness.tester.ike.suites import IKE, Group, Suite
from harness.tester.stage import topology

TOPOLOGY = topology()
CREATE, INFORMATIONAL = Exchange.CREATE_CHILD_SA, Exchange.INFORMATIONAL
LIFE = {"ikelifetime": "120s", "margintime": "60s", "rekeyfuzz": "0%"}


def rekeys(tn, **conf):
    """The subject has an IKE_SA that it began, and asks to replace it."""
    tn.start(**conf)
    sa = tn.up_by_subject()
    tn.subject.rekey_ike()
    return sa, sa.request(CREATE)


def agrees(sa, request, suite=IKE):
    """The IKE_SA that the tester agrees to."""
    new = sa.successor(suite, mine=False)
    new.group = Group(request.one(KE).group)
    sa.take_rekey(new, request)
    number = next(one.number for one in request.one(SA).proposals
                  if suite.transforms()[0] in one.transforms)
    payloads = sa.rekey_request(new)
    payloads[0] = SA([Proposal(number, Protocol.IKE, new.spi, suite.transforms())])
    sa.answer(request, *payloads)
    return new


def closes(sa):
    """The subject deletes the old one."""
    request = sa.request(INFORMATIONAL)
    assert request.one(Delete) == Delete(Protocol.IKE)
    sa.answer(request)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.4.1", "RFC 7296 2.8, 2.18")
def test_the_replaced_ike_sa_is_closed(tn):
    """The request has an SPI of eight octets, a nonce and a KE; after the answer comes a Delete."""
    sa, request = rekeys(tn)
    proposal = request.one(SA).proposals[0]
    assert len(proposal.spi) == 8 and proposal.protocol == Protocol.IKE
    assert request.one(KE).group == 14 and 16 <= len(request.one(Nonce).data) <= 256
    agrees(sa, request)
    closes(sa)
    sa.send(INFORMATIONAL)
    sa.silent(response=True, exchange=INFORMATIONAL)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.4.2", "RFC 7296 2.18")
def test_the_new_ike_sa_is_used(tn):
    """Requests of either end begin with Message ID 0 in it, and its CHILD_SA can be replaced."""
    sa, request = rekeys(tn)
    new = agrees(sa, request)
    closes(sa)
    assert new.ask(INFORMATIONAL).id == 0
    tn.subject.rekey_child()
    assert new.request(CREATE).id == 0
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.4.3", "RFC 7296 2.8, 2.18")
def test_an_ike_sa_is_replaced_before_its_life_is_over(tn):
    """Without being told to the subject asks for another within the lifetime."""
    tn.start(more=LIFE)
    sa = tn.up_by_subject()
    request = sa.request(CREATE, within=120)
    assert request.one(SA).proposals[0].protocol == Protocol.IKE


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.4.4", "RFC 7296 2.7, 3.3")
@pytest.mark.parametrize("kind, word, ids", [
    (1, "aes128-aes256-sha256-modp2048", [128, 256]),
    (3, "aes128-sha256-sha1-modp2048", [12, 2]),
    (4, "aes128-sha256-modp2048-ecp256", [14, 19])], ids=["encr", "integ", "group"])
def test_several_transforms_are_offered_for_the_ike_sa(tn, kind, word, ids):
    """All that is configured stands in one proposal."""
    _, request = rekeys(tn, ike=word)
    offered = request.one(SA).proposals[0].of(kind)
    assert sorted(one.bits if kind == 1 else one.id for one in offered) == sorted(ids)


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.4.5", "RFC 7296 2.7, 3.3")
def test_several_proposals_are_offered_for_the_ike_sa(tn):
    """All that is configured is offered, numbered from 1 on."""
    _, request = rekeys(tn, ike="aes128-sha256-modp2048,aes256-sha256-modp2048")
    assert [one.number for one in request.one(SA).proposals] == [1, 2]


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.4.6", "RFC 7296 2.8, 2.18")
def test_the_old_ike_sa_is_used_until_it_is_closed(tn):
    """A request of the tester's in it is answered."""
    sa, request = rekeys(tn)
    agrees(sa, request)
    assert sa.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.I.1.2.4.7", "RFC 7296 2.18")
def test_the_prf_changes_with_the_ike_sa(tn):
    """SKEYSEED is made with the old PRF, the new keys with the new one."""
    sa, request = rekeys(tn, ike="aes128-sha256-modp2048,aes256-sha1-modp2048")
    new = agrees(sa, request, Suite(12, 256, 2, 2, 14))
    closes(sa)
    assert new.ask(INFORMATIONAL).payloads == []
