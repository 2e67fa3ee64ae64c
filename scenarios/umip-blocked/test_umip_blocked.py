PROGRAM = "harness/bed/peers/umip-like"


def test_umip_blocked(bed):
    """While nothing stands UMIP blocks its own neighbour discovery: an advertisement helps."""
    carol, moon = bed.nodes("carol", "moon")
    bed.give(carol, mip6=str(bed.job.top / PROGRAM))
    bed.rtr.typed("nft -f /etc/no-ike.nft")
    bed.start(moon, carol)
    bed.hold(15, "IKE is not answered for longer than the kernel keeps a router")
    bed.rtr.typed("nft delete table bridge silent")
    bed.wait(carol.registered, within=75)
