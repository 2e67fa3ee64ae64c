import pytest

NEW = "2001::50"


@pytest.mark.req("C-062", "G-23")
def test_silent_home_agent(bed):
    """1.5 and 3 s before a first registration, 1 and 2 s after a move; nothing in the clear."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=15)
    carol.stop_mip6()
    start = bed.wait(carol.stopped("mip6d"), within=5)
    moon.signal("mip6d", "STOP")
    carol.start_mip6()
    bed.wait(carol.mip6_running, within=5)
    bed.wait(carol.updates_sent(3), within=10)
    moon.signal("mip6d", "CONT")
    moved = bed.wait(carol.registered, within=10)
    moon.signal("mip6d", "STOP")
    before = carol.updates()
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(carol.updates_sent(3, since=before), within=10)
        moon.signal("mip6d", "CONT")
        bed.wait(carol.registered_at(NEW), within=10)
        bed.wait(ping.answered(25), within=5)
    first, later = (bed.timeline.intervals("^BU ", since=t) for t in (start, moved))
    assert first[:2] == pytest.approx([1.5, 3], abs=0.3)
    assert later[:2] == pytest.approx([1, 2], abs=0.3)
