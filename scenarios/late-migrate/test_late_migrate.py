import pytest

NEW = "2001::50"


def held_while_moving(bed):
    """carol is registered; her mip6d stands still while her address changes."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.signal("mip6d", "STOP")
    carol.del_address(f"{carol.coa}/64")
    return carol, moon


@pytest.mark.req("A-202")
def test_late_migrate(bed):
    """mip6d is held for two seconds at the move; then everything heals by itself."""
    carol, _ = held_while_moving(bed)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.hold(2, "mip6d is stopped, nobody tells the kernel")
        carol.signal("mip6d", "CONT")
        bed.wait(carol.registered_at(NEW), within=10)
        bed.wait(ping.answered(25), within=5)
    bed.checkpoint("healed")


@pytest.mark.req("A-202!")
def test_late_migrate_with_a_larval_state_in_the_way(bed):
    """The outbound tunnel SA is deleted meanwhile: a larval state blocks the MIGRATE."""
    bed.kernel_may_warn("__xfrm_state_destroy", "a MIGRATE meets the larval state")
    carol, _ = held_while_moving(bed)
    carol.delete_outbound_tunnel()
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(carol.larval(reqid=2), within=5)
        bed.hold(2, "mip6d is stopped, a larval state stands in the way")
        bed.may_acquire(carol, reqid=2, why="the larval state is taken away for the MIGRATE")
        carol.signal("mip6d", "CONT")
        bed.wait(carol.registered_at(NEW), within=10)
        bed.wait(ping.answered(25), within=5)
    bed.checkpoint("healed")
