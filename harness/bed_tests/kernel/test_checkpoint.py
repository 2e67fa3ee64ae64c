"""Facts, checkpoints and the end of a scenario, on SAs and policies put in by hand."""

import pytest

from harness.bed.base.wait import Fact, NotInTime
from harness.bed.stage.stage import Failed
from harness.bed_tests.kernel import by_hand

NEW = "2001::50"


def test_a_registration_is_seen_and_a_move_shows_what_moved(bed):
    """States by hand: both checkpoints are as expected, SPIs and keys stay, ends move."""
    carol, moon = bed.nodes("carol", "moon")
    with pytest.raises(NotInTime, match="carol has no care-of address state"):
        bed.wait(carol.registered, within=0.1)
    for host in (carol, moon):
        by_hand.register(host, carol.coa)
    bed.wait(carol.registered, within=1)
    bed.checkpoint("by-hand")
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    for host in (carol, moon):
        by_hand.move(host, carol.coa, NEW)
    bed.wait(carol.registered_at(NEW), within=1)
    bed.checkpoint("by-hand-moved")
    bed.expect_no_ike_messages(since="by-hand")
    for host in (carol, moon):
        by_hand.clear(host)


def test_one_sa_too_many_fails_the_checkpoint(bed):
    """A state that no expected file knows is named, and so is one left at the end."""
    carol, moon = bed.nodes("carol", "moon")
    for host in (carol, moon):
        by_hand.register(host, carol.coa)
    carol.run("ip xfrm state add src 2001:1::10 dst 2001:1::1 proto esp spi 0xc9 reqid 1 "
              f"mode transport {by_hand.AUTH.format(0xC9)}")
    with pytest.raises(Failed, match="carol state esp spi:carol.mh.to-ha#2"):
        bed.checkpoint("by-hand")
    for host in (carol, moon):
        by_hand.clear(host)


def test_what_is_left_fails_the_end(bed):
    """A forgotten rule, link, address and process are named."""
    (moon,) = bed.nodes("moon")
    moon.run("ip -6 rule add from 2001:1::10 lookup 252 priority 1001")
    with pytest.raises(NotInTime, match="moon: rule 1001 from 2001:1::10/128 table 252"):
        bed.finish(within=0.1)
    moon.run("ip -6 rule del priority 1001")
    moon.run("ip link add left0 type dummy")
    with pytest.raises(NotInTime, match="moon: link left0 left"):
        bed.finish(within=0.1)
    moon.run("ip link del left0")


def test_traffic_knows_what_was_lost(bed):
    """Pings from carol's care-of address: the gap is when her port is out of the bridge."""
    carol, _ = bed.nodes("carol", "moon")
    with bed.traffic(carol.coa, bed.cn, node=carol) as ping:
        bed.wait(ping.answered(10), within=3)
        bed.rtr.typed("ip link set carol down")
        bed.wait(Fact("requests go unanswered", lambda: (
            None if len(ping.lost) > 3 else "all are answered")), within=3)
        bed.rtr.typed("ip link set carol up")
        bed.wait(ping.answered(30), within=5)
    assert ping.gap > 0.02
    assert len(ping.echoes) > len(ping.lost)


@pytest.mark.req("T-803")
def test_a_chapter_judges_and_forgets(bed):
    """What is in the clear fails its own chapter; the captures of the next one begin anew."""
    carol, moon = bed.nodes("carol", "moon")
    bed.chapter("the first")
    sizes = {path: path.stat().st_size for path in bed.capture.links.values()}
    carol.run(f"ping -c 3 -i 0.1 {bed.home_agent}")
    bed.capture.settle()
    assert all(path.stat().st_size > size for path, size in sizes.items() if path.stem != "f2")
    bed.chapter("the second")
    assert all(path.stat().st_size < 1000 for path in bed.capture.links.values())
    by_hand.register(carol, carol.coa)
    carol.run("ip xfrm policy flush ptype main")
    carol.run(f"sh -c 'ping -c 1 -W 0.1 -I {carol.hoa} {bed.cn} || true'")
    with pytest.raises(Failed, match="before the third: f1: .* shows 2001:1::10 in the clear"):
        bed.chapter("the third")
    bed.allow_cleartext("it was let out on purpose", dst=bed.cn)
    by_hand.clear(carol)
