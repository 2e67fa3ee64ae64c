"""IKE for Mobile IPv6: a home agent's daemon, the tester as a mobile node away from home."""

import socket
from dataclasses import replace

import pytest

from harness.tester.ike.ends import Ends, host
from harness.tester.ike.numbers import Exchange, Note, Protocol
from harness.tester.ike.payloads import AUTH, KE, SA, Delete, Proposal, Selector, TSi, TSr
from harness.tester.ike.sa import Child
from harness.tester.ike.suites import Suite
from harness.tester.stage import topology
from harness.tester.subjects.ended import Stuck

TOPOLOGY = topology()
IKE_AUTH, CREATE = Exchange.IKE_AUTH, Exchange.CREATE_CHILD_SA
HOA, OTHERS = "2001:1::10", "2001:1::20"
MH, BU, BA = 135, 5, 6
EVERY = (0, 0xFFFF)


def starts(tn, more=None, ours="135/0", theirs="135/0", **conf):
    """The subject is the home agent of the home address, whose mobility headers it protects."""
    agent = tn.wire.peer
    words = {"type": "transport_proxy", "leftsubnet": f"{agent}/128", "rightsubnet": f"{HOA}/128",
             "leftprotoport": ours, "rightprotoport": theirs}
    tn.start(ends=Ends(host(HOA), host(agent)), more=words | (more or {}), **conf)


def of(address, ports=EVERY, protocol=MH):
    return Selector(address, address, protocol, ports)


def one(kind):
    """The ports of a selector for one type of mobility headers."""
    return kind << 8, kind << 8


def asks(sa, own, peer, transport=True):
    """An IKE_AUTH request with these selectors."""
    found = sa.auth()[:-2] + [TSi([own]), TSr([peer])]
    return [each for each in found if transport or Note.USE_TRANSPORT_MODE != getattr(
        each, "type", None)]


def asked(tn, own=None, peer=None, transport=True):
    sa = tn.begun()
    own, peer = own or of(HOA), peer or of(tn.wire.peer)
    return sa, sa.ask(IKE_AUTH, *asks(sa, own, peer, transport))


def refused(tn, sa, answer, why):
    """The CHILD_SA is, and costs only itself."""
    assert why in answer.notes() and answer.all(AUTH) and not answer.all(SA)
    assert sa.ask(Exchange.INFORMATIONAL).payloads == [] and not tn.subject.spis()


@pytest.mark.conforms("A-126", "RFC 7296 1.3.1; RFC 4877 4.3", part="shown")
@pytest.mark.conforms("A-127", "RFC 4877 4.3, 7.3", part="shown")
@pytest.mark.conforms("B-005", "RFC 4877 4.4, 7.3", part="shown")
@pytest.mark.conforms("B-022", "RFC 4877 4.3, 7.3", part="shown")
def test_sas_of_the_home_address_are_negotiated_from_the_care_of_address(tn):
    """In transport mode, between home address and agent; the kernel asks for no other ends."""
    starts(tn)
    sa, answer = asked(tn)
    assert Note.USE_TRANSPORT_MODE in answer.notes()
    assert answer.one(TSi).selectors == [of(HOA)]
    assert answer.one(TSr).selectors == [of(tn.wire.peer)]
    sa.take_auth(answer)
    tn.bed.wait(tn.subject.has(sa.child.spi, sa.child.other), within=2)
    found = [one for one in tn.subject.host.xfrm().states if one.proto == "esp"]
    assert {one.endpoints() for one in found} == {(HOA, tn.wire.peer), (tn.wire.peer, HOA)}
    assert {one.mode for one in found} == {"transport"}


@pytest.mark.conforms("A-126", "RFC 7296 1.3.1; RFC 4877 4.3", part="refused")
@pytest.mark.conforms("B-025", "RFC 4877 4.3", part="refused")
def test_such_sas_are_never_a_tunnel(tn):
    """Who does not ask for transport mode gets none of them."""
    starts(tn)
    refused(tn, *asked(tn, transport=False), Note.TS_UNACCEPTABLE)


