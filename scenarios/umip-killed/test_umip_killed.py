import pytest

from harness.bed.peers.packages import NoPeer

NEW = "2001::50"


@pytest.mark.req("C-131")
def test_how_one_has_ended_is_known(bed):
    """Without a pid file: killed it is gone, the next registers at another address and leaves
    nothing of either, and one that ends says why.
    """
    carol, moon = bed.nodes("carol", "moon")
    bed.give(carol, mip6=f"{bed.job.top}/harness/bed/peers/umip-like")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    carol.signal("mip6d", "KILL")
    bed.wait(carol.stopped("mip6d"), within=3)
    assert "has ended with status -9" in carol.mip6_running.missing()
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    carol.start_mip6()
    bed.wait(carol.mip6_running & carol.registered_at(NEW), within=10)
    carol.stop_mip6()
    bed.wait(carol.stopped("mip6d"), within=5)
    carol.write("/etc/mip6d.conf", "NodeConfig Nobody;\n")
    with pytest.raises(NoPeer, match="has ended with status 1, its last words: .*Nobody"):
        carol.start_mip6()
