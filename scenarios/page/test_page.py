"""The page's story once more, held against the page itself and against the reference run."""

import pytest

from harness.bed.base.wait import Fact
from harness.bed.check import evidence, wire
from harness.bed.check.evidence import CHECKPOINTS


def tunnel_used(carol):
    """The prefix solicitation that raised the tunnel SAs went through them, as on the page."""
    def missing():
        children = [c for sa in carol.ike_status()["sas"] for c in sa["children"]]
        used = any(c["name"] == "tunnel" and c["last_in_s"] is not None for c in children)
        return None if used else "nothing came in"
    return Fact("carol's tunnel has carried the prefix solicitation", missing)


@pytest.mark.req("B-006", "D-011", "D-026", "G-05", "G-06")
def test_ours_agrees_with_the_page(bed):
    """Dumps, log and statusall are the page's, and other programs read the same off the wire."""
    carol, moon = bed.nodes("carol", "moon")
    status = {}
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.wait(tunnel_used(carol), within=5)
    bed.checkpoint("established")
    status["established"] = carol.run("ipsec statusall")
    carol.add_address("2001::50/128")
    bed.wait(carol.address_usable("2001::50"), within=3)
    carol.del_address("2001::41a:a8ff:fe6f:c67/64")
    bed.wait(carol.registered_at("2001::50"), within=5)
    bed.checkpoint("moved")
    status["moved"] = carol.run("ipsec statusall")
    faults = []
    dumps = {node: {point: (bed.results / f"{node}.{point}.raw.txt").read_text()
                    for point in CHECKPOINTS} for node in ("carol", "moon")}
    for what, found in {
        "carol's dumps against the page": evidence.dumps_against_page(dumps["carol"]),
        "carol's dumps against the reference run":
            evidence.dumps_against_reference("carol", dumps["carol"]),
        "moon's dumps against the reference run":
            evidence.dumps_against_reference("moon", dumps["moon"]),
        "carol's log against the page": evidence.log_against_page(
            carol.log("iked").read_text() + carol.log("mip6d").read_text()),
        "statusall against the page": evidence.status_against_page(status, dumps["carol"]),
    }.items():
        bed.story.note(what)
        bed.story.details(found.lines())
        faults += found.faults + found.unused
    bed.capture.settle()
    faults += wire.check(
        bed.capture.links["f1"], dumps["carol"].values(), carol.hoa, bed.home_agent)
    assert not faults, "\n".join(faults)
