import pytest


@pytest.mark.req("B-081", "B-092", "G-34", "G-35")
def test_two_nodes(bed):
    """dave registers before carol: SAs by policy, reqids 3 and 4, then 1 and 2."""
    carol, dave, moon = bed.nodes("carol", "dave", "moon")
    bed.start(moon, dave)
    bed.wait(dave.registered, within=10)
    bed.checkpoint("dave")
    bed.start(carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("both")
    for node in (carol, dave):
        with bed.traffic(node.hoa, bed.cn) as ping:
            bed.wait(ping.answered(25), within=5)
