import pytest

NEW = "2001::50"
MH, TUNNEL = 1, 2


def registered(bed, variant):
    carol, moon = bed.nodes("carol", "moon", variant=variant)
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    return carol, moon


def facts(carol, moon):
    """What is there now, as a fact about all of it being new on both nodes."""
    ike, mh, tunnel = carol.ike_spis(), carol.spis(MH), carol.spis(TUNNEL)
    return (carol.ike_rekeyed(ike) & moon.ike_rekeyed(ike)
            & carol.rekeyed(MH, mh) & moon.rekeyed(MH, mh)
            & carol.rekeyed(TUNNEL, tunnel) & moon.rekeyed(TUNNEL, tunnel))


def move(bed, carol):
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    bed.wait(carol.registered_at(NEW), within=5)


def pings_pass(bed, carol):
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)


@pytest.mark.req("G-12", "A-171")
def test_reauthentication_after_a_move(bed):
    """The IKE_SA is reauthenticated at the new care-of address; payload goes on by the new SAs."""
    carol, moon = registered(bed, "reauth")
    move(bed, carol)
    bed.checkpoint("reauth-moved")
    all_new = facts(carol, moon)
    carol.rekey("mh[1]")
    bed.wait(all_new, within=5)
    pings_pass(bed, carol)
    bed.checkpoint("reauthenticated")
    assert all(NEW in (m.src, m.dst) for m in bed.ike_messages("reauth-moved"))


@pytest.mark.req("B-012", "B-072", "B-073")
@pytest.mark.parametrize("variant", ["no-k", "k-refused"])
def test_a_move_without_k_bit(bed, variant):
    """Without the K bit of both the IKE_SA does not follow: another takes its place and its SAs."""
    carol, moon = registered(bed, variant)
    bed.checkpoint(f"{variant}-registered")
    all_new = facts(carol, moon)
    move(bed, carol)
    bed.wait(all_new, within=5)
    pings_pass(bed, carol)
    bed.checkpoint(f"{variant}-moved")
