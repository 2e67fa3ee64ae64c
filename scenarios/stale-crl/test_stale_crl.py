import pytest


@pytest.mark.req("A-092")
def test_stale_crl(bed):
    """carol's CRL is out of date and she is strict: nothing comes up, and her log says so."""
    carol, moon = bed.nodes("carol", "moon")
    bed.nothing_may_come_up()
    bed.start(moon, carol)
    bed.wait(carol.logged("iked", "crl is stale"), within=10)
    bed.hold(2, "carol's mip6d tries again")
    bed.checkpoint("refused")
