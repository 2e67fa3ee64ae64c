import pytest

NEW = "2001::50"


def moved(bed):
    """carol is registered and has moved to NEW; her lifetimes are the short ones of this scenario."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=15)
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    bed.wait(carol.registered_at(NEW), within=5)
    return carol, moon


@pytest.mark.req("B-042", "A-140", "A-141", "D-036")
def test_child_and_ike_rekey_from_the_new_address(bed):
    """After the move both SA pairs and the IKE_SA are rekeyed, from the new care-of address."""
    carol, moon = moved(bed)
    bed.checkpoint("moved")
    first = {reqid: carol.spis(reqid) for reqid in (1, 2)}
    for reqid in (1, 2):
        bed.wait(carol.rekeyed(reqid, first[reqid]), within=20)
        bed.wait(moon.rekeyed(reqid, first[reqid]), within=5)
    bed.checkpoint("children-rekeyed")
    bed.wait(carol.ike_rekeyed(carol.ike_spis()), within=25)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
    assert all(NEW in (m.src, m.dst) for m in bed.ike_messages("moved"))


@pytest.mark.req("B-053", "D-036")
def test_a_move_between_rekey_and_delete_takes_all_sas_along(bed):
    """The deletes of a rekey are held back, so old and new SAs stand when carol moves."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=15)
    bed.rtr.typed("nft -f /etc/hold-deletes.nft")
    bed.wait(carol.pairs(2, 2), within=20)
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    bed.wait(carol.registered_at(NEW), within=5)
    bed.wait(carol.all_at(2, NEW) & moon.all_at(2, NEW), within=5)
    bed.rtr.typed("nft delete table bridge hold")
    bed.wait(carol.pairs(2, 1) & moon.pairs(2, 1), within=20)
