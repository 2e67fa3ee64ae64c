import pytest


@pytest.mark.req("B-048", "D-010", "D-026", "G-03", "G-04")
def test_establishment(bed):
    """carol registers at moon: one IKE_SA, the mobility header SAs first, then the tunnel SAs."""
    carol, moon = bed.nodes("carol", "moon")
    moon.start_ike()
    moon.start_mip6()
    carol.start_ike()
    bed.wait(carol.ike_running, within=5)
    carol.start_mip6()
    bed.wait(carol.registered, within=10)
    bed.checkpoint("established")
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(50), within=5)
    assert not ping.lost
    bed.expect_ike_exchanges(["IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA"])
