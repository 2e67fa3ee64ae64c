"""bench - what an IKE_SA, a move, a start and a page cost: a table and build/results/bench.json.

    make bench                               all parts
    /usr/bin/python3 -m harness.bench ike    IKE_SAs only (a minute)
    /usr/bin/python3 -m harness.bench move   moves only: coa-change in 20 guests (five minutes)
    /usr/bin/python3 -m harness.bench load   iked with 1,000 and 10,000 connections (ten seconds)
    /usr/bin/python3 -m harness.bench page   the page of a hundred scenarios (ten seconds)
    /usr/bin/python3 -m harness.bench overlap    fifty moves at 1,000 packets a second, on every
                                             kernel under build/kernels, strongSwan beside

Exit status: 0 when everything was measured, whatever the figures are.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.bed import run
from harness.bed.base import places
from harness.bed.base.spelling import meant
from harness.bed.check import timeline
from harness.bed.engine import build, clock, guest, kernel, kernels, suite
from harness.bed.engine.play import Fleet
from harness.bed.report.report import Report
from harness.bench import loading, move, overlap, page
from harness.bench.table import Figure, text

TOP = Path(__file__).resolve().parents[2]
RESULTS = places.results(TOP)
MOVES = 20
AIM_INIT_AUTH_MS = {"modp2048": 1.3, "curve25519": 0.75}
AIM_OCTETS = 10_000
AIM_MIGRATE_US = 20
AIM_REPLY_MS = 32


class NotMeasured(RuntimeError):
    """The figure's run failed; the message says what to look at."""


@dataclass
class Measured:
    figures: list[Figure] = field(default_factory=list)
    raw: dict[str, object] = field(default_factory=dict)


def ike() -> Measured:
    """Two daemons with kernels in memory in one process."""
    command = [str(places.build(TOP) / "bench" / name) for name in ("bench_ike", "pki")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"bench_ike: {done.stderr.strip() or done.returncode}")
    raw = json.loads(done.stdout)
    sides = ("initiator", "responder")
    figures = [
        Figure(f"INIT+AUTH {row['suite']}, {side}, {row['sas']:,} SAs", row[f"{side}_ms"], "ms",
               AIM_INIT_AUTH_MS[row["suite"]])
        for row in raw["init_auth"] for side in sides]
    figures += [Figure(f"memory per SA pair, {side}", raw["octets_per_sa_pair"][side], "octets",
                       AIM_OCTETS) for side in sides]
    for row in raw["migrate"]:
        at = f"{row['sas']:,} SAs"
        figures.append(Figure(f"MIGRATE event, {at}", row["us_per_event"], "us", AIM_MIGRATE_US))
        figures.append(Figure(f"MIGRATE events in a second, {at}", row["per_second"], "/s"))
    return Measured(figures, {"ike": raw})


def _moves(folder: Path) -> list[dict[str, float]]:
    """coa-change in a guest after another, with the daemons as they are installed.

    The figures are of this machine, so the clock is the machine's.
    """
    options = run.parse(["--real-time", "--repeat", str(MOVES), "coa-change"])
    build.surroundings(TOP)
    guest.check(clock.preload(TOP))
    programs = build.programs(TOP, plain=True, needed=True)
    each = run.Run(options, folder, programs, Fleet(), Report(sys.stderr))
    scenario = next(one for one in suite.scenarios(TOP) if one.name == "coa-change")
    found = []
    for number in range(1, MOVES + 1):
        outcomes = run.run_once(each, scenario, number, lambda line: None)
        each.report.add(outcomes)
        if any(one.outcome != "passed" for one in outcomes):
            raise NotMeasured(f"coa-change: {outcomes[0].sentence}")
        found.append(move.times(timeline.build(folder / f"coa-change.{number}")))
    return found


def moves() -> Measured:
    """Each run's steps from the deletion of the address on."""
    folder = RESULTS / time.strftime("bench-%Y%m%d-%H%M%S")
    folder.mkdir(parents=True)
    runs = _moves(folder)
    spreads = move.spreads(runs)
    last = move.STEPS[-1].name
    figures = [
        Figure(f"address gone to {name}", spread.median, "ms",
               AIM_REPLY_MS if name == last else None, spread.min, spread.max)
        for name, spread in spreads.items()]
    rows = [{name: round(1000 * value, 2) for name, value in one.items()} for one in runs]
    return Measured(figures, {"moves_ms": rows, "moves_clock": "real",
                              "moves_folder": places.shown(folder, TOP)})


def pages() -> Measured:
    return Measured(page.figures())


def loads() -> Measured:
    """The daemon as it is installed, with kernel sockets and without a packet."""
    return Measured(loading.figures())


def overlaps() -> Measured:
    """Moves while SAs of a rekey overlap, on the installed kernel and on fetched ones."""
    used = [kernel.installed(), *kernels.had(TOP).values()]
    return Measured(list(overlap.measured(TOP, used)))


PARTS: dict[str, Callable[[], Measured]] = {"page": pages, "load": loads, "ike": ike,
                                            "move": moves, "overlap": overlaps}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="harness.bench", description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=" or ".join(PARTS))
    names = parser.parse_args(arguments).parts or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]}: {' or '.join(PARTS)}"
                     f"{meant(unknown[0], PARTS)}")
    before = os.getloadavg()[0]
    try:
        measured = [PARTS[name]() for name in names]
    except (NotMeasured, loading.NotLoaded, move.MissingStep, guest.Unfit, build.Broken,
            OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    figures = [figure for part in measured for figure in part.figures]
    print(text(figures))
    load = os.getloadavg()[0]
    print(f"on {os.cpu_count()} processors, load {before:.1f} before and {load:.1f} after it; "
          "as JSON in build/results/bench.json")
    if before > os.cpu_count() / 2:
        print("note: the machine had other work; a guest that waits for a processor moves late")
    RESULTS.mkdir(parents=True, exist_ok=True)
    document = {"figures": [figure.as_json() for figure in figures],
                "load": [round(before, 2), round(load, 2)]}
    for part in measured:
        document |= part.raw
    (RESULTS / "bench.json").write_text(json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
