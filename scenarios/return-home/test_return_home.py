import pytest


@pytest.mark.req("C-044", "C-047", "G-15")
def test_return_home(bed):
    """carol comes home, de-registers and keeps her SAs; leaving again needs no key exchange."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("away")
    carol.move_to("hl")
    bed.wait(carol.at_home, within=10)
    bed.checkpoint("home")
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
    carol.move_to("f1")
    bed.wait(carol.registered_at(carol.coa), within=10)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
    bed.checkpoint("away-again")
    bed.expect_no_ike_messages(since="away")