@pytest.mark.conforms("B-025", "RFC 4877 4.3", part="shown")
def test_a_tunnel_is_never_one_of_such_sas(tn):
    """Where a tunnel is configured the mode that was asked for is not agreed to."""
    starts(tn, {"type": "tunnel"})
    _, answer = asked(tn)
    assert Note.USE_TRANSPORT_MODE not in answer.notes()


@pytest.mark.conforms("A-127", "RFC 7296 2.9; RFC 4877 4.3", part="refused")
def test_in_transport_mode_nobody_speaks_for_another(tn):
    """Without transport_proxy the selectors are those of the two that speak."""
    starts(tn, {"type": "transport"})
    sa, answer = asked(tn)
    refused(tn, sa, answer, Note.TS_UNACCEPTABLE)


@pytest.mark.conforms("A-130", "RFC 4301 4.4.1.1; RFC 4877 5", part="shown")
@pytest.mark.conforms("A-133", "RFC 4301 4.4.1.1; RFC 4877 5", part="shown")
def test_the_type_of_each_end_is_in_its_selector(tn):
    """In the upper octet of the port: what the agent sends is BA, what it takes is BU."""
    starts(tn, ours="135/6", theirs="135/5")
    _, answer = asked(tn, of(HOA, one(BU)), of(tn.wire.peer, one(BA)))
    assert answer.one(TSi).selectors == [of(HOA, one(BU))]
    assert answer.one(TSr).selectors == [of(tn.wire.peer, one(BA))]


@pytest.mark.conforms("A-130", "RFC 4301 4.4.1.1; RFC 4877 5", part="refused", case="low")
@pytest.mark.conforms("A-133", "RFC 4301 4.4.1.1; RFC 4877 5", part="refused", case="crossed")
@pytest.mark.parametrize("first, second", [((BU, BU), (BA, BA)), (one(BA), one(BU))],
                         ids=["low", "crossed"])
def test_another_place_of_the_type_is_another_type(tn, first, second):
    """In the lower octet, or at the other end: the selectors do not meet."""
    starts(tn, ours="135/6", theirs="135/5")
    sa, answer = asked(tn, of(HOA, first), of(tn.wire.peer, second))
    refused(tn, sa, answer, Note.TS_UNACCEPTABLE)


@pytest.mark.conforms("A-132", "RFC 4301 4.4.1.1", part="shown")
@pytest.mark.conforms("A-134", "RFC 4877 5", part="shown")
def test_type_0_is_every_type(tn):
    """One CHILD_SA carries binding updates one way and acknowledgements the other."""
    starts(tn)
    _, answer = asked(tn, Selector(HOA, HOA), Selector(tn.wire.peer, tn.wire.peer))
    assert answer.one(TSi).selectors == [of(HOA)]
    assert answer.one(TSr).selectors == [of(tn.wire.peer)]
    assert "[135]" in tn.subject.host.run("ipsec statusall")


@pytest.mark.conforms("A-132", "RFC 4301 4.4.1.1", part="refused")
@pytest.mark.conforms("A-134", "RFC 4877 5", part="refused")
def test_one_type_is_not_every_type(tn):
    """Who asks for all of them gets the one that is configured."""
    starts(tn, ours="135/6", theirs="135/5")
    _, answer = asked(tn)
    assert answer.one(TSi).selectors == [of(HOA, one(BU))]
    assert answer.one(TSr).selectors == [of(tn.wire.peer, one(BA))]


def sends_header(tn, kind):
    """A mobility header of the agent's for the home address, which its policy covers."""
    with tn.subject.host.socket(socket.AF_INET6, socket.SOCK_RAW, MH) as sock:
        sock.sendto(bytes([59, 0, kind, 0, 0, 0, 0, 0]), (HOA, 0))


@pytest.mark.conforms("A-131", "RFC 4301 4.4.1.1; RFC 4877 5", part="shown")
@pytest.mark.conforms("B-013", "RFC 4877 7.3", part="shown")
@pytest.mark.conforms("B-041", "RFC 4877 4.4", part="refused")
def test_the_agent_begins_too(tn):
    """An acknowledgement to send makes it ask the care-of address for SAs of the home address."""
    starts(tn, ours="135/6", theirs="135/5")
    sends_header(tn, BA)
    sa = tn.answered()
    request = sa.request(IKE_AUTH)
    sa.take_auth(request)
    assert Note.USE_TRANSPORT_MODE in request.notes()
    assert request.one(TSi).selectors[-1] == of(tn.wire.peer, one(BA))
    assert request.one(TSr).selectors[-1] == of(HOA, one(BU))


