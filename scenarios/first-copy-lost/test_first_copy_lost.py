import pytest


@pytest.mark.req("A-021", "A-023", "C-062")
def test_first_copy_lost(bed):
    """The first copy of every IKE message, BU and BA is dropped; carol registers and moves."""
    carol, moon = bed.nodes("carol", "moon")
    bed.rtr.typed("nft -f /etc/first-copy-lost.nft")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=30)
    bed.checkpoint("established")
    carol.add_address("2001::50/128")
    bed.wait(carol.address_usable("2001::50"), within=3)
    carol.del_address("2001::41a:a8ff:fe6f:c67/64")
    bed.wait(carol.registered_at("2001::50"), within=10)
    bed.checkpoint("moved")
    assert bed.rtr.dropped("first_copy") >= 7
