import pytest

NEW = "2001::50"
MH, TUNNEL = 1, 2


def registered(bed):
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    return carol, moon


def move(bed, carol):
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    bed.wait(carol.registered_at(NEW), within=5)


@pytest.mark.req("G-09", "G-10", "G-11")
def test_child_and_ike_rekey_from_the_new_address(bed):
    """After the move both SA pairs and the IKE_SA are rekeyed, from the new care-of address."""
    carol, moon = registered(bed)
    move(bed, carol)
    bed.checkpoint("moved")
    for name, reqid in (("mh", MH), ("tunnel", TUNNEL)):
        before = carol.spis(reqid)
        carol.rekey(f"{name}{{{reqid}}}")
        bed.wait(carol.rekeyed(reqid, before) & moon.rekeyed(reqid, before), within=5)
    bed.checkpoint("children-rekeyed")
    before = carol.ike_spis()
    carol.rekey("mh[1]")
    bed.wait(carol.ike_rekeyed(before), within=5)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
    bed.checkpoint("ike-rekeyed")
    assert all(NEW in (m.src, m.dst) for m in bed.ike_messages("moved"))


@pytest.mark.req("B-053")
def test_a_move_between_rekey_and_delete_takes_all_sas_along(bed):
    """The deletes of a rekey are held back, so old and new SAs stand when carol moves."""
    carol, moon = registered(bed)
    bed.rtr.typed("nft -f /etc/hold-deletes.nft")
    carol.rekey(f"tunnel{{{TUNNEL}}}")
    bed.wait(carol.pairs(TUNNEL, 2), within=5)
    bed.hold(3, "both pairs have an age that must go along")
    move(bed, carol)
    bed.wait(carol.all_at(TUNNEL, NEW) & moon.all_at(TUNNEL, NEW), within=5)
    bed.rtr.typed("nft delete table bridge hold")
    bed.wait(carol.pairs(TUNNEL, 1) & moon.pairs(TUNNEL, 1), within=10)
    bed.checkpoint("overlap-over")
