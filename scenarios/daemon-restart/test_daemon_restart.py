import pytest


def registered(bed, variant="."):
    carol, moon = bed.nodes("carol", "moon", variant=variant)
    bed.start(moon, carol)
    bed.wait(carol.registered, within=15)
    return carol, moon


def kill(bed, node, daemon):
    node.signal(daemon, "KILL")
    bed.wait(node.stopped(daemon), within=3)


def pings_pass(bed, carol):
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)


@pytest.mark.req("A-155", "B-101", "G-31")
@pytest.mark.parametrize("side", ["carol", "moon", "both"])
def test_iked_is_killed(bed, side):
    """iked of one node or both dies: its next run replaces the old SAs by new ones at once."""
    carol, moon = registered(bed)
    killed = [node for node in (moon, carol) if side in (node.name, "both")]
    before = {reqid: carol.spis(reqid) for reqid in carol.member.reqids}
    for node in killed:
        kill(bed, node, "iked")
    for node in killed:
        node.start_ike()
    for reqid, spis in before.items():
        bed.wait(carol.rekeyed(reqid, spis) & moon.rekeyed(reqid, spis), within=5)
    pings_pass(bed, carol)
    bed.checkpoint(f"{side}-iked")


@pytest.mark.req("B-102", "G-32")
def test_mip6d_of_the_mobile_node_is_killed(bed):
    """mip6d of carol dies: its next run registers with the SAs that stand, no IKE message."""
    carol, moon = registered(bed)
    bed.checkpoint("registered")
    kill(bed, carol, "mip6d")
    carol.start_mip6()
    bed.wait(carol.registered, within=15)
    pings_pass(bed, carol)
    bed.checkpoint("carol-mip6d")
    bed.expect_no_ike_messages(since="registered")


@pytest.mark.req("B-101", "G-30")
def test_both_daemons_of_the_home_agent_are_killed(bed):
    """Both of moon die: no stale SA is left, and carol's next refresh registers her anew."""
    carol, moon = registered(bed, variant="short")
    for daemon in ("mip6d", "iked"):
        kill(bed, moon, daemon)
    bed.start(moon)
    bed.wait(carol.registered, within=30)
    pings_pass(bed, carol)
    bed.checkpoint("moon-both")
