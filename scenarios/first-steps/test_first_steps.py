import re

import pytest

ROUTED = ("add connection 'mh'", "route 'mh'", "CHILD_SA routed",
          "add connection 'tunnel'", "route 'tunnel'", "CHILD_SA routed")
MIGRATES = ("2001:1::10/128[135] === 2001:1::1/128[135] out with reqid {1}",
            "2001:1::1/128[135] === 2001:1::10/128[135] in with reqid {1}",
            "2001:1::10/128 === ::/0 out with reqid {2}",
            "::/0 === 2001:1::10/128 in with reqid {2}")


def expect_said(node, about, *wanted):
    """The lines of iked's log that hold a word of `about` end with these, in this order."""
    found = [line for line in node.log_text("iked").splitlines() if re.search(about, line)]
    for line, end in zip(found, wanted, strict=True):
        assert line.endswith(end)


@pytest.mark.req("B-090", "D-020", "G-01", "G-02")
def test_first_steps(bed):
    """Nobody answers: ipsec start installs nothing; mip6d waits for a link, then MIGRATEs."""
    carol, _ = bed.nodes("carol", "moon")
    bed.nothing_may_come_up()
    carol.start_ike()
    bed.wait(carol.ike_running, within=5)
    status = carol.run("ipsec status")
    assert "mh{1}:  ROUTED, TRANSPORT_PROXY" in status
    assert "tunnel{2}:  ROUTED, TUNNEL" in status
    expect_said(carol, "stroke|CHILD_SA", *ROUTED)
    bed.checkpoint("loaded")
    bed.rtr.typed("ip link set carol down")
    carol.del_address(f"{carol.coa}/64")
    carol.start_mip6()
    bed.wait(carol.mip6_running, within=5)
    bed.checkpoint("no-link")
    bed.rtr.typed("ip link set carol up")
    bed.wait(carol.logged("iked", MIGRATES[-1]), within=10)
    bed.checkpoint("care-of-address")
    expect_said(carol, "migrate job", *MIGRATES)
    assert "2001:1::10/128 scope global nodad home" in carol.run("ip addr show dev ip6tnl1")
