import pytest

NEW = "2001::50"
MOST = 32
FIRST = [1.5, 3, 6, 12, 24, MOST, MOST, MOST]
LATER = [1, 2, 4, 8, 16, MOST, MOST, MOST]


def silent(bed, carol, moon, pauses, since):
    """moon's mip6d hears nothing for so long, then has all of it at once."""
    bed.hold(sum(pauses), "moon does not answer")
    bed.wait(carol.updates_sent(len(pauses) + 1, since), within=5)
    moon.signal("mip6d", "CONT")
    bed.hold(MOST, "what was too much for moon is sent again")


@pytest.mark.req("C-062", "G-23")
def test_silent_home_agent(bed):
    """Each pause is twice the last, 32 s at most; registered once moon speaks, nothing is bare."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    carol.stop_mip6()
    start = bed.wait(carol.stopped("mip6d"), within=5)
    moon.signal("mip6d", "STOP")
    carol.start_mip6()
    bed.wait(carol.mip6_running, within=5)
    silent(bed, carol, moon, FIRST, since=0)
    moved = bed.wait(carol.registered, within=10)
    moon.signal("mip6d", "STOP")
    before = carol.updates()
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    with bed.traffic(carol.hoa, bed.cn, every=1) as ping:
        silent(bed, carol, moon, LATER, before)
        bed.wait(carol.registered_at(NEW), within=10)
        bed.wait(ping.answered(5), within=10)
    first, later = (bed.timeline.intervals("^BU ", since=t) for t in (start, moved))
    assert first[:len(FIRST)] == pytest.approx(FIRST, abs=0.05)
    assert later[:len(LATER)] == pytest.approx(LATER, abs=0.05)
