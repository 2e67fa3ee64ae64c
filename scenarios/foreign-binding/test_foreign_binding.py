import pytest

from harness.bed.faults import forge


@pytest.mark.req("B-009", "B-080", "F-001!", "G-61")
def test_foreign_binding(bed):
    """dave sends a BU for carol's home address in each of his own SAs; moon's kernel drops it."""
    carol, dave, moon = bed.nodes("carol", "dave", "moon")
    bed.start(moon, carol, dave)
    bed.wait(carol.registered & dave.registered, within=10)
    bed.checkpoint("registered")
    before = carol.binding()
    later = (before["seq"] + 1) % 0x10000
    update = forge.binding_update(sequence=later, lifetime=60, coa=dave.coa)
    for state in dave.outbound_sas():
        with bed.expect_refused(moon):
            forge.send_inside(dave, state, bed.home_agent, update, home_address=carol.hoa)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
    bed.expect_unchanged("registered")
    assert not ping.lost and carol.binding()["seq"] == before["seq"]
    for name in ("mh", "tunnel"):
        bed.timeline.first(f"^BU {later} .* in ESP spi:dave.{name}.to-ha#1")
