"""Time in a guest: an hour is waited for at once, and how fast busy time counts decides nothing.

Held are the guest's own times, counts, and the order of events; never the time on the wall.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bed.base.job import OWN, Job
from harness.bed.check import timeline
from harness.bed.engine import clock, suite
from harness.bed.engine.play import Fleet
from harness.bed_tests.kernel import by_hand

# All tests here together, in seconds of the guest's clock.
LIMIT = 6000
HOUR = 3600.0
RATES = ("1/5", "1/50")
SCENARIO = "coa-change"
TOLD = (timeline.STEP, timeline.WAIT, timeline.CHECKPOINT, timeline.KERNEL)
SIGNALLING = r"^(IKE_|CREATE_CHILD_SA|INFORMATIONAL|BU |BA )"
LEFT_OUT = r"(?<=^B[UA] )\d+ | lifetime [1-9]\d* s"
# What the kernel tells of links, addresses and routes goes by a socket of its own, and some of it
# by work that it puts off: against what it tells of IPsec it has no order.
NETWORK = r"link |address |route "
ADVERTISED = r"address \S+/64 interface \d+ appears$"


def needs_own_clock(job: Job) -> None:
    if job.clock != OWN:
        pytest.skip("the guest is on the machine's clock, which nobody can make faster")


@pytest.mark.req("T-110")
def test_an_hour_passes_and_what_stands_goes_on_standing(bed):
    """Nodes stand, an hour is held: every clock has moved by it, SAs and addresses by nothing."""
    needs_own_clock(bed.job)
    carol, moon = bed.nodes("carol", "moon")
    for host in (carol, moon):
        by_hand.register(host, carol.coa)
    bed.wait(carol.registered, within=1)
    bed.checkpoint("by-hand")
    owned = [host.own() for host in (carol, moon)]
    before = clocks(bed, moon)
    bed.hold(HOUR, "nothing happens")
    for then, now in zip(before, clocks(bed, moon), strict=True):
        assert HOUR <= now - then < HOUR + 60
    assert [host.own() for host in (carol, moon)] == owned
    assert (carol.address(carol.coa) or pytest.fail("carol's address is gone")).usable
    bed.expect_unchanged("by-hand")
    for host in (carol, moon):
        by_hand.clear(host)


def clocks(bed, host) -> list[float]:
    """Seconds of the kernel's monotonic clock, of its clock of the day, and since it booted."""
    up = host.read("/proc/uptime")
    return [bed.clock.monotonic(), bed.clock.time(), float(up.split()[0])]


def played(job: Job, folder: Path, rate: str) -> Path:
    """The results of the scenario at that rate, in a guest of its own."""
    scenario = next(one for one in suite.scenarios(job.top) if one.name == SCENARIO)
    mine = replace(job, scenario=SCENARIO, results=folder, only=[], limit=scenario.limit)
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(clock.RATE, rate)
        ended = Fleet().play(mine, scenario.tests, said.append)
    assert ended.status == 0, "\n".join([ended.reason, *said[-10:]])
    return folder


def dumps(folder: Path) -> dict[str, str]:
    """What every node had at every checkpoint, as expected files have it."""
    return {path.name: path.read_text() for path in sorted(folder.glob("*.xfrm"))}


def order(folder: Path) -> dict[str, list[str]]:
    """What happened, one list a source: the story's steps, the signalling, and each node's kernel,
    its network and its IPsec apart.

    Left out is what chance or the clock itself decides, never what a daemon does:
    - the order between two sources, for while the driver owes a word the clock is held, and all
      that happens meanwhile has one moment
    - echo requests, a new one every 20 ms for as long as a story takes, and notes that count them
    - advertisements, probes and solicitations of neighbours and prefixes, which radvd and kernel
      delay by chance, and the address of an advertisement, which is told anew with each of them
    - sequence numbers, which begin by chance, and how many seconds of a prefix are left
    """
    found: dict[str, list[str]] = {}
    for event in timeline.build(folder).events:
        signalling = event.kind == timeline.PACKET and re.search(SIGNALLING, event.text)
        if not signalling and event.kind not in TOLD:
            continue
        source = "signalling" if signalling else f"{event.kind} {event.who}"
        if event.kind == timeline.KERNEL and re.match(NETWORK, event.text):
            source += ", network"
        if not re.match(ADVERTISED, event.text):
            found.setdefault(source, []).append(re.sub(LEFT_OUT, "", event.text))
    return found


@pytest.mark.req("T-110")
def test_the_rate_of_busy_time_changes_no_dump_and_no_order_of_events(stage):
    needs_own_clock(stage.job)
    slow, fast = (played(stage.job, stage.job.results / f"rate-{rate.replace('/', '-')}", rate)
                  for rate in RATES)
    assert dumps(slow) == dumps(fast) and dumps(slow)
    happened = order(slow)
    assert happened == order(fast)
    assert {"command carol", "kernel carol", "kernel moon", "signalling"} <= {*happened}
