"""What docs/requirements.md asks for and no public list looks at."""

import pytest

from harness.tester.ike import esp
from harness.tester.ike.numbers import Exchange, Ident, Kind, Note
from harness.tester.ike.payloads import KE, Cert, CertReq, IDi, IDr, Nonce, Notify, TSi, TSr
from harness.tester.ike.sa import Child, nat_hash
from harness.tester.ike.wire import NotHeard
from harness.tester.stage import topology
from harness.tester.subjects.conf import TESTER

TOPOLOGY = topology()
INIT, IKE_AUTH = Exchange.IKE_SA_INIT, Exchange.IKE_AUTH
CREATE, INFORMATIONAL = Exchange.CREATE_CHILD_SA, Exchange.INFORMATIONAL
WINDOW, MOBIKE, NEW_ADDRESSES = 16385, 16396, 16400
HASHES = Note.NAT_DETECTION_SOURCE_IP, Note.NAT_DETECTION_DESTINATION_IP
GIVEN_UP = 400.0


def named(tn, name, **conf):
    """The tester says to be called otherwise, and proves it by its certificate; the answer."""
    tn.start(**conf)
    sa = tn.begun()
    ident = IDi(Ident.RFC822_ADDR, name)
    payloads = {Kind.IDI: ident, Kind.AUTH: sa.proof(ident)}
    return sa.ask(IKE_AUTH, *(payloads.get(one.number, one) for one in sa.auth()))


@pytest.mark.conforms("A-001", "RFC 7296 2, 2.11", part="shown")
def test_the_answer_goes_where_the_request_came_from(tn):
    """A request from another port is answered to that port, and one from 500 to that."""
    tn.start()
    sa = tn.sa()
    other = tn.other_port(4711)
    other.sendto(sa.octets(sa.message(INIT, *sa.init())), (tn.wire.peer, 500))
    other.settimeout(2)
    octets, source = other.recvfrom(1 << 16)
    assert octets[:8] == sa.spi and source[:2] == (tn.wire.peer, 500)
    sa.silent(1)
    other.close()


@pytest.mark.conforms("A-022", "RFC 7296 2.3", part="shown")
def test_the_next_request_follows_the_answer(tn):
    """What the subject has still to ask comes with the next Message ID."""
    tn.start()
    sa = tn.up_by_subject()
    tn.subject.rekey_child()
    request = sa.request(CREATE)
    tn.subject.close_child()
    sa.answer(request, Notify(Note.NO_PROPOSAL_CHOSEN))
    assert sa.heard(response=False, within=10).id == request.id + 1


@pytest.mark.conforms("A-022", "RFC 7296 2.3", part="refused")
def test_a_larger_window_is_not_used(tn):
    """The tester allows five requests at once; the subject sends one."""
    tn.start()
    sa = tn.up_by_subject()
    sa.ask(INFORMATIONAL, Notify(WINDOW, b"\0\0\0\5"))
    tn.subject.rekey_child()
    request = sa.request(CREATE)
    tn.subject.close_child()
    sa.silent(2, response=False, id=request.id + 1)


@pytest.mark.conforms("A-024", "RFC 7296 2.1, 2.4", part="shown")
def test_another_attempt_has_another_spi(tn):
    """When the first attempt is given up a second one begins anew."""
    tn.start(more={"keyingtries": "2"})
    tn.subject.initiate()
    first, end = tn.asked(), tn.bed.clock.monotonic() + GIVEN_UP
    while tn.bed.clock.monotonic() < end:
        again = tn.asked(GIVEN_UP)
        if again.spi_i != first.spi_i:
            assert again.one(Nonce) != first.one(Nonce)
            return
    raise AssertionError(f"no second attempt after {GIVEN_UP:g} s")


@pytest.mark.conforms("A-009", "RFC 7296 2.5", part="refused")
def test_a_payload_that_comes_twice_is_refused(tn):
    """A second KE gets INVALID_SYNTAX; the same request without it is answered."""
    tn.start()
    sa = tn.sa()
    twice = [*sa.init(), KE(14, sa.group.public)]
    assert sa.ask(INIT, *twice).notes() == [Note.INVALID_SYNTAX]
    sa = tn.sa()
    assert sa.ask(INIT, *sa.init()).all(KE)


@pytest.mark.conforms("A-040", "RFC 7296 1.2, 2.23", part="shown")
def test_the_first_request_has_what_it_needs_and_no_more(tn):
    """SA, KE, nonce and both hashes."""
    tn.start()
    tn.subject.initiate()
    request = tn.asked()
    assert [one.number for one in request.payloads if one.number != Kind.NOTIFY] == [
        Kind.SA, Kind.KE, Kind.NONCE]
    assert request.notes() == [*HASHES]


@pytest.mark.conforms("A-050", "RFC 7296 2.23", part="shown")
def test_the_hashes_are_those_of_spis_addresses_and_ports(tn):
    """Both ends of the packet have one in the first request."""
    tn.start()
    tn.subject.initiate()
    request = tn.asked()
    spis = request.spi_i + bytes(8)
    assert [(one.type, one.data) for one in request.all(Notify) if one.type in HASHES] == [
        (note, nat_hash(spis, at))
        for note, at in zip(HASHES, (tn.wire.peer, tn.wire.own), strict=True)]


@pytest.mark.conforms("A-085", "RFC 7296 3.5; RFC 4945 3.1", part="shown")
@pytest.mark.conforms("A-086", "RFC 7296 3.5; RFC 4945 3.1", part="shown")
def test_who_is_called_as_the_certificate_says_is_let_in(tn):
    """rightid is a pattern that fits, and the certificate has the name."""
    assert named(tn, TESTER.encode(), more={"rightid": "*@strongswan.org"}).all(TSi)


