import pytest

NEW = "2001:2::41a:a8ff:fe6f:c67"
ACCEPT_RA = "/proc/sys/net/ipv6/conf/eth0/accept_ra"


@pytest.mark.req("D-046", "D-045")
def test_router_discovery(bed):
    """carol's mip6d hears routers in the kernel's place: it makes addresses and default routes."""
    carol, moon = bed.nodes("carol", "moon")
    usual = carol.read(ACCEPT_RA)
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    assert carol.read(ACCEPT_RA).strip() == "0"
    bed.checkpoint("link-1")
    carol.move_to("f2")
    bed.wait(carol.registered_at(NEW), within=10)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
    assert "proto 196" in carol.run("ip -6 route show default dev eth0")
    bed.checkpoint("link-2")
    carol.stop_mip6()
    bed.wait(carol.stopped("mip6d"), within=5)
    assert carol.read(ACCEPT_RA) == usual
