import pytest


@pytest.mark.req("A-092", "G-53")
def test_revoked(bed):
    """moon's certificate is on the CRL: nothing comes up, and carol's log says so."""
    carol, moon = bed.nodes("carol", "moon")
    bed.nothing_may_come_up()
    bed.start(moon, carol)
    bed.wait(carol.logged("iked", "certificate was revoked on"), within=10)
    bed.hold(2, "carol's mip6d tries again")
    bed.checkpoint("refused")
