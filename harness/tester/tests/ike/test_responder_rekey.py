"""CREATE_CHILD_SA for the IKE_SA, the subject answers."""

import pytest

from harness.tester.ike.numbers import Exchange, Kind, Note, Protocol
from harness.tester.ike.payloads import KE, SA, Delete, Nonce, Proposal
from harness.tester.ike.suites import IKE, Suite
from harness.tester.stage import topology

TOPOLOGY = topology()
CREATE, INFORMATIONAL = Exchange.CREATE_CHILD_SA, Exchange.INFORMATIONAL
MORE = {"encr": Suite(12, 256, 12, 5, 14), "prf": Suite(12, 128, 12, 7, 14),
        "integ": Suite(12, 128, 14, 5, 14), "group": Suite(12, 128, 12, 5, 19)}


def merged(*suites):
    """The transforms of all, each once."""
    found = {(one.type, one.id, one.bits): one for suite in suites for one in suite.transforms()}
    return list(found.values())


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.6.1", "RFC 7296 1.3.2, 2.18")
def test_a_rekey_of_the_ike_sa_is_answered(tn):
    """The answer has one proposal with an SPI of eight octets, a nonce and a KE."""
    tn.start()
    sa = tn.up()
    answer = sa.ask(CREATE, *sa.rekey_request(sa.successor()))
    proposal = answer.one(SA).proposals[0]
    assert (answer.id, answer.flags) == (2, 0x20)
    assert len(proposal.spi) == 8 and proposal.spi != bytes(8) and proposal.protocol == 1
    assert answer.one(KE).group == 14 and 16 <= len(answer.one(Nonce).data) <= 256
    assert not {Kind.TSI, Kind.TSR} & {one.number for one in answer.payloads}


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.6.2", "RFC 7296 2.8, 2.18")
def test_the_old_ike_sa_is_used_until_it_is_closed(tn):
    """A request in it is answered."""
    tn.start()
    sa = tn.up()
    sa.rekeyed()
    assert sa.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.6.3", "RFC 7296 2.18")
def test_the_new_ike_sa_is_used(tn):
    """Its first request has Message ID 0 and is answered."""
    tn.start()
    new = tn.up().rekeyed()
    answer = new.ask(INFORMATIONAL)
    assert (answer.id, answer.payloads) == (0, [])


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.6.4", "RFC 7296 2.8, 2.18")
def test_the_replaced_ike_sa_is_closed(tn):
    """After its Delete nobody answers in it; the new one has its CHILD_SA, and can close it."""
    tn.start()
    sa = tn.up()
    new = sa.rekeyed()
    assert sa.ask(INFORMATIONAL, Delete(Protocol.IKE)).payloads == []
    sa.send(INFORMATIONAL)
    sa.silent()
    tn.pings(sa.child)
    assert new.ask(INFORMATIONAL, Delete(Protocol.ESP, [sa.child.spi])).one(Delete).spis == [
        sa.child.other]


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.6.5", "RFC 7296 2.7, 2.18")
@pytest.mark.parametrize("more", MORE)
def test_one_transform_of_several_is_chosen_for_the_ike_sa(tn, more):
    """Of two transforms of a type the one that the subject is configured for comes back alone."""
    tn.start()
    sa = tn.up()
    new = sa.successor()
    offered = SA([Proposal(1, Protocol.IKE, new.spi, merged(MORE[more], IKE))])
    sa.take_rekey(new, sa.ask(CREATE, offered, *sa.rekey_request(new)[1:]))
    assert new.suite == IKE and new.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.6.6", "RFC 7296 2.7, 2.18")
@pytest.mark.parametrize("first", MORE)
def test_one_proposal_of_several_is_chosen_for_the_ike_sa(tn, first):
    """The proposal that the subject is configured for comes back with its number."""
    tn.start()
    sa = tn.up()
    new = sa.successor()
    offered = SA([Proposal(number, Protocol.IKE, new.spi, suite.transforms())
                  for number, suite in ((1, MORE[first]), (2, IKE))])
    answer = sa.ask(CREATE, offered, *sa.rekey_request(new)[1:])
    assert answer.one(SA).proposals[0].number == 2
    sa.take_rekey(new, answer)
    assert new.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.6.7", "RFC 7296 2.18")
def test_the_prf_changes_with_the_ike_sa(tn):
    """SKEYSEED is made with the old PRF, the new keys with the new one."""
    tn.start(ike="aes128-sha256-modp2048,aes128-sha1-modp2048")
    sa = tn.up()
    new = sa.rekeyed(Suite(12, 128, 2, 2, 14))
    assert new.suite.prf == 2 and new.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.6.8", "RFC 7296 2.18, 3.3.3")
def test_an_ike_sa_is_not_rekeyed_without_a_group(tn):
    """The group NONE and no KE are refused; the IKE_SA goes on."""
    tn.start()
    sa = tn.up()
    new = sa.successor()
    none = [one for one in IKE.transforms() if one.type != 4]
    answer = sa.ask(CREATE, SA([Proposal(1, Protocol.IKE, new.spi, none)]), Nonce(new.nonce))
    assert answer.notes() in ([Note.NO_PROPOSAL_CHOSEN], [Note.INVALID_SYNTAX])
    assert sa.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.6.9", "RFC 7296 2.7, 3.10.1")
def test_a_rekey_of_the_ike_sa_that_does_not_fit_is_refused(tn):
    """It gets NO_PROPOSAL_CHOSEN; the IKE_SA goes on."""
    tn.start()
    sa = tn.up()
    answer = sa.ask(CREATE, *sa.rekey_request(sa.successor(Suite(12, 256, 14, 7, 14))))
    assert answer.notes() == [Note.NO_PROPOSAL_CHOSEN]
    assert sa.ask(INFORMATIONAL).payloads == []
