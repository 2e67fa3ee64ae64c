import pytest

NEW = "2001::50"


@pytest.mark.req("C-041!", "C-042!", "C-048!", "G-18")
def test_somebody_else_has_the_home_address(bed):
    """A host on the home link answers the probe: carol is refused, and told why."""
    carol, dave, moon = bed.nodes("carol", "dave", "moon")
    dave.move_to("hl")
    dave.add_address(f"{carol.hoa}/64 nodad")
    bed.may_only_signal(carol)
    bed.start(moon, carol)
    bed.wait(carol.logged("mip6d", "refuses the binding: duplicate"), within=10)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.hold(1, "what carol sends from her home address stays with her")
    assert carol.blocked.missing() is None and carol.unbound.missing() is None
    bed.checkpoint("taken")
    bed.timeline.expect_order(
        "^neighbour solicitation for 2001:1::10: ::",
        "^neighbour advertisement for 2001:1::10", "^BA .* status 134")
    dave.del_address(f"{carol.hoa}/64")
    bed.may_only_signal()
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    bed.wait(carol.registered_at(NEW), within=10)
    bed.checkpoint("free-again")
    assert len(ping.lost) == len(ping.echoes)


@pytest.mark.req("C-040!", "C-042!", "G-27")
def test_a_node_that_the_list_denies(bed):
    """dave may sign on, but moon's access list does not let him register; carol is undisturbed."""
    carol, dave, moon = bed.nodes("carol", "dave", "moon")
    bed.may_only_signal(dave)
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.start(dave)
        bed.wait(dave.logged("mip6d", "refuses the binding: administratively"), within=10)
        bed.wait(ping.answered(25), within=5)
    assert not ping.lost and dave.unbound.missing() is None
    bed.checkpoint("denied")
    bed.timeline.expect_order("^BU .* CoA 2001::41a:a8ff:fe6f:d68", "^BA .* status 129")
    bed.timeline.expect_none("^neighbour .* for 2001:1::20: :: ")