@pytest.mark.conforms("A-131", "RFC 4301 4.4.1.1; RFC 4877 5", part="refused")
@pytest.mark.conforms("B-013", "RFC 4877 7.3", part="refused")
def test_another_header_makes_nobody_begin(tn):
    """Its type is none of the connection's."""
    starts(tn, ours="135/6", theirs="135/5")
    sends_header(tn, BU)
    tn.wire.silent(lambda one: not one.response, 3)


@pytest.mark.conforms("A-190", "RFC 4877 4.3; RFC 3776 4.2", part="shown", case="both")
@pytest.mark.conforms("A-190", "RFC 4877 4.3; RFC 3776 4.2", part="refused", case="bare")
@pytest.mark.parametrize("suite", [Suite(12, 128, 12, esn=0), Suite(12, 128, 0, esn=0),
                                   Suite(11, 0, 12, esn=0)], ids=["both", "bare", "null"])
def test_signalling_has_integrity(tn, suite):
    """What has none is refused, and so is what does not encrypt."""
    starts(tn)
    sa = tn.begun()
    offered = SA([Proposal(1, Protocol.ESP, sa.child.spi, suite.transforms())])
    answer = sa.ask(IKE_AUTH, *(offered if isinstance(each, SA) else each
                                for each in asks(sa, of(HOA), of(tn.wire.peer))))
    assert bool(answer.all(SA)) == (suite.encr == 12 and suite.integ == 12)
    assert answer.all(SA) or Note.NO_PROPOSAL_CHOSEN in answer.notes()


@pytest.mark.conforms("B-009", "RFC 4877 4.2, 10", part="shown")
@pytest.mark.conforms("B-080", "RFC 4877 4.2, 10", part="shown")
@pytest.mark.conforms("B-024", "RFC 4877 4.2, 7.1", part="shown")
def test_who_is_known_has_its_home_address(tn):
    """The one that its connection names."""
    starts(tn)
    _, answer = asked(tn)
    assert answer.one(TSi).selectors == [of(HOA)]


@pytest.mark.conforms("B-009", "RFC 4877 4.2, 10", part="refused")
@pytest.mark.conforms("B-080", "RFC 4877 4.2, 10", part="refused")
@pytest.mark.conforms("B-024", "RFC 4877 4.2, 7.1", part="refused")
@pytest.mark.parametrize("last", [OTHERS, HOA[:-2] + "ffff"], ids=["another", "wider"])
def test_nobody_has_the_home_address_of_another(tn, last):
    """The identity is proved, and the address is not its own, or not alone."""
    starts(tn)
    sa, answer = asked(tn, Selector(OTHERS if last == OTHERS else HOA, last, MH))
    refused(tn, sa, answer, Note.TS_UNACCEPTABLE)


@pytest.mark.conforms("B-082", "RFC 4877 4.2, 10", part="shown", case="own")
@pytest.mark.conforms("B-082", "RFC 4877 4.2, 10", part="refused", case="other")
@pytest.mark.parametrize("address", [HOA, OTHERS], ids=["own", "other"])
def test_a_later_child_sa_is_of_the_same_home_address(tn, address):
    """CREATE_CHILD_SA for another one gets TS_UNACCEPTABLE."""
    starts(tn)
    sa, answer = asked(tn)
    sa.take_auth(answer)
    child = Child()
    *most, _, _ = sa.child_request(child)
    answer = sa.ask(CREATE, *most, TSi([of(address)]), TSr([of(tn.wire.peer)]))
    assert bool(answer.all(SA)) == (address == HOA)
    assert answer.notes() == [Note.TS_UNACCEPTABLE] or answer.all(SA)


