"""A broken daemon is caught, and the failure names the fact; what hangs ends in time.

The daemons are stand-ins: what a broken one would put into the kernel is put there by hand.
"""

import shutil
import socket

import pytest

from harness.bed.base.wait import Fact, NotInTime
from harness.bed.check import always, finding
from harness.bed.node.node import CommandFailed
from harness.bed.stage.stage import Failed
from harness.bed_tests.kernel import by_hand

NEW = "2001::50"


def registered(bed):
    carol, moon = bed.nodes("carol", "moon")
    for host in (carol, moon):
        by_hand.register(host, carol.coa)
    return carol, moon


def moved(bed, followers):
    """carol changes her address, and only the SAs of `followers` go with her."""
    carol, moon = registered(bed)
    bed.checkpoint("by-hand")
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    for host in (h for h in (carol, moon) if h.name in followers):
        by_hand.move(host, carol.coa, NEW)
    return carol, moon


def clear(*hosts):
    for host in hosts:
        by_hand.clear(host)


@pytest.mark.parametrize("lazy, fact", [
    ("carol", "2001::41a:a8ff:fe6f:c67 to 2001:1::1, and carol has neither address"),
    ("moon", "end 2001::41a:a8ff:fe6f:c67, an address that no node has")], ids=["carol", "moon"])
def test_a_daemon_that_keeps_the_old_address_is_named(bed, lazy, fact):
    """After the move one node's SAs stay at the address that is gone."""
    carol, moon = moved(bed, {"carol", "moon"} - {lazy})
    with pytest.raises(Failed) as caught:
        bed.checkpoint("by-hand-moved")
    assert f"{lazy} state esp" in str(caught.value)
    assert fact in str(caught.value)
    clear(carol, moon)


def test_a_daemon_that_swaps_the_spis_is_named(bed):
    """carol's outbound tunnel SA has the SPI of the inbound one, and the reverse."""
    carol, moon = bed.nodes("carol", "moon")
    by_hand.register(moon, carol.coa)
    swapped = by_hand.SPIS | {"tunnel out": 0xc4, "tunnel in": 0xc3}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_hand, "SPIS", swapped)
        by_hand.register(carol, carol.coa)
    with pytest.raises(Failed) as caught:
        bed.checkpoint("by-hand")
    assert "spi:carol.tunnel" in str(caught.value)
    assert "source 2001::41a:a8ff:fe6f:c67, 2001:1::1 on moon" in str(caught.value)
    clear(carol, moon)


def test_a_daemon_that_leaves_an_sa_behind_is_named(bed):
    """Everything is cleared but one SA of carol."""
    carol, moon = registered(bed)
    kept = next(line for line in by_hand.states(carol.coa) if "reqid 2" in line)
    clear(carol, moon)
    carol.run(f"ip {kept}")
    with pytest.raises(NotInTime, match=f"carol: state esp {carol.coa} to 2001:1::1 left"):
        bed.finish(within=0.1)
    clear(moon)
    carol.run("ip xfrm state flush")


def test_a_daemon_that_lets_a_packet_out_in_the_clear_is_named(bed):
    """The policies go before the home address does, and something is sent."""
    carol, moon = registered(bed)
    bed.checkpoint("by-hand")
    carol.run("ip xfrm policy flush ptype main")
    with carol.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.bind((carol.hoa, 0))
        sock.sendto(b"payload", (bed.cn, 9))
    clear(carol, moon)
    with pytest.raises(Failed, match="udp from 2001:1::10 to 2001:9::9 shows .* in the clear"):
        bed.finish()
    bed.allow_cleartext("it was let out on purpose", dst=bed.cn)


@pytest.mark.req("T-901", "T-902", "T-903")
def test_a_daemon_that_moves_an_sa_by_making_it_anew_is_named(bed):
    """Numbers and time begin again, and a packet meets the hole between delete and add."""
    carol, moon = registered(bed)
    carol.keep("monitor", ["ip", "xfrm", "monitor", "acquire"])
    made = next(line for line in by_hand.states(carol.coa) if "reqid 2" in line)
    made = made.replace(" reqid 2", " reqid 2 limit time-hard 600")
    ping = f"sh -c 'ping -c 1 -W 1 -I {carol.hoa} {bed.cn} || true'"
    away = made.replace(" add ", " delete ").partition(" reqid ")[0]
    for command in (away, made):
        carol.run(f"ip {command}")
    carol.run(ping)
    bed.hold(3, "the SA has an age")
    for command in (f"ip {away}", f"ip {made}", ping, f"ip {away}", ping):
        carol.run(command)
    carol.signal("ip", "TERM")
    clear(carol, moon)
    with pytest.raises(Failed) as caught:
        bed.finish()
    said = str(caught.value)
    assert f"two packets of carol from {carol.coa} to {bed.home_agent} have one SPI" in said
    assert f"carol's tunnel SA with reqid 2 from {carol.coa} to {bed.home_agent} was given" in said
    assert f"asked for a tunnel SA with reqid 2 from {carol.coa} to {bed.home_agent}, and" in said
    bed.known += [finding.Known("", check, ".*carol.*", finding.ALWAYS, "it was made so")
                  for check in always.CHECKS]


def test_a_daemon_that_hangs_ends_the_run_with_one_sentence(bed):
    """A stopped daemon does not hear its end: the wait for it is over in time."""
    (moon,) = bed.nodes("moon")
    program = bed.results / "mip6d"
    shutil.copy(shutil.which("sh"), program)
    forever = "trap : TERM; mkfifo /run/never; : >/run/deaf; read line <>/run/never"
    hung = moon.keep("mip6d", [str(program), "-c", forever])
    moon.write("/run/mip6d.pid", f"{hung.pid}\n")
    bed.wait(Fact("it is deaf to SIGTERM", lambda: (
        "not yet" if moon.read("/run/deaf") is None else None)), within=2)
    moon.signal("mip6d", "STOP")
    with pytest.raises(NotInTime) as caught:
        bed.finish()
    assert str(caught.value) == ("waited 10 s until mip6d has ended on moon; last seen: "
                                 f"process {hung.pid} still runs")
    hung.kill()


def test_a_command_that_never_ends_is_named_with_its_node(bed):
    """A limit is over, and the sentence has the prompt and the command."""
    (moon,) = bed.nodes("moon")
    with pytest.raises(CommandFailed, match="^moon# tail -f /dev/null: did not end in 0.3 s$"):
        moon.run("tail -f /dev/null", within=0.3)


def test_a_daemon_that_has_died_is_named_by_the_wait_that_was_in_vain(bed):
    """It was started and not stopped, and no process of it is there."""
    (moon,) = bed.nodes("moon")
    moon.daemons.add("iked")
    with pytest.raises(NotInTime, match="last seen: nothing; iked of moon no longer runs$"):
        bed.wait(Fact("something comes", lambda: "nothing"), within=0.1)
