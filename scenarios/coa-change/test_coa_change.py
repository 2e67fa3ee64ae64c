import pytest


@pytest.mark.req("B-055", "C-073", "G-06", "G-07", "G-26")
def test_coa_change(bed):
    """carol moves to 2001::50 on the same link; the SAs follow, nothing is renegotiated."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("established")
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(10), within=3)
        carol.add_address("2001::50/128")
        bed.wait(carol.address_usable("2001::50"), within=3)
        carol.del_address("2001::41a:a8ff:fe6f:c67/64")
        registered = bed.wait(carol.registered_at("2001::50"), within=5)
        bed.wait(ping.answered(25), within=3)
    assert not ping.lost_since(registered)
    bed.checkpoint("moved")
    bed.expect_no_ike_messages(since="established")
    bed.expect_esp_continues("f1", moved=4)
    bed.timeline.expect_order(
        "address 2001::41a:.* goes", "asked MIGRATE .* becomes 2001::50 -> 2001:1::1",
        "BU .* CoA 2001::50 in ESP", "BA .* status [01] ", since="established")
    assert not bed.timeline.acquires(since="established")
