import pytest

NEW = "2001::50"


@pytest.mark.req("B-012", "B-072", "B-073", "G-24", "G-25")
@pytest.mark.parametrize("variant, flags", [("mn", "AH"), ("ha", "AHK")])
def test_without_k_bit(bed, variant, flags):
    """One of them does not let IKE_SAs follow: after the move carol makes a new one."""
    update, answer = f"^BU .* {flags} lifetime", "^BA .* status [01] lifetime"
    carol, moon = bed.nodes("carol", "moon", variant=variant)
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("registered")
    before = carol.ike_spis()
    with bed.traffic(carol.hoa, bed.cn) as ping:
        carol.add_address(f"{NEW}/128")
        bed.wait(carol.address_usable(NEW), within=3)
        carol.del_address(f"{carol.coa}/64")
        bed.wait(carol.registered_at(NEW), within=5)
        renewed = bed.wait(carol.ike_rekeyed(before) & moon.ike_rekeyed(before), within=5)
        bed.wait(ping.answered(25), within=5)
    bed.checkpoint(f"moved-{variant}")
    assert not ping.lost_since(renewed)
    bed.timeline.expect_order(update, answer, f"{update}.* CoA {NEW}", answer)
    assert all(NEW in (m.src, m.dst) for m in bed.ike_messages("registered"))
