import pytest
from harness.bed.decode import pcap
from harness.bed.faults import forge, stray


def registered(bed):
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("registered")
    return carol, moon, *bed.nodes("dave")


@pytest.mark.req("C-012", "C-010!", "C-027!", "F-006!", "B-006!")
def test_home_address_option(bed):
    """The option counts with ESP alone; one of a stranger reflects nothing, and it is told so."""
    carol, moon, dave = registered(bed)
    for _ in range(20):
        with bed.expect_refused(moon):
            stray.send_optioned(dave, bed.home_agent, dave.coa, carol.hoa)
    bed.expect_unchanged("registered")
    errors = bed.timeline.find(r"^BE", since="registered", kind="packet")
    assert 1 <= len(errors) <= 20 and {e.source.ends[1] for e in errors} == {dave.coa}
    bed.timeline.expect_none("echo reply", since="registered")
    chains = {e.text[:2]: pcap.headers(e.source.octets)
              for e in bed.timeline.find(r"^(BU|BA) .* in ESP", kind="packet")}
    assert chains == {"BU": [pcap.DESTINATION, pcap.ESP], "BA": [pcap.ROUTING, pcap.ESP]}


@pytest.mark.req("C-011!", "F-007")
def test_routing_header(bed):
    """No header takes a packet anywhere but to carol's own home address, and there not bare."""
    carol, moon, dave = registered(bed)
    for final, header in ((bed.cn, {}), (carol.coa, {}), ("ff02::1", {}), (bed.cn, {"kind": 0}),
                          (carol.hoa, {"kind": 0}), (carol.hoa, {"segments_left": 2})):
        stray.send_routed(dave, carol.coa, dave.coa, final, **header)
    with bed.expect_refused(carol):
        stray.send_routed(dave, carol.coa, dave.coa, carol.hoa)
    bed.expect_unchanged("registered")
    bed.timeline.expect_none("echo reply", since="registered")
    seen = bed.timeline.find("echo request", "registered", kind="packet")
    assert {e.source.ends for e in seen} == {(dave.coa, carol.coa)}


@pytest.mark.req("F-009!")
def test_old_update_after_a_restart(bed):
    """moon starts anew with nothing kept: carol's old BU, sent by dave once more, is worthless."""
    carol, moon, dave = registered(bed)
    old = bed.timeline.first(r"^BU .* in ESP", kind="packet").source
    for daemon in ("mip6d", "iked"):
        carol.signal(daemon, "STOP")
        moon.signal(daemon, "KILL")
        bed.wait(moon.stopped(daemon), within=3)
    moon.typed("ip xfrm state flush")
    bed.start(moon)
    with bed.expect_refused(moon):
        forge.put(dave, bed.home_agent, old.octets)
    assert not [s for s in moon.xfrm().states if carol.hoa in (s.src, s.dst)]
    for daemon in ("iked", "mip6d"):
        carol.signal(daemon, "CONT")
