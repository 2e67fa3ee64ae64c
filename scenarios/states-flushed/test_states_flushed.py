import pytest

MH, TUNNEL = 1, 2


@pytest.mark.req("A-172", "A-223")
@pytest.mark.parametrize("name", ["carol", "moon"])
def test_states_flushed(bed, name):
    """One node loses all its ESP states behind the daemons' backs: both pairs are made anew."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    before = {reqid: carol.spis(reqid) for reqid in (MH, TUNNEL)}
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(10), within=3)
        bed.hosts[name].typed("ip xfrm state flush proto esp")
        for reqid, spis in before.items():
            bed.wait(carol.rekeyed(reqid, spis) & moon.rekeyed(reqid, spis), within=5)
        bed.wait(ping.answered(25), within=5)
    bed.checkpoint(name)
