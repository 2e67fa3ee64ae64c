import pytest


@pytest.mark.req("A-090")
def test_expired(bed):
    """moon's certificate is out of date: nothing comes up, and carol's log says so."""
    carol, moon = bed.nodes("carol", "moon")
    bed.nothing_may_come_up()
    bed.start(moon, carol)
    bed.wait(carol.logged("iked", "is not accepted: expired"), within=10)
    bed.hold(2, "carol's mip6d tries again")
    bed.checkpoint("refused")
