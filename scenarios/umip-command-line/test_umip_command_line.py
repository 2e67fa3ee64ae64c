import pytest

NEW = "2001::50"
TYPE_MATCHES_NOTHING = (6, 12)  # from this kernel on, in UMIP's policy for mobility headers


def stand_in(bed, side, version=""):
    """carol and moon, one of which has a mip6d that knows UMIP's options only and does as UMIP."""
    carol, moon = bed.nodes("carol", "moon")
    bed.give(bed.hosts[side], mip6=f"{bed.job.top}/harness/bed/peers/umip-like{version}")
    return carol, moon


@pytest.mark.parametrize("version", ["", "-1.0"])
@pytest.mark.parametrize("side", ["moon", "carol"])
@pytest.mark.req("G-87")
def test_umip_command_line(bed, side, version):
    """A mip6d that does as UMIP is moon or carol: registered, moved, at home, away, gone."""
    carol, moon = stand_in(bed, side, version)
    bed.start(moon, carol)
    if side == "moon" and moon.kernel() >= TYPE_MATCHES_NOTHING:
        bed.wait(moon.refuses(3), within=10)
        return
    bed.wait(bed.hosts[side].mip6_running & carol.registered, within=10)
    assert "mip6d" not in bed.hosts[side].pids().values()
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        carol.del_address(f"{carol.coa}/64")
        registered = bed.wait(carol.registered_at(NEW), within=5)
        bed.wait(ping.answered(25), within=3)
    assert not ping.lost_since(registered)
    bed.checkpoint("moved")
    carol.move_to("hl")
    bed.wait(carol.at_home, within=10)
    bed.checkpoint("home")
    carol.del_address(f"{NEW}/128")
    carol.move_to("f1")
    bed.wait(carol.registered_at(carol.coa), within=10)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
