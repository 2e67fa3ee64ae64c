import pytest

from harness.bed.faults import rogue

HERS = rogue.Move("2001:1::10", "2001:1::1", reqid=1, local="2001::66")
FOREIGN = rogue.Move("2001:db8::10", "2001:1::1", reqid=99, local="2001::66")


def ends(carol):
    return [(sa["local"], sa["remote"]) for sa in carol.ike_status()["sas"]]


@pytest.mark.req("F-010", "B-103", "G-81")
def test_migrate_noise(bed):
    """Others move the like of carol's policy, or pretend to: her IKE_SA stays where she is."""
    carol, dave, moon = bed.nodes("carol", "dave", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("registered")
    before = ends(carol)
    for node, move in ((dave, HERS), (carol, FOREIGN)):
        rogue.migrate(node, move)
    assert rogue.pretend(carol, HERS) == 1
    spis = carol.spis(1)
    moon.rekey("carol-mh{1}")
    bed.wait(carol.rekeyed(1, spis) & moon.rekeyed(1, spis), within=5)
    assert ends(carol) == before
    assert all(carol.coa in (m.src, m.dst) for m in bed.ike_messages(since="registered"))
    for node, move in ((dave, HERS), (carol, FOREIGN)):
        rogue.forget(node, move)
    bed.checkpoint("rekeyed")
