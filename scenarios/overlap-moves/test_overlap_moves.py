import pytest

FIRST, SECOND = "2001::50", "2001::51"
TUNNEL, MOVES, INTERVAL = 2, 50, 0.001
# Answers between two moves: Binding Updates have a rate (RFC 6275, 11.8).
BETWEEN = 400


def overlap(bed, carol, moon):
    """Both tunnel SA pairs of a rekey stand: its deletes are held back."""
    bed.rtr.typed("nft -f /etc/hold-deletes.nft")
    carol.rekey(f"tunnel{{{TUNNEL}}}")
    bed.wait(carol.pairs(TUNNEL, 2) & moon.pairs(TUNNEL, 2), within=5)
    bed.hold(3, "both pairs have an age that must go along")


def move(bed, carol, moon, old, new):
    carol.add_address(f"{new}/64 nodad")
    carol.del_address(f"{old}/64")
    bed.wait(carol.registered_at(new), within=5)
    bed.wait(carol.all_at(TUNNEL, new) & moon.all_at(TUNNEL, new), within=5)


@pytest.mark.parametrize("pairs", [1, 2])
@pytest.mark.req("B-104", "B-105", "B-106", "B-107")
def test_fifty_moves(bed, pairs):
    """A thousand packets a second leave meanwhile: each has its own number, no SA is asked for.

    Numbers, lifetimes and ACQUIREs are what every scenario is checked for.
    """
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    if pairs == 2:
        overlap(bed, carol, moon)
    at = carol.coa
    with bed.traffic(carol.hoa, bed.cn, every=INTERVAL) as ping:
        bed.wait(ping.answered(1), within=3)
        for number in range(MOVES):
            new = SECOND if number % 2 else FIRST
            move(bed, carol, moon, at, new)
            at = new
            bed.wait(ping.answered(BETWEEN), within=5)
    assert not bed.timeline.acquires(since=ping.echoes[0].answered)
    assert not carol.pairs(TUNNEL, pairs).missing() and not moon.pairs(TUNNEL, pairs).missing()
    if pairs == 2:
        bed.rtr.typed("nft delete table bridge hold")
