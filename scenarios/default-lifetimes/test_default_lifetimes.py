import pytest

MH, TUNNEL = 1, 2
# dpddelay, and how long five repetitions take.
DELAY, GIVEN_UP = 30, 166
LIMIT = 20000


@pytest.mark.req("C-064", "A-137", "G-20")
def test_a_binding_lasts_as_long_as_its_prefix_and_is_refreshed(bed):
    """The binding's own lifetime, hours: refreshed before it is over, and so is every SA."""
    carol, moon = bed.nodes("carol", "moon")
    bed.rtr.typed("nft delete table bridge advertise")  # addresses are to last as long
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    granted, ike = carol.binding(), carol.ike_spis()
    before = {reqid: carol.spis(reqid) for reqid in (MH, TUNNEL)}
    with bed.traffic(carol.hoa, bed.cn, every=60) as ping:
        bed.hold(granted["lifetime"], "the binding's whole lifetime")
        bed.wait(carol.refreshed(since=granted) & carol.registered, within=5)
    assert not ping.lost and granted["lifetime"] > 3 * 3600
    for reqid, spis in before.items():
        bed.wait(carol.rekeyed(reqid, spis) & moon.rekeyed(reqid, spis), within=5)
    bed.wait(carol.ike_rekeyed(ike) & moon.ike_rekeyed(ike), within=5)


@pytest.mark.req("A-155", "G-73")
def test_a_dead_peer_is_found_at_the_default_pace(bed):
    """moon's iked stands still: asked 30 s after the last ESP, given up in the end, made anew."""
    carol, moon = bed.nodes("carol", "moon")
    carol.typed("sed -i '/^conn home/a\\\\tdpdaction=restart' /etc/ipsec.conf")
    bed.start(moon, carol)
    began = bed.wait(carol.registered & carol.pairs(TUNNEL, 1), within=10)
    ike = carol.ike_spis()
    moon.signal("iked", "STOP")
    bed.hold(DELAY + GIVEN_UP + 10, "moon's iked does not answer")
    moon.signal("iked", "CONT")
    bed.wait(carol.ike_rekeyed(ike) & moon.ike_rekeyed(ike) & carol.registered, within=60)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
    asked = [e.time for e in bed.timeline.find("^INFORMATIONAL request", since=began)]
    heard = [e.time for e in bed.timeline.find("^mobile prefix advertisement in ESP", since=began)
             if e.time < asked[0]]
    assert DELAY - 1 <= asked[0] - heard[-1] <= DELAY + 1
