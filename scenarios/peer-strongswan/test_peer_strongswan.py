import pytest

NEW = "2001::50"
SIDES = {"moon": ["moon"], "carol": ["carol"], "both": ["moon", "carol"]}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.req("G-87", "B-111", "B-113", "B-115", "A-170")
def test_peer_strongswan(bed, side):
    """strongSwan is moon, carol or both: two SA pairs, a rekey from each side, a new address."""
    carol, moon = bed.nodes("carol", "moon")
    for name in SIDES[side]:
        bed.give(bed.hosts[name], ike="strongswan")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint(f"{side}-established")
    for node, child, reqid in ((carol, "tunnel{2}", 2), (moon, "carol-mh{1}", 1)):
        before = carol.spis(reqid)
        node.rekey(child)
        bed.wait(carol.rekeyed(reqid, before) & moon.rekeyed(reqid, before), within=5)
    bed.checkpoint(f"{side}-rekeyed")
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        carol.del_address(f"{carol.coa}/64")
        registered = bed.wait(carol.registered_at(NEW), within=5)
        bed.wait(ping.answered(25), within=3)
    # strongSwan takes a moved SA away and puts it back: what is on its way meanwhile is lost.
    holes = [gap for name in SIDES[side] for gap in bed.timeline.replaced(name)]
    assert not ping.lost_outside(holes, since=registered)
    bed.checkpoint(f"{side}-moved")
    bed.expect_no_ike_messages(since=f"{side}-rekeyed")
