import pytest

from harness.bed.node import leftovers


def registered(bed):
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("registered")
    return carol, moon


@pytest.mark.req("A-155", "B-101", "G-31")
@pytest.mark.parametrize("name", ["carol", "moon"])
def test_ipsec_restarts(bed, name):
    """mip6d stays: traffic brings the tunnel back, the next binding update its own SAs."""
    carol, moon = registered(bed)
    before = {reqid: carol.spis(reqid) for reqid in carol.member.reqids}
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.hosts[name].restart_ike()
        bed.wait(ping.answered(25), within=5)
        carol.add_address("2001::50/128")
        bed.wait(carol.address_usable("2001::50"), within=3)
        carol.del_address(f"{carol.coa}/64")
        for reqid, spis in before.items():
            bed.wait(carol.rekeyed(reqid, spis) & moon.rekeyed(reqid, spis), within=5)
        bed.wait(carol.registered_at("2001::50"), within=5)
    bed.checkpoint(name)


@pytest.mark.req("A-155", "G-77")
def test_ipsec_stops_alone(bed):
    """No SA is left on either node, and what mip6d has made is as before."""
    carol, moon = registered(bed)
    bed.nothing_may_come_up()
    carol.stop_ike()
    for node in (carol, moon):
        bed.wait(node.pairs(1, 0) & node.pairs(2, 0), within=5)
    bed.checkpoint("ipsec-stopped")


@pytest.mark.req("B-102", "F-021", "G-78")
def test_mip6d_stops_alone(bed):
    """mip6d leaves nothing but the SAs: her traffic goes on from the care-of address."""
    carol, moon = registered(bed)
    with bed.traffic("::", bed.cn, node=carol) as ping:
        bed.wait(ping.answered(10), within=3)
        for node in (carol, moon):
            node.stop_mip6()
            bed.wait(node.stopped("mip6d"), within=5)
            assert leftovers.snapshot(node) == bed.before[node.name]
        bed.wait(ping.answered(10), within=3)
    assert not carol.address(carol.hoa)
    bed.checkpoint("mip6d-stopped")
    for node in (moon, carol):
        node.start_mip6()
    bed.wait(carol.registered, within=10)
    bed.checkpoint("mip6d-again")
    bed.expect_no_ike_messages(since="registered")
