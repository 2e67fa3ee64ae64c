import pytest

HOME_ROUTER, MOON, COA = "2001:1::fe", "2001:1::1", "2001::41a:a8ff:fe6f:c67"
# moon grants 12 s; 4 s are kept for repetitions.
REFRESH = 12 - 4
PROBE = "^neighbour solicitation for 2001:1::10: :: -> ff02::1:ff00:10"


def registered(bed):
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    return carol, moon


@pytest.mark.req("C-041", "C-044", "C-045", "G-17", "G-19")
def test_the_home_agent_stands_in_for_a_registered_node(bed):
    """moon asks whether the home address is free, answers carol, then answers for her."""
    carol, _ = registered(bed)
    bed.checkpoint("registered")
    with bed.traffic(HOME_ROUTER, carol.hoa, node=bed.rtr) as ping:
        bed.wait(ping.answered(10), within=5)
    bed.timeline.expect_order(
        "^BU .* lifetime", PROBE, "^BA .* status [01] ",
        "^neighbour solicitation for 2001:1::10: .*fe -> ff02::1:ff00:10",
        f"^neighbour advertisement for 2001:1::10: {MOON} -> ",
        f"^echo request in ESP .*: {MOON} -> {COA}")
    assert len(bed.timeline.find(PROBE)) == 1


@pytest.mark.req("C-064", "G-20")
def test_a_binding_is_refreshed_in_time(bed):
    """moon grants 12 s; carol asks again before they are over, and no ping is lost."""
    carol, _ = registered(bed)
    bed.checkpoint("registered")
    with bed.traffic(carol.hoa, bed.cn) as ping:
        granted = carol.binding()
        bed.wait(carol.refreshed(since=granted), within=12)
        bed.wait(ping.answered(25), within=5)
    assert granted["lifetime"] == 12 and not ping.lost
    bed.expect_unchanged("registered")
    bed.expect_no_ike_messages(since="registered")
    bed.timeline.expect_order("^BU ", "^BA .* lifetime 12 s", "^BU ", "^BA .* lifetime 12 s")
    assert bed.timeline.intervals("^BA ")[0] == pytest.approx(REFRESH, abs=0.1)
    assert len(bed.timeline.find(PROBE)) == 1


@pytest.mark.req("C-031", "C-067!", "G-45")
def test_no_route_is_optimized(bed):
    """Both sides talk through the home agent, and nobody asks for a shorter way."""
    carol, _ = registered(bed)
    with bed.traffic(carol.hoa, bed.cn) as ping, \
            bed.traffic(bed.cn, carol.hoa, node=bed.rtr) as back:
        bed.wait(ping.answered(50) & back.answered(50), within=5)
    echoes = [e for e in bed.timeline.find("^echo ") if "f1" in e.who]
    assert {e.source.ends for e in echoes} == {(COA, MOON), (MOON, COA)}
    assert all(e.source.spi for e in echoes)
    bed.timeline.expect_none("HoTI|CoTI|HoT|CoT")
