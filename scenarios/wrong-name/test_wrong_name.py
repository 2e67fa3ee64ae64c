import pytest


@pytest.mark.req("A-085!", "G-55")
def test_wrong_name(bed):
    """moon's certificate is for another name: nothing comes up, and both logs say so."""
    carol, moon = bed.nodes("carol", "moon")
    bed.nothing_may_come_up()
    bed.start(moon, carol)
    bed.wait(moon.logged("iked", "id 'moon.strongswan.org' not confirmed by certificate"), within=2)
    bed.wait(carol.logged("iked", "AUTH_FAILED"), within=10)
    bed.hold(2, "carol's mip6d tries again")
    bed.checkpoint("refused")
