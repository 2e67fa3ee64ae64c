import pytest


def asked(bed, exchange):
    """How many requests of that kind were sent, repetitions among them."""
    return len(bed.timeline.find(f"^{exchange} request"))


@pytest.mark.req("A-045", "A-176", "G-65")
def test_another_group_is_asked_for(bed):
    """carol begins with ecp256; moon asks for modp2048, for the IKE_SA and for the tunnel SA."""
    carol, moon = bed.nodes("carol", "moon", variant="groups")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.wait(carol.logged("iked", "accept DH group ECP_256, it requested MODP_2048"), within=1)
    bed.checkpoint("agreed")
    assert [asked(bed, e) for e in ("IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA")] == [2, 1, 2]


@pytest.mark.req("A-043!", "B-046!", "G-66")
@pytest.mark.parametrize("what, exchanges", [("ike", [2, 0, 0]), ("esp", [1, 1, 0])])
def test_no_common_proposal(bed, what, exchanges):
    """Nothing comes up, both logs say why, and carol does not hammer.

    What nobody protects she believes only after a second request.
    """
    carol, moon = bed.nodes("carol", "moon", variant=what)
    bed.nothing_may_come_up()
    bed.start(moon, carol)
    bed.wait(moon.logged("iked", "fits, refused (AES_CBC_256/"), within=10)
    bed.wait(carol.logged("iked", "received NO_PROPOSAL_CHOSEN notify"), within=10)
    bed.hold(6, "carol's mip6d repeats its update")
    bed.checkpoint(f"no-{what}")
    assert [asked(bed, e) for e in ("IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA")] == exchanges
