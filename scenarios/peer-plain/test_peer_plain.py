import pytest

from harness.bed.base.wait import Fact

LIMIT = 600
REQID = 7
PEERS = ["libreswan", "openiked"]


def policies(host, verb, ends):
    """Ours installs none; nothing passes in the clear between the two."""
    own, other = ends if host.member.hoa else ends[::-1]
    for way, src, dst in (("out", own, other), ("in", other, own)):
        command = f"ip xfrm policy {verb} src {src}/128 dst {dst}/128 dir {way}"
        template = f" tmpl src {src} dst {dst} proto esp reqid {REQID} mode tunnel"
        host.typed(command + (template if verb == "add" else ""))


def spis(host):
    return {s.spi for s in host.xfrm().states if s.proto == "esp" and not s.larval}


def agreed(ours, peer, before=frozenset()):
    """One pair stands on both ends, and no SPI of it is one of `before`."""
    def missing():
        now = spis(ours)
        fine = len(now) == 2 and now == spis(peer) and not now & before
        return None if fine else f"{sorted(now)} and {sorted(spis(peer))}"
    return Fact(f"{ours.name} and {peer.name} have the same new pair of SAs", missing)


@pytest.mark.parametrize("side", ["moon", "carol"])
@pytest.mark.parametrize("name", PEERS)
@pytest.mark.req("G-87")
def test_peer_plain(bed, name, side):
    """Between two hosts that do not move: a tunnel by certificates, rekeys from either end."""
    carol, moon = bed.nodes("carol", "moon")
    peer, ours = (moon, carol) if side == "moon" else (carol, moon)
    bed.give(peer, ike=name)
    ends = carol.coa, bed.home_agent
    policies(ours, "add", ends)
    for host in (moon, carol):
        host.start_ike()
        bed.wait(host.ike_running, within=10)
    bed.wait(agreed(ours, peer), within=15)
    for node in (ours, peer):
        before = spis(ours)
        node.rekey(f"plain{{{REQID}}}")
        bed.wait(agreed(ours, peer, before), within=70)
        before = ours.ike_spis()
        node.rekey("plain[1]")
        bed.wait(ours.ike_rekeyed(before), within=170)
    bed.wait(agreed(ours, peer), within=15)
    with bed.traffic(*ends, node=carol) as ping:
        bed.wait(ping.answered(25), within=3)
    policies(ours, "delete", ends)
