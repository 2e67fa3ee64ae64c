import pytest

from harness.bed import ike_strongswan

NEW = "2001::50"
TUNNEL = 2


@pytest.mark.parametrize("other", ["moon", "carol"])
@pytest.mark.req("G-87", "A-080", "A-081", "B-024")
def test_peer_strongswan(bed, other):
    """Debian's strongSwan plays one side: both SA pairs, a rekey from each side, a move."""
    carol, moon = bed.nodes("carol", "moon", variant=f"{other}-is-strongswan")
    {"carol": carol, "moon": moon}[other].ike = ike_strongswan
    bed.start(moon, carol)
    bed.wait(carol.registered, within=15)
    bed.checkpoint(f"{other}-established")
    for node, child in ((carol, f"tunnel{{{TUNNEL}}}"), (moon, f"carol-tunnel{{{TUNNEL}}}")):
        before = carol.spis(TUNNEL)
        node.rekey(child)
        bed.wait(carol.rekeyed(TUNNEL, before) & moon.rekeyed(TUNNEL, before), within=10)
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    bed.wait(carol.registered_at(NEW), within=10)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
    bed.checkpoint(f"{other}-moved")
