import pytest

NEW = "2001:2::41a:a8ff:fe6f:c67"


@pytest.mark.req("B-005", "B-023", "C-065", "C-067", "D-019")
def test_link_handover(bed):
    """carol goes from foreign link 1 to 2; an advertisement gives the new address."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("link-1")
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(10), within=3)
        carol.move_to("f2")
        registered = bed.wait(carol.registered_at(NEW), within=10)
        bed.wait(ping.answered(25), within=3)
    assert not ping.lost_since(registered)
    bed.checkpoint("link-2")
    bed.expect_no_ike_messages(since="link-1")
    bed.timeline.expect_order(
        "BA .* status [01] ", "echo request in ESP", "echo reply in ESP", since="link-1")
    bed.timeline.expect_none(r"^(HoTI|CoTI)")
