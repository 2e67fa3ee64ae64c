import pytest


@pytest.mark.req("B-009!", "B-080!", "B-081!", "F-002!", "G-60")
def test_stolen_home_address(bed):
    """dave asks for carol's home address: moon refuses, carol is undisturbed."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("carol")
    (dave,) = bed.nodes("dave")
    bed.nothing_may_come_up(dave)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.start(dave)
        bed.wait(moon.logged("iked", "not authorised for home address"), within=10)
        bed.wait(dave.logged("iked", "TS_UNACCEPT"), within=10)
        bed.wait(ping.answered(50), within=5)
    assert not ping.lost
    bed.expect_unchanged("carol")
