import pytest


@pytest.mark.req("B-100", "G-33")
def test_mip6d_before_iked(bed):
    """mip6d starts first on both nodes: carol is registered all the same once iked is there."""
    carol, moon = bed.nodes("carol", "moon")
    for node in (moon, carol):
        node.start_mip6()
        bed.wait(node.mip6_running, within=5)
    bed.hold(1, "binding updates find no key exchange")
    for node in (moon, carol):
        node.start_ike()
    bed.wait(carol.registered, within=10)
    bed.checkpoint("mip6d-first")


@pytest.mark.req("B-092!", "G-36")
def test_connections_swapped(bed):
    """tunnel before mh in carol's ipsec.conf: reqids come from policies, not the order."""
    carol, moon = bed.nodes("carol", "moon", variant="swapped")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("swapped")