@pytest.mark.conforms("A-085", "RFC 7296 3.5; RFC 4945 3.1", part="refused")
def test_a_name_that_the_certificate_lacks_is_refused(tn):
    """rightid lets anybody in, but not as somebody else."""
    answer = named(tn, b"dave@strongswan.org", more={"rightid": "%any"})
    assert answer.notes() == [Note.AUTHENTICATION_FAILED]


@pytest.mark.conforms("A-086", "RFC 7296 3.5; RFC 4945 3.1", part="refused")
@pytest.mark.parametrize("name", [b"*@strongswan.org", b"*", b"carol@strongswan.org\0.example"],
                         ids=["pattern", "any", "nul"])
def test_a_pattern_is_no_name(tn, name):
    """Who calls himself by a pattern, or with a NUL, is refused though the pattern is rightid."""
    answer = named(tn, name, more={"rightid": "*@strongswan.org"})
    assert answer.notes() in ([Note.AUTHENTICATION_FAILED], [Note.INVALID_SYNTAX])


@pytest.mark.conforms("A-087", "RFC 7296 1.2, 3.5", part="shown")
def test_the_wanted_responder_is_named(tn):
    """IDr of the request is the peer that is configured."""
    _, request = tn.auth_asked()
    assert request.one(IDr).data == TESTER.encode()


@pytest.mark.conforms("A-087", "RFC 7296 1.2, 3.5", part="refused")
def test_another_responder_is_not_taken(tn):
    """An answer under another name, with a proof of it, makes no CHILD_SA."""
    sa, request = tn.auth_asked()
    ident = IDr(Ident.RFC822_ADDR, b"dave@strongswan.org")
    payloads = {Kind.IDR: ident, Kind.AUTH: sa.proof(ident)}
    sa.answer(request, *(payloads.get(one.number, one) for one in sa.auth(sa.child.suite)))
    tn.bed.hold(2, "the subject may take it")
    assert not tn.subject.spis()


@pytest.mark.conforms("A-088", "RFC 7296 3.7", part="refused")
def test_unknown_authorities_are_passed_over(tn):
    """A request for certificates of CAs that nobody knows is answered with what there is."""
    tn.start()
    sa = tn.begun()
    strangers = CertReq(bytes(range(60)))
    sa.take_auth(sa.ask(IKE_AUTH, *(strangers if one.kind == Kind.CERTREQ else one
                                    for one in sa.auth())))


@pytest.mark.conforms("A-089", "RFC 7296 3.6", part="refused")
def test_no_certificate_is_sent_where_none_may_be(tn):
    """With leftsendcert=never the answer has a proof and no certificate."""
    tn.start(more={"leftsendcert": "never"})
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *sa.auth())
    assert answer.all(TSi) and not answer.all(Cert)


@pytest.mark.conforms("A-121", "RFC 7296 2.17", part="refused")
def test_a_packet_of_other_keys_is_not_taken(tn):
    """An echo request under the keys of the other direction gets nothing."""
    tn.start()
    child = tn.up().child
    wrong = Child(child.spi, child.other, child.suite, child.theirs, child.mine)
    tn.number += 1
    tn.send_in(wrong, esp.ICMPV6, esp.echo(tn.wire.own, tn.wire.peer, tn.number))
    with pytest.raises(NotHeard):
        tn.hears_in({child.spi: child}, lambda proto, text: True, "packet")
    tn.pings(child)


@pytest.mark.conforms("A-124", "RFC 7296 2.9", part="refused")
def test_selectors_that_are_wider_than_asked_for_are_not_taken(tn):
    """An answer that widens the selectors makes no CHILD_SA."""
    sa, request = tn.auth_asked()
    *most, own, peer = sa.auth(sa.child.suite)
    for one in (own, peer):
        one.selectors[0].first, one.selectors[0].last = "::", "ffff:" * 7 + "ffff"
    sa.answer(request, *most, own, peer)
    tn.bed.hold(2, "the subject may take it")
    assert not tn.subject.spis()


@pytest.mark.conforms("A-138", "RFC 7296 1.1", part="refused")
def test_a_connection_that_is_ignored_asks_nobody(tn):
    """With auto=ignore a packet makes nobody begin, and a peer that begins gets no IKE_SA."""
    tn.start(more={"auto": "ignore"})
    tn.subject.initiate()
    tn.wire.silent(lambda one: not one.response, 3)
    sa = tn.sa()
    sa.send(INIT, *sa.init())
    tn.wire.silent(lambda one: bool(one.all(KE)), 2)


@pytest.mark.conforms("A-200", "RFC 4555 3.3", part="shown")
def test_mobike_is_not_offered(tn):
    """Neither end's IKE_AUTH of the subject says that it moves by itself."""
    _, request = tn.auth_asked()
    assert MOBIKE not in request.notes()


@pytest.mark.conforms("A-200", "RFC 4555 3.5", part="refused")
def test_a_move_without_mobike_is_not_followed(tn):
    """UPDATE_SA_ADDRESSES moves nothing; the IKE_SA and its CHILD_SA go on."""
    tn.start()
    sa = tn.up()
    sa.ask(INFORMATIONAL, Notify(NEW_ADDRESSES))
    assert sa.ask(INFORMATIONAL).payloads == []
    tn.pings(sa.child)
