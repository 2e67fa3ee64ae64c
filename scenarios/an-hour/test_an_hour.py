import pytest

HOUR, MOVES, LINKS = 3600, 40, ("f2", "hl", "f1")
MH, TUNNEL = 1, 2
LIMIT = 4000


def place(carol, link):
    """The fact that she has arrived on it."""
    away = {"f1": carol.coa, "f2": "2001:2::41a:a8ff:fe6f:c67"}
    return carol.registered_at(away[link]) if link in away else carol.at_home


@pytest.mark.req("A-137", "B-053", "C-064", "G-89", "T-801")
def test_an_hour(bed):
    """Default lifetimes for an hour: 40 hand-overs over two foreign links and home, every rekey."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    began = bed.wait(carol.registered & carol.pairs(MH, 1) & carol.pairs(TUNNEL, 1), within=10)
    bed.checkpoint("began")
    before, ike = {reqid: carol.spis(reqid) for reqid in (MH, TUNNEL)}, carol.ike_spis()
    moves = []
    with bed.traffic(carol.hoa, bed.cn, every=10) as ping:
        for number in range(MOVES):
            bed.hold(HOUR / MOVES - 5, "she stays where she is")
            link = LINKS[number % len(LINKS)]
            carol.move_to(link)
            moves.append(bed.wait(place(carol, link), within=15))
        bed.hold(began + HOUR - moves[-1], "the hour becomes full")
    assert not [echo for echo in ping.lost
                if not any(moved - 15 < echo.sent < moved for moved in moves)]
    for reqid, spis in before.items():
        bed.wait(carol.rekeyed(reqid, spis) & moon.rekeyed(reqid, spis), within=1)
    assert carol.ike_spis() == moon.ike_spis() == ike
    # The home prefix is preferred for less than a binding lasts, so each acceptance says that its
    # prefixes are to be asked for. The very first one asks for the tunnel's SAs, and is sent again;
    # so is one whose answer comes by the SAs of the hour's rekey before carol has them.
    away = [number for number in range(MOVES) if LINKS[number % len(LINKS)] != "hl"]
    hers, his = (host.mip6_status()["counters"] for host in (carol, moon))
    assert his["mpa_out"] == his["mps_in"] == hers["mps_out"] - 1
    assert hers["mpa_in"] == 1 + len(away) and his["mpa_out"] - hers["mpa_in"] in (0, 1)
    bed.checkpoint("an-hour-later")
