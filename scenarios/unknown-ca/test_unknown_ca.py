import pytest


@pytest.mark.req("A-091!")
def test_unknown_ca(bed):
    """moon's certificate is from a CA that carol does not know: nothing comes up."""
    carol, moon = bed.nodes("carol", "moon")
    bed.nothing_may_come_up()
    bed.start(moon, carol)
    bed.wait(carol.logged("iked", "no path to a trusted CA"), within=10)
    bed.hold(2, "carol's mip6d tries again")
    bed.checkpoint("refused")
