import pytest

from harness.bed.faults import forge_ike

OTHER = "2001::50"


@pytest.mark.req("A-200", "G-75")
def test_mobike_off(bed):
    """An UPDATE_SA_ADDRESSES in carol's own IKE_SA is answered, and nothing moves."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    carol.add_address(f"{OTHER}/128")
    bed.wait(carol.address_usable(OTHER), within=3)
    bed.checkpoint("registered")
    keys = forge_ike.initiators((bed.results / "carol.ike.keys").read_text())
    number = max(m.id for m in bed.ike_messages(0.0) if not m.response) + 1
    update = forge_ike.notify(keys, number, forge_ike.UPDATE_SA_ADDRESSES)
    forge_ike.send(carol, OTHER, bed.home_agent, update)
    bed.wait(moon.logged("iked", f"generating INFORMATIONAL response {number} [ ]"), within=3)
    assert [sa["remote"]["address"] for sa in moon.ike_status()["sas"]] == [carol.coa]
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)
    bed.expect_unchanged("registered")
    bed.timeline.first(f"^INFORMATIONAL response {number}: {bed.home_agent} -> {OTHER}")
    assert not any("MOBIKE_SUP" in node.log_text("iked") for node in (carol, moon))
