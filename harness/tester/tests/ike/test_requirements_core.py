"""What docs/requirements.md asks of every IKE daemon and no public list looks at."""

import socket

import pytest

from harness.bed.base.topology import T0
from harness.tester.ike import creds
from harness.tester.ike.numbers import PORT, Exchange, Ident, Note, Protocol
from harness.tester.ike.payloads import AUTH, KE, SA, Delete, IDr, Nonce, Notify, Proposal
from harness.tester.ike.sa import Child
from harness.tester.ike.suites import Suite
from harness.tester.ike.wire import NotHeard
from harness.tester.stage import HALF_OPEN, topology
from harness.tester.subjects.conf import SUBJECT

TOPOLOGY = topology()
INIT, IKE_AUTH = Exchange.IKE_SA_INIT, Exchange.IKE_AUTH
CREATE, INFORMATIONAL = Exchange.CREATE_CHILD_SA, Exchange.INFORMATIONAL
INSIDE = "2001:2::5"
IPCOMP_SUPPORTED = 16387


def silence(ask):
    """The answer, or None where none comes."""
    try:
        return ask()
    except NotHeard:
        return None


@pytest.mark.conforms("A-001", "RFC 7296 2, 2.11", part="refused")
def test_another_address_of_the_subject_answers_for_itself(tn):
    """What came to one address is not answered from another."""
    tn.start(more={"left": "%any"})
    sa = tn.sa()
    with tn.node.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
        other.bind((tn.wire.own, 4712))
        other.sendto(sa.octets(sa.message(INIT, *sa.init())), (INSIDE, PORT))
        other.settimeout(2)
        octets, source = other.recvfrom(1 << 16)
    assert octets[:8] == sa.spi and source[:2] == (INSIDE, PORT)


@pytest.mark.conforms("A-025", "RFC 7296 2.1, 2.4", part="shown", case="late")
@pytest.mark.conforms("A-025", "RFC 7296 2.1, 2.4", part="refused", case="soon")
@pytest.mark.conforms("A-100", "RFC 7296 2.21.4", part="shown", case="late")
@pytest.mark.conforms("A-100", "RFC 7296 2.21.4", part="refused", case="soon")
@pytest.mark.parametrize("after", [25, 35], ids=["soon", "late"])
def test_a_half_open_ike_sa_is_forgotten(tn, after):
    """IKE_AUTH that comes after 30 s is of no IKE_SA that anybody knows."""
    tn.start()
    sa = tn.begun()
    tn.bed.clock.let_pass(after)
    sa.send(IKE_AUTH, *sa.auth())
    if after < 30:
        assert sa.answered().all(SA)
    else:
        sa.silent(2, exchange=IKE_AUTH)
        assert not tn.subject.spis()


@pytest.mark.conforms("A-049", "RFC 7296 2.6", part="shown")
def test_one_source_has_few_half_open_ike_sas(tn):
    """Of ten that it begins, though it brings its cookies back, some are not answered."""
    tn.start()
    served = 0
    for _ in range(10):
        sa = tn.sa(HALF_OPEN)
        answer = silence(lambda: sa.ask(INIT, *sa.init(), within=0.2))
        if answer and Note.COOKIE in answer.notes():
            sa.id, cookie = 0, answer.one(Notify)
            answer = silence(lambda: sa.ask(INIT, cookie, *sa.init(), within=0.2))
        served += bool(answer and answer.all(KE))
    assert served == 5


@pytest.mark.conforms("A-049", "RFC 7296 2.6", part="refused")
def test_another_source_is_not_held_to_it(tn):
    """Who has the IKE_SAs of a hundred others before him is asked for a cookie, and served."""
    tn.start(more={"right": "%any"})
    tn.half_open(100)
    sa = tn.sa(HALF_OPEN)
    answer = sa.ask(INIT, *sa.init())
    sa.id = 0
    assert sa.ask(INIT, answer.one(Notify), *sa.init()).all(KE)


