"""CREATE_CHILD_SA for CHILD_SAs, the subject answers."""

from dataclasses import replace

import pytest

from harness.tester.ike.numbers import Exchange, Kind, Note, Protocol
from harness.tester.ike.payloads import KE, SA, Delete, Nonce, Notify, Proposal, TSi, TSr
from harness.tester.ike.sa import Child
from harness.tester.ike.suites import Group, Suite
from harness.tester.stage import topology

TOPOLOGY = topology()
CREATE = Exchange.CREATE_CHILD_SA
MORE = {"encr": Suite(12, 256, 12, esn=0), "integ": Suite(12, 128, 14, esn=0),
        "esn": Suite(12, 128, 12, esn=1)}


def merged(*suites):
    """The transforms of all, each once."""
    found = {(one.type, one.id, one.bits): one for suite in suites for one in suite.transforms()}
    return list(found.values())


def with_sa(payloads, *proposals):
    return [SA(list(proposals)) if one.kind == Kind.SA else one for one in payloads]


def closes(sa, child):
    answer = sa.ask(Exchange.INFORMATIONAL, Delete(Protocol.ESP, [child.spi]))
    assert answer.one(Delete).spis == [child.other]


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.1.1", "RFC 7296 1.3.3, 2.8")
def test_a_rekey_is_answered(tn):
    """The answer has one proposal, a nonce, the selectors and the mode."""
    tn.start()
    sa = tn.up()
    answer = sa.ask(CREATE, *sa.child_request(Child(), sa.child))
    assert (answer.id, answer.flags) == (2, 0x20)
    assert len(answer.one(SA).proposals) == 1 and 16 <= len(answer.one(Nonce).data) <= 256
    assert (Note.USE_TRANSPORT_MODE in answer.notes()) == tn.ends.transport
    assert answer.one(TSi).selectors == [tn.ends.own.selector]
    assert answer.one(TSr).selectors == [tn.ends.peer.selector]


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.2.1", "RFC 7296 2.1")
def test_a_repeated_create_child_sa_is_answered_as_before(tn):
    """The same request gets the same octets again, and makes nothing new."""
    tn.start()
    sa, child = tn.up(), Child()
    octets = sa.send(CREATE, *sa.child_request(child, sa.child))
    first = sa.answered()
    sa.take_child_answer(child, first)
    tn.wire.send(octets)
    assert sa.heard(response=True, id=first.id).octets == first.octets
    tn.bed.wait(tn.subject.has(sa.child.spi, sa.child.other, child.spi, child.other), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.4.1", "RFC 7296 2.7, 3.10.1")
def test_a_proposal_that_does_not_fit_is_refused(tn):
    """It gets NO_PROPOSAL_CHOSEN; what stands goes on."""
    tn.start()
    sa = tn.up()
    child = Child(suite=Suite(12, 256, 14, esn=0))
    assert sa.ask(CREATE, *sa.child_request(child, sa.child)).notes() == [Note.NO_PROPOSAL_CHOSEN]
    tn.pings(sa.child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.5.1", "RFC 7296 2.8")
def test_the_replaced_child_sa_is_closed(tn):
    """The tester deletes the old one; the new one alone stands."""
    tn.start()
    sa = tn.up()
    new = sa.another_child(rekeys=sa.child)
    closes(sa, sa.child)
    tn.bed.wait(tn.subject.has(new.spi, new.other), within=2)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.5.2", "RFC 7296 2.8, 2.17")
def test_the_new_child_sa_is_used(tn):
    """After the old one has gone an echo request in the new one is answered in it."""
    tn.start()
    sa = tn.up()
    new = sa.another_child(rekeys=sa.child)
    closes(sa, sa.child)
    tn.pings(new)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.5.3", "RFC 7296 2.7, 2.8")
@pytest.mark.parametrize("more", MORE)
def test_one_transform_of_several_is_chosen_for_a_rekey(tn, more):
    """Of two transforms of a type the one that the subject is configured for comes back alone."""
    tn.start()
    sa, child = tn.up(), Child()
    offered = Proposal(1, Protocol.ESP, child.spi, merged(MORE[more], tn.esp))
    sa.take_child_answer(child, sa.ask(CREATE, *with_sa(sa.child_request(child, sa.child),
                                                        offered)))
    assert child.suite == tn.esp
    closes(sa, sa.child)
    tn.pings(child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.5.4", "RFC 7296 2.7, 2.8")
@pytest.mark.parametrize("first", MORE)
def test_one_proposal_of_several_is_chosen_for_a_rekey(tn, first):
    """The proposal that the subject is configured for comes back with its number."""
    tn.start()
    sa, child = tn.up(), Child()
    offered = [Proposal(number, Protocol.ESP, child.spi, suite.transforms())
               for number, suite in ((1, MORE[first]), (2, tn.esp))]
    answer = sa.ask(CREATE, *with_sa(sa.child_request(child, sa.child), *offered))
    assert answer.one(SA).proposals[0].number == 2
    sa.take_child_answer(child, answer)
    closes(sa, sa.child)
    tn.pings(child)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.5.5", "RFC 7296 1.3, 2.12, 2.17")
def test_a_rekey_has_a_secret_of_its_own(tn):
    """With a group that is configured the new keys come from another exchange."""
    tn.start(esp=tn.pfs_word)
    sa = tn.up()
    new = sa.another_child(rekeys=sa.child, suite=tn.pfs)
    assert new.suite == tn.pfs
    closes(sa, sa.child)
    tn.pings(new)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.5.6", "RFC 7296 2.8")
def test_the_old_child_sa_is_used_until_it_is_closed(tn):
    """Packets of the replaced CHILD_SA are taken while it stands."""
    tn.start()
    sa = tn.up()
    new = sa.another_child(rekeys=sa.child)
    tn.taken(sa.child, new)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.1.6.7", "RFC 7296 1.3, 2.7")
def test_another_group_is_asked_for_in_a_rekey(tn):
    """A KE of a group that was not chosen gets INVALID_KE_PAYLOAD with the one that was."""
    tn.start(esp=tn.pfs_word)
    sa, child = tn.up(), Child(suite=tn.pfs)
    offered = Proposal(1, Protocol.ESP, child.spi,
                       merged(replace(tn.pfs, group=19), tn.pfs))
    payloads = [KE(19, Group(19).public) if one.kind == Kind.KE else one
                for one in with_sa(sa.child_request(child, sa.child), offered)]
    note = sa.ask(CREATE, *payloads).one(Notify)
    assert (note.type, note.data) == (Note.INVALID_KE_PAYLOAD, b"\x00\x0e")


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.7.1", "RFC 7296 1.3.1, 2.17")
def test_a_new_child_sa_is_used(tn):
    """One more CHILD_SA is made; a packet in it is taken, those of the first are too."""
    tn.start()
    sa = tn.up()
    new = sa.another_child()
    tn.taken(new, sa.child)
    tn.taken(sa.child, new)


@pytest.mark.conforms("IKEv2.{EN,SGW}.R.1.2.9.1", "RFC 7296 2.5")
def test_reserved_fields_of_create_child_sa_are_ignored(tn):
    """All reserved bits and octets are set; the CHILD_SA is replaced."""
    tn.start()
    sa, child = tn.up(), Child()
    payloads = sa.child_request(child, sa.child)
    for one in payloads:
        one.reserved = 0x7F
        if one.kind in (Kind.TSI, Kind.TSR):
            one.zero = b"\xff" * 3
        if one.kind == Kind.SA:
            one.proposals[0].reserved = 0xFF
    sa.take_child_answer(child, sa.ask(CREATE, *payloads, flags=0xC7 | 0x08))
    closes(sa, sa.child)
    tn.pings(child)