@pytest.mark.conforms("B-026", "RFC 4877 4.3, 7.1", part="shown", case="rightsubnet")
@pytest.mark.conforms("B-026", "RFC 4877 4.3, 7.1", part="refused", case="host")
@pytest.mark.conforms("B-085", "RFC 4877 7.1", part="shown", case="rightid")
@pytest.mark.conforms("B-085", "RFC 4877 7.1", part="refused", case="host")
@pytest.mark.parametrize("more", [{"rightsubnet": "2001:1::/64"}, {"rightid": "%any"}, {}],
                         ids=["rightsubnet", "rightid", "host"])
def test_such_a_connection_names_one_host_and_one_peer(tn, more):
    """One that does not is not loaded, which is told, and nobody is answered."""
    if not more:
        starts(tn)
    else:
        with pytest.raises(Stuck, match="type=transport_proxy expects"):
            starts(tn, more)
        tn.subject.policies("delete")
    sa = tn.sa()
    sa.send(Exchange.IKE_SA_INIT, *sa.init())
    if not more:
        assert sa.answered().all(KE)
    tn.wire.silent(lambda each: bool(each.all(KE)), 2)


@pytest.mark.conforms("A-051", "RFC 7296 2.23", part="shown", case="none")
@pytest.mark.conforms("A-051", "RFC 7296 2.23", part="refused", case="nat")
@pytest.mark.parametrize("spoilt", [False, True], ids=["none", "nat"])
def test_behind_a_nat_such_sas_are_refused(tn, spoilt):
    """The hash of the tester's address fits no address: somebody has changed it on the way."""
    starts(tn)
    sa = tn.sa()
    payloads = [replace(each, data=bytes(20)) if spoilt and getattr(each, "type", None)
                == Note.NAT_DETECTION_SOURCE_IP else each for each in sa.init()]
    first = sa.ask(Exchange.IKE_SA_INIT, *payloads)
    if spoilt:
        assert first.notes() == [Note.NO_PROPOSAL_CHOSEN] and not first.all(KE)
    else:
        sa.take_init(first)
        assert sa.ask(IKE_AUTH, *asks(sa, of(HOA), of(tn.wire.peer))).all(SA)


def stands(tn):
    """An IKE_SA with such a CHILD_SA, begun by the tester."""
    starts(tn)
    sa, answer = asked(tn)
    sa.take_auth(answer)
    tn.bed.wait(tn.subject.has(sa.child.spi, sa.child.other), within=2)
    return sa


@pytest.mark.conforms("B-020", "RFC 4877 4.3", part="shown")
def test_the_status_says_for_whom_the_care_of_address_stands(tn):
    """The mode and the selectors of the CHILD_SA are shown."""
    stands(tn)
    text = tn.subject.host.run("ipsec statusall").partition("INSTALLED, TRANSPORT_PROXY, ")[2]
    assert f"{tn.wire.peer}/128[135] === {HOA}/128[135]" in text


@pytest.mark.conforms("B-020", "RFC 4877 4.3", part="refused")
def test_plain_transport_is_not_called_so(tn):
    """It is between the two that speak."""
    tn.start()
    tn.up()
    text = tn.subject.host.run("ipsec statusall")
    assert "TRANSPORT" in text and "TRANSPORT_PROXY" not in text


@pytest.mark.conforms("B-005", "RFC 4877 4.4, 7.3", part="refused")
def test_the_care_of_address_is_in_no_selector(tn):
    """Such SAs are of the home address; who asks for where it is gets none."""
    starts(tn)
    sa, answer = asked(tn, of(tn.wire.own))
    refused(tn, sa, answer, Note.TS_UNACCEPTABLE)


@pytest.mark.conforms("B-022", "RFC 7296 1.4.1; RFC 4877 7.3", part="refused")
@pytest.mark.conforms("B-041", "RFC 4877 7.3", part="shown")
def test_a_standing_ike_sa_is_used_again(tn):
    """A closed CHILD_SA leaves no SA behind; a packet then asks in the same IKE_SA for another."""
    sa = stands(tn)
    assert sa.ask(Exchange.INFORMATIONAL, Delete(Protocol.ESP, [sa.child.spi])).all(Delete)
    tn.bed.wait(tn.subject.has(), within=2)
    sends_header(tn, BA)
    request = sa.request(CREATE)
    assert request.one(TSr).selectors[-1] == of(HOA)
