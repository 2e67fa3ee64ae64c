"""overlap - what fifty moves at a thousand packets a second cost: lost packets, and the hole.

The scenario overlap-moves leaves the evidence: what was sent and answered, and what a node did to
its SAs. The hole is the time in which an SA was not in the kernel, from its delete to its return
under the same SPI; a kernel that moves it in one step has none.
Units:   packets of all moves together; milliseconds.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.bed.check import replay
from harness.bed.decode import kevents
from harness.bed.engine.kernel import Kernel
from harness.bed.node.traffic import ANSWERED, RECORD, SENT
from harness.bench.table import Figure

SCENARIO = "overlap-moves"
NODES = ("carol", "moon")
ONE_STEP = "MIGRATE_STATE"
STRONGSWAN = ("--carol-ike=strongswan", "--moon-ike=strongswan")
PAGE = re.compile(r"^page: (\S+)/index\.html$", re.M)


@dataclass(frozen=True)
class Ground:
    """Where the scenario runs, and which of its tests count there.

    strongSwan deletes the old outbound SA with the request that it sends, so it never has two
    whole pairs.
    """

    name: str
    options: tuple[str, ...]
    pairs: tuple[int, ...] = (2, 1)


@dataclass(frozen=True)
class Moves:
    """What a folder of results says."""

    sent: int
    lost: int
    holes: tuple[float, ...]
    in_one_step: int


def grounds(kernels: Iterable[Kernel]) -> Iterator[Ground]:
    """Ours on every kernel, strongSwan beside it on the first."""
    for number, kernel in enumerate(kernels):
        options = tuple(kernel.options) or ("--kernel=installed",)
        yield Ground(f"Linux {kernel.release}", options)
        if not number:
            yield Ground(f"Linux {kernel.release}, strongSwan", (*options, *STRONGSWAN), (1,))


def run(top: Path, ground: Ground, *more: str) -> Path:
    """The folder of the scenario's results."""
    done = subprocess.run([str(top / "run-tests.sh"), *more, *ground.options, SCENARIO], text=True,
                          capture_output=True, check=False)
    found = PAGE.search(done.stdout)
    if not found:
        raise OSError(f"{SCENARIO} on {ground.name}: {(done.stderr or done.stdout)[-300:]}")
    return top / found[1] / SCENARIO


def measured(top: Path, kernels: Iterable[Kernel]) -> Iterator[Figure]:
    """What is lost for want of a processor is no loss of a move, so packets are counted where the
    guest has a clock of its own; the hole is as long as it is on this machine."""
    for ground in grounds(kernels):
        own, real = run(top, ground), run(top, ground, "--real-time")
        for pairs in ground.pairs:
            test = f"test_fifty_moves[{pairs}]"
            yield from figures(ground, pairs, read(own / test), read(real / test))


def read(folder: Path) -> Moves:
    """The moves of one test; what never left because the mobile node held it back is not lost."""
    sent, answered = set(), set()
    for path in folder.glob("carol.ping.[0-9]*"):
        data = path.read_bytes()
        for what, number, *_ in RECORD.iter_unpack(data[:len(data) // RECORD.size * RECORD.size]):
            if what in (SENT, ANSWERED):
                (sent if what == SENT else answered).add(number)
    events = [kevents.read(node, folder / f"{node}.netlink.pcap") for node in NODES]
    holes = tuple(gap.seconds for one in events for gap in replay.replaced(one)
                  if gap.end is not None)
    steps = sum(event.name == ONE_STEP and event.asked and not event.error
                for one in events for event in one)
    return Moves(len(sent), len(sent - answered), holes, steps)


def figures(ground: Ground, pairs: int, own: Moves, moves: Moves) -> list[Figure]:
    name = f"{ground.name}, {pairs} pair{'s' * (pairs > 1)}"
    found = [Figure(f"{name}: lost of {own.sent:,} packets", own.lost, "packets")]
    if not moves.holes:
        how = "moved in one step" if moves.in_one_step else "moved by MIGRATE alone"
        return [*found, Figure(f"{name}: hole, {how}", 0, "ms")]
    spread = [round(1000 * value, 3)
              for value in (median(moves.holes), min(moves.holes), max(moves.holes))]
    return [*found, Figure(f"{name}: hole, deleted and added {len(moves.holes):,} times",
                           spread[0], "ms", min=spread[1], max=spread[2])]
