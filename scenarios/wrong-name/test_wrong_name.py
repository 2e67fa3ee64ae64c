import pytest


@pytest.mark.req("A-085", "G-55")
def test_wrong_name(bed):
    """moon shows a certificate for another name: nothing comes up, and carol's log says so."""
    carol, moon = bed.nodes("carol", "moon")
    bed.nothing_may_come_up()
    bed.start(moon, carol)
    bed.wait(carol.logged("iked", "moon.strongswan.org"), within=10)
    bed.hold(2, "carol's mip6d tries again")
    bed.checkpoint("refused")
