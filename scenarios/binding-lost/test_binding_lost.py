import pytest

from harness.bed.faults import forge

NEW = "2001::50"


def registered(bed):
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    return carol


@pytest.mark.req("C-049", "C-065", "G-21")
def test_a_binding_expires(bed):
    """carol is cut off: after 8 s moon gives her binding up, she holds her payload back."""
    carol = registered(bed)
    bed.checkpoint("registered")
    with bed.traffic(carol.hoa, bed.cn) as ping:
        with bed.link("f1").faults(loss=100):
            bed.wait(carol.unbound & carol.blocked, within=10)
            bed.checkpoint("expired")
        bed.wait(carol.registered, within=10)
        bed.wait(ping.answered(25), within=5)
    bed.expect_unchanged("registered")
    bed.expect_no_ike_messages(since="registered")


@pytest.mark.req("C-063", "G-22")
def test_sequence_numbers_are_brought_back_in_step(bed):
    """Another process of carol's registered with later numbers: 135 tells hers where to go on."""
    carol = registered(bed)
    before = carol.binding()
    later = (before["seq"] + 1000) % 0x10000
    update = forge.binding_update(sequence=later, lifetime=60, coa=carol.coa)
    forge.send_protected(carol, carol.hoa, bed.home_agent, update)
    bed.wait(carol.refreshed(since=before), within=3)
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    bed.wait(carol.registered_at(NEW), within=5)
    bed.timeline.expect_order(
        f"^BU {later} ", f"^BA {later} status [01] ", f"^BU .* CoA {NEW}",
        f"^BA {later} status 135",
        f"^BU {(later + 1) % 0x10000} .* CoA {NEW}", "^BA .* status [01] ")
