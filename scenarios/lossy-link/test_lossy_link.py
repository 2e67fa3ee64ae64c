import pytest

TRIES, MOVES, REKEYS, TUNNEL = 3, 6, 6, 2


def move(bed, carol, old, new):
    carol.add_address(f"{new}/128")
    bed.wait(carol.address_usable(new), within=5)
    carol.del_address(old)


def again(bed, carol):
    """Binding updates come ever more rarely: a new mip6d begins anew."""
    carol.signal("mip6d", "KILL")
    bed.wait(carol.stopped("mip6d"), within=3)
    carol.start_mip6()


@pytest.mark.req("A-021", "C-062", "G-67")
def test_lossy_link(bed):
    """30 % of what carol sends and gets is lost: she registers, moves and rekeys all the same."""
    carol, moon = bed.nodes("carol", "moon")
    carol.write("/proc/sys/net/ipv6/conf/eth0/accept_ra", "0")  # else a lost one is asked for again
    ups, moves, rekeys = (bed.series(name) for name in ("registrations", "moves", "rekeys"))
    with bed.link("f1").faults(loss=30) as counts:
        bed.start(moon, carol)
        while not ups.add(carol.registered, within=30) and len(ups.took) < TRIES:
            again(bed, carol)
        old = f"{carol.coa}/64"
        for number in range(MOVES):
            new = f"2001::{50 + number}"
            move(bed, carol, old, new)
            moves.add(carol.registered_at(new), within=16)
            old = f"{new}/128"
        for _ in range(REKEYS):
            bed.wait(carol.pairs(TUNNEL, 1) & moon.pairs(TUNNEL, 1), within=40)  # the last is over
            before = carol.spis(TUNNEL)
            carol.rekey(f"tunnel{{{TUNNEL}}}")
            rekeys.add(carol.rekeyed(TUNNEL, before) & moon.rekeyed(TUNNEL, before), within=20)
    assert 15 < counts.share < 45
    assert moves.share(within=16) >= 0.5 and rekeys.share(within=8) >= 0.5
    bed.wait(carol.registered_at(new) & carol.pairs(TUNNEL, 1) & moon.pairs(TUNNEL, 1), within=40)
    bed.checkpoint("well-again")


@pytest.mark.req("A-023", "G-68")
def test_doubled_and_reordered(bed):
    """A slow link doubles and reorders packets: there is one pair of SAs of each kind."""
    carol, moon = bed.nodes("carol", "moon")
    with bed.link("f1").faults(delay=20, jitter=10, duplicate=30, reorder=25):
        bed.start(moon, carol)
        bed.wait(carol.registered, within=30)
        bed.checkpoint("registered")
        move(bed, carol, f"{carol.coa}/64", "2001::50")
        bed.wait(carol.registered_at("2001::50"), within=20)
        bed.checkpoint("moved")
    bed.expect_ike_exchanges(["IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA"])