@pytest.mark.conforms("A-054", "RFC 7296 2.1", part="shown")
def test_another_request_of_one_spi_is_another_attempt(tn):
    """With another nonce it gets an answer of its own."""
    tn.start()
    sa = tn.sa()
    first = sa.ask(INIT, *sa.init())
    sa.id, sa.nonce = 0, bytes(reversed(sa.nonce))
    second = sa.ask(INIT, *sa.init())
    assert second.spi_r != first.spi_r and second.one(Nonce) != first.one(Nonce)


@pytest.mark.conforms("A-055", "RFC 7296 2.6, 2.21.1", part="shown", case="other")
@pytest.mark.conforms("A-055", "RFC 7296 2.6, 2.21.1", part="refused", case="known")
@pytest.mark.parametrize("peer", ["2001::99", "2001::7"], ids=["other", "known"])
def test_who_fits_no_connection_costs_nothing(tn, peer):
    """No key exchange is answered to another address than the connection's."""
    tn.start(more={"right": peer})
    sa = tn.sa()
    sa.send(INIT, *sa.init())
    if peer == tn.wire.own:
        assert sa.answered().all(KE)
    tn.wire.silent(lambda one: bool(one.all(KE)), 2)


@pytest.mark.conforms("A-092", "RFC 5280 6.3.3; RFC 7296 2.15", part="shown", case="good")
@pytest.mark.conforms("A-092", "RFC 5280 6.3.3; RFC 7296 2.15", part="refused", case="revoked")
@pytest.mark.parametrize("name", ["carol", "moonRevoked"], ids=["good", "revoked"])
def test_a_revoked_certificate_is_refused(tn, name):
    """The CRL of ipsec.d/crls says so, whatever the signature."""
    good = name == "carol"
    tn.start(more={} if good else {"rightid": f"@{SUBJECT}"})
    if not good:
        folder = tn.subject.top / "build/certs"
        tn.who = creds.load(folder, name, creds.fqdn(SUBJECT))
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *sa.auth())
    assert bool(answer.all(SA)) == good
    assert good or answer.notes() == [Note.AUTHENTICATION_FAILED]


@pytest.mark.conforms("A-096", "RFC 7296 2.16", part="shown")
def test_who_wants_eap_is_refused(tn):
    """IKE_AUTH without a proof asks for it, and gets AUTHENTICATION_FAILED."""
    tn.start()
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *(one for one in sa.auth() if not isinstance(one, AUTH)))
    assert answer.notes() == [Note.AUTHENTICATION_FAILED] and not answer.all(SA)


@pytest.mark.conforms("A-099", "RFC 7296 2.4", part="shown")
def test_the_first_of_two_ike_sas_is_kept_where_that_is_wanted(tn):
    """With uniqueids=keep the second of one pair of identities is refused."""
    tn.start(setup={"uniqueids": "keep"})
    first, second = tn.up(), tn.begun()
    answer = second.ask(IKE_AUTH, *second.auth())
    assert answer.notes() == [Note.AUTHENTICATION_FAILED] and not answer.all(SA)
    assert first.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("A-099", "RFC 7296 2.4", part="refused")
def test_where_nobody_is_unique_both_stand(tn):
    """With uniqueids=never INITIAL_CONTACT ends nothing."""
    tn.start(setup={"uniqueids": "never"})
    first, second = tn.up(), tn.begun()
    second.take_auth(second.ask(IKE_AUTH, *second.auth(), Notify(Note.INITIAL_CONTACT)))
    first.silent(5, response=False)
    assert first.ask(INFORMATIONAL).payloads == [] == second.ask(INFORMATIONAL).payloads


@pytest.mark.conforms("A-101", "RFC 7296 1.2, 3.5", part="shown", case="own")
@pytest.mark.conforms("A-101", "RFC 7296 1.2, 3.5", part="refused", case="other")
@pytest.mark.parametrize("name", [SUBJECT, "sun.strongswan.org"], ids=["own", "other"])
def test_a_connection_is_chosen_by_who_is_wanted_too(tn, name):
    """Who asks for somebody else is let into nothing."""
    tn.start()
    sa = tn.begun()
    wanted = IDr(Ident.FQDN, name.encode())
    ident, *rest = sa.auth()
    answer = sa.ask(IKE_AUTH, ident, wanted, *rest)
    assert bool(answer.all(SA)) == (name == SUBJECT)
    assert answer.all(SA) or answer.notes() == [Note.AUTHENTICATION_FAILED]


