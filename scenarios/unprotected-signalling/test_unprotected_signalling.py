import pytest

from harness.bed.faults import forge

OTHER = "2001:1::2"
DAVE_AT_HOME = "2001:1::41a:a8ff:fe6f:d68"


@pytest.mark.req("B-008!", "D-022!", "F-001!", "G-62", "G-63")
def test_unprotected_signalling(bed):
    """Binding messages without ESP reach neither daemon: dropped, counted, the binding stays."""
    carol, moon = bed.nodes("carol", "moon")
    moon.add_address(f"{OTHER}/64")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("registered")
    (dave,) = bed.nodes("dave")
    dave.move_to("hl")
    dave.typed("ip link set eth0 down")
    dave.typed("ip link set eth0 up")
    bed.wait(dave.address_usable(DAVE_AT_HOME), within=5)
    update = forge.binding_update(sequence=4711, lifetime=60, coa=DAVE_AT_HOME)
    for src, target in ((DAVE_AT_HOME, bed.home_agent), (DAVE_AT_HOME, OTHER),
                        (dave.link_local(), moon.link_local())):
        with bed.expect_refused(moon):
            forge.send(dave, src, target, update, home_address=carol.hoa)
    acknowledgement = forge.binding_ack(status=0, sequence=4711, lifetime=60)
    with bed.expect_refused(carol):
        forge.send(dave, bed.home_agent, carol.coa, acknowledgement, routing=carol.hoa)
    bed.expect_unchanged("registered")
