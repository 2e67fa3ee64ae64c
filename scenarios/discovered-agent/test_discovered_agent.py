import pytest

NEW = "2001:2::41a:a8ff:fe6f:c67"


@pytest.mark.req("C-074", "C-050", "G-50")
def test_discovered_agent(bed):
    """carol is told no home agent: she asks the home link for one, registers, and keeps it."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered & carol.logged("mip6d", f"home agent {bed.home_agent}"), within=10)
    bed.checkpoint("registered")
    carol.move_to("f2")
    bed.wait(carol.registered_at(NEW), within=10)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
    bed.checkpoint("moved")