@pytest.mark.conforms("A-128", "RFC 7296 1.3.1, 2.22, 3.10.1", part="shown")
def test_what_changes_nothing_changes_nothing(tn):
    """No padding for traffic flow and fragments also: the CHILD_SA is as any other."""
    tn.start()
    sa = tn.begun()
    more = [Notify(kind) for kind in (Note.ESP_TFC_PADDING_NOT_SUPPORTED,
                                      Note.NON_FIRST_FRAGMENTS_ALSO)]
    sa.take_auth(sa.ask(IKE_AUTH, *sa.auth(), *more))
    tn.pings(sa.child)


@pytest.mark.conforms("A-128", "RFC 7296 2.22", part="refused")
def test_compression_is_not_agreed_to(tn):
    """The answer does not say that it is supported."""
    tn.start()
    sa = tn.begun()
    answer = sa.ask(IKE_AUTH, *sa.auth(), Notify(IPCOMP_SUPPORTED, b"\x12\x34\2"))
    sa.take_auth(answer)
    assert IPCOMP_SUPPORTED not in answer.notes()
    tn.pings(sa.child)


@pytest.mark.conforms("A-135", "RFC 7296 3.3.2; RFC 4303 2.2.1", part="shown", case="either")
@pytest.mark.conforms("A-135", "RFC 7296 3.3.2; RFC 4303 2.2.1", part="refused", case="only")
@pytest.mark.parametrize("sizes", [(1, 0), (1,)], ids=["either", "only"])
def test_sequence_numbers_are_of_32_bits(tn, sizes):
    """They are chosen where both are offered; longer ones alone are refused."""
    tn.start()
    sa = tn.begun()
    offered = [Proposal(number, Protocol.ESP, sa.child.spi,
                        Suite(12, 128, 12, esn=size).transforms())
               for number, size in enumerate(sizes, 1)]
    answer = sa.ask(IKE_AUTH, *(SA(offered) if isinstance(one, SA) else one for one in sa.auth()))
    assert [one.proposals[0].number for one in answer.all(SA)] == [2] * (len(sizes) - 1)
    assert (Note.NO_PROPOSAL_CHOSEN in answer.notes()) == (len(sizes) == 1)


@pytest.mark.conforms("A-137", "RFC 7296 2.8", part="shown")
def test_a_rekey_comes_a_margin_before_the_end(tn):
    """Of a lifetime of 100 s with a margin of 30 s, without spread, after 70 s."""
    tn.start(more={"lifetime": "100s", "margintime": "30s", "rekeyfuzz": "0%"})
    sa = tn.up()
    sa.silent(65, response=False)
    assert Note.REKEY_SA in sa.request(CREATE, within=10).notes()


@pytest.mark.conforms("A-137", "RFC 7296 2.8", part="refused")
def test_without_rekey_nothing_is_replaced(tn):
    """What has come to its end is deleted."""
    tn.start(more={"lifetime": "60s", "margintime": "20s", "rekeyfuzz": "0%", "rekey": "no"})
    sa = tn.up()
    sa.silent(55, response=False)
    assert sa.request(INFORMATIONAL, within=10).one(Delete).spis == [sa.child.other]


@pytest.mark.conforms("A-139", "RFC 7296 1.4.1", part="shown", case="restart")
@pytest.mark.conforms("A-139", "RFC 7296 1.4.1", part="refused", case="clear")
@pytest.mark.parametrize("action", ["restart", "clear"])
def test_closeaction_decides_what_a_closed_child_sa_is_for(tn, action):
    """The tester deletes it, and the subject makes another one, or none."""
    tn.start(more={"closeaction": action, "auto": "add"})
    sa = tn.up()
    sa.ask(INFORMATIONAL, Delete(Protocol.ESP, [sa.child.spi]))
    if action == "restart":
        assert sa.request(CREATE, within=10).all(SA)
    else:
        sa.silent(10, response=False)


