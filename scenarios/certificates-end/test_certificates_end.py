import pytest

from harness.bed.faults.authority import Authority

HOUR = 3600
CAROL = ("/OU=Research/CN=carol@strongswan.org", "email:carol@strongswan.org")
MOON = ("/CN=moon.strongswan.org", "DNS:moon.strongswan.org")
LIMIT = 72_000


def again(bed, carol):
    """carol proves who she is once more: only then are certificates and CRLs looked at."""
    carol.stop_mip6()
    bed.wait(carol.stopped("mip6d"), within=5)
    carol.stop_ike()
    bed.wait(carol.stopped("iked"), within=5)
    bed.start(carol)


@pytest.mark.req("A-090", "A-092", "G-53", "G-56")
def test_a_crl_and_a_certificate_end_while_all_is_up(bed):
    """What stands goes on, who comes anew is refused, and what is replaced serves at once."""
    carol, moon = bed.nodes("carol", "moon")
    now = bed.clock.time()
    ours = Authority(bed.job.top, bed.results / "authority", now)
    ours.certify(carol, *CAROL, until=now + 90 * HOUR)
    ours.certify(moon, *MOON, until=now + 10 * HOUR)
    for host in (carol, moon):
        ours.revoke_nothing(host, until=now + 5 * HOUR)
    carol.typed("sed -i 's/^config setup/&\\n\\tstrictcrlpolicy=yes/' /etc/ipsec.conf")
    bed.rtr.typed("nft delete table bridge advertise")  # addresses are to last as long
    bed.start(moon, carol)
    bed.wait(carol.registered, within=15)
    with bed.traffic(carol.hoa, bed.cn, every=60) as ping:
        bed.hold(6 * HOUR, "the CRL ends, rekeys go on")
    assert not ping.lost
    bed.nothing_may_come_up(carol)
    again(bed, carol)
    bed.wait(carol.logged("iked", "crl is stale"), within=40)
    for host in (carol, moon):
        ours.revoke_nothing(host, until=now + 90 * HOUR)
        host.typed("ipsec rereadcrls")
    bed.hold(60, "carol's mip6d tries again")
    bed.wait(carol.registered, within=60)
    with bed.traffic(carol.hoa, bed.cn, every=60) as ping:
        bed.hold(5 * HOUR, "moon's certificate ends, rekeys go on")
    assert not ping.lost
    again(bed, carol)
    bed.wait(carol.logged("iked", "is not accepted: expired"), within=40)
    ours.certify(moon, *MOON, until=now + 90 * HOUR)
    moon.restart_ike()
    bed.hold(60, "carol's mip6d tries again")
    bed.wait(carol.registered & moon.pairs(1, 1) & moon.pairs(2, 1), within=60)
