import pytest

from harness.bed.node import leftovers

HOURS, MOVES, LINKS = 24, 1000, ("f2", "hl", "f1")
MH, TUNNEL = 1, 2
MEMORY = 512  # KiB that a daemon may have more in the evening than in the morning
LIMIT = 100_000
BY_NAME = True


def place(carol, link):
    """The fact that she has arrived on it."""
    away = {"f1": carol.coa, "f2": "2001:2::41a:a8ff:fe6f:c67"}
    return carol.registered_at(away[link]) if link in away else carol.at_home


def holdings(host):
    """Memory of each daemon in KiB; and what must be the same: descriptors, states, rules."""
    pids = {name: host.pids_of(name)[0] for name in ("iked", "mip6d")}
    memory = {name: int(host.run(f"grep VmRSS /proc/{pid}/status").split()[1])
              for name, pid in pids.items()}
    open_files = {name: len(host.run(f"ls /proc/{pid}/fd").split()) for name, pid in pids.items()}
    dump = host.xfrm()
    return memory, (open_files, len(dump.states), len(dump.policies), leftovers.snapshot(host))


def an_hour(bed, carol, first, number):
    """So many moves, and when each had come to its end."""
    began, moves = bed.clock.time(), []
    for one in range(first, first + number):
        bed.hold(began + 3600 * (one - first + 1) / number - 10 - bed.clock.time(), "she stays")
        link = LINKS[one % len(LINKS)]
        carol.move_to(link)
        moves.append(bed.wait(place(carol, link), within=15))
    bed.hold(began + 3600 - bed.clock.time(), "the hour becomes full")
    return moves


@pytest.mark.req("T-802", "G-89", "A-137", "C-064")
def test_a_day(bed):
    """24 hours and 1,000 hand-overs: nothing leaks, no ping is lost but at a move."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered & carol.pairs(MH, 1) & carol.pairs(TUNNEL, 1), within=15)
    seen, done = [], 0
    for hour in range(1, HOURS + 1):
        until = MOVES * hour // HOURS // len(LINKS) * len(LINKS) + (hour == HOURS)
        with bed.traffic(carol.hoa, bed.cn, every=10) as ping:
            moves = an_hour(bed, carol, done, until - done)
        assert not [echo for echo in ping.lost
                    if not any(moved - 15 < echo.sent < moved for moved in moves)]
        for host in (carol, moon):
            bed.wait(host.pairs(MH, 1) & host.pairs(TUNNEL, 1), within=60)
        done, seen = until, [*seen, [holdings(host) for host in (carol, moon)]]
        bed.chapter(f"hour {hour} of {HOURS} is over, {done} moves")
    for (before, same), (after, still) in zip(seen[1], seen[-2]):
        assert still == same
        assert all(after[name] - before[name] < MEMORY for name in before), (before, after)
    assert done == MOVES