@pytest.mark.conforms("A-155", "RFC 7296 1.4.1", part="shown")
@pytest.mark.conforms("A-155", "RFC 7296 1.4.1", part="refused")
def test_who_stops_takes_only_what_is_its_own(tn):
    """An SA that somebody else has laid stays; those of the IKE_SA go, which is said."""
    tn.start()
    sa = tn.up()
    tn.subject.host.run("ip xfrm state add src 2001:db8::1 dst 2001:db8::2 proto esp spi 0x999"
                        f" reqid 999 mode transport enc cbc(aes) 0x{'11' * 16}"
                        f" auth-trunc hmac(sha256) 0x{'22' * 32} 128")
    tn.subject.stop()
    assert sa.request(INFORMATIONAL).one(Delete).protocol == Protocol.IKE
    assert tn.subject.spis() == {bytes.fromhex("00000999")}
    tn.subject.host.run("ip xfrm state flush")


@pytest.mark.conforms("A-174", "RFC 7296 1.3, 3.10.1", part="shown")
@pytest.mark.conforms("A-174", "RFC 7296 1.3, 3.10.1", part="refused")
def test_an_ike_sa_has_an_end_of_child_sas(tn):
    """The 65th gets NO_ADDITIONAL_SAS; those before go on."""
    tn.start()
    sa = tn.up()
    for _ in range(63):
        sa.another_child()
    assert sa.ask(CREATE, *sa.child_request(Child())).notes() == [Note.NO_ADDITIONAL_SAS]
    assert sa.ask(INFORMATIONAL).payloads == []


@pytest.mark.conforms("A-176", "RFC 7296 1.3, 2.7", part="refused")
def test_a_group_that_was_not_offered_is_not_followed(tn):
    """INVALID_KE_PAYLOAD in a rekey names another one: nothing is sent with that."""
    tn.start(esp=tn.pfs_word)
    sa = tn.up_by_subject()
    tn.subject.rekey_child()
    request = sa.request(CREATE)
    sa.answer(request, Notify(Note.INVALID_KE_PAYLOAD, b"\0\x13"))
    sa.silent(5, response=False, exchange=CREATE)


@pytest.mark.conforms("A-191", "RFC 8247 2", part="shown", case="default")
@pytest.mark.conforms("A-191", "RFC 8247 2", part="refused", case="strict")
@pytest.mark.parametrize("word", ["aes256-sha1-ecp256", "aes256-sha1-ecp256!"],
                         ids=["default", "strict"])
def test_an_exclamation_mark_allows_nothing_else(tn, word):
    """Without it the defaults are taken too, of which the tester's is one."""
    tn.start(more={"ike": word})
    sa = tn.sa(Suite(12, 128, 12, 5, 31))
    answer = sa.ask(INIT, *sa.init())
    assert bool(answer.all(KE)) != word.endswith("!")
    assert answer.all(KE) or answer.notes() == [Note.NO_PROPOSAL_CHOSEN]


def without_address(tn):
    """The subject's address goes while an IKE_SA stands."""
    tn.start()
    sa = tn.up()
    tn.subject.host.run(f"ip address del {tn.wire.peer}/64 dev eth0")
    return sa


@pytest.mark.conforms("A-202", "RFC 7296 2.4; RFC 4877 7.4", part="shown")
def test_an_ike_sa_outlives_its_address(tn):
    """When the address is there again it answers as before."""
    sa = without_address(tn)
    tn.bed.clock.let_pass(5)
    host = tn.subject.host
    host.run(f"ip address add {tn.wire.peer}/64 dev eth0 nodad")
    host.run(f"ip -6 route replace default via {T0.links['hl'].router} dev eth0")
    assert sa.ask(INFORMATIONAL, within=5).payloads == []


@pytest.mark.conforms("A-202", "RFC 7296 2.4; RFC 4877 7.4", part="refused")
def test_an_address_that_goes_makes_nobody_speak(tn):
    """No DELETE, no new IKE_SA, nothing from another address: it waits to be told where to go."""
    sa = without_address(tn)
    sa.silent(10, response=False)
    tn.wire.silent(lambda one: one.exchange == INIT and not one.response, 0.1)
