"""cost - what a run costs now beside what it cost at commit d6f4d1b: processor time, one machine.

    make bench-cost                         coa-change, all folders of that commit, and the sum
    make bench-cost COST=--coa-change       a short look: coa-change only
    make bench-cost COST="--folders 5"      a short look: coa-change, five folders, and the sum

Of each tree ./run-tests.sh is measured as it is typed, after a run that is not counted and that
compiles. It runs on the installed kernel and, where it was fetched, on Linux 7. The commit stands
in a git worktree under build/cost.
Exit status: 0 when everything was measured and passed, whatever the figures are.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.bed.base import places
from harness.bed.engine import kernel, kernels
from harness.bed.engine.kernel import Kernel
from harness.bench.meter import Spent, meter

TOP = Path(__file__).resolve().parents[2]
COMMIT = "d6f4d1b"
BEFORE, NOW = f"commit {COMMIT}", "this tree"
FOLDER, RESULT = places.build(TOP) / "cost", places.results(TOP) / "cost.json"
# Of what it was: by the first word of the kernel's number.
AIMS = {"6.1": 1 / 3, "7": 1 / 2}
FEW, BOTH = "coa-change", "both"
Measure = Callable[[Sequence[str], Path], Spent]


class NotMeasured(RuntimeError):
    """What there is no figure of, and why."""


@dataclass(frozen=True)
class Row:
    """Seconds of processor time; `before` is None where the commit could not be measured."""

    kernel: str
    what: str
    before: float | None
    now: float
    failed: int

    @property
    def ratio(self) -> float | None:
        return self.now / self.before if self.before else None

    @property
    def aim(self) -> float | None:
        return next((aim for start, aim in AIMS.items()
                     if f"{self.kernel}.".startswith(f"{start}.")), None)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=TOP, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured((done.stderr.strip().splitlines() or ["git failed"])[-1])
    return done.stdout


def worktree() -> Path:
    """The commit's tree; NotMeasured says what to type where this clone lacks it."""
    place = FOLDER / COMMIT
    try:
        _git("cat-file", "-e", f"{COMMIT}^{{commit}}")
    except (NotMeasured, FileNotFoundError):
        raise NotMeasured(f"there is no {BEFORE} in this clone, so there is nothing to compare "
                          "with: type git fetch --unshallow, or clone it whole") from None
    if not (place / "run-tests.sh").exists():
        _git("worktree", "prune")
        _git("worktree", "add", "--force", "--detach", str(place), COMMIT)
    return place


def folders() -> list[str]:
    """The scenarios that the commit has and that are here too."""
    names = _git("ls-tree", "-r", "--name-only", COMMIT, "scenarios/").splitlines()
    found = sorted({name.split("/")[1] for name in names if "/test_" in name})
    return [name for name in found if (TOP / "scenarios" / name).is_dir()]


def grounds() -> list[Kernel]:
    """The installed kernel, and Linux 7 where it was fetched."""
    installed = kernel.installed()
    newer = [one for one in kernels.had(TOP).values() if one.release.startswith("7.")]
    return [Kernel(installed.binary, installed.modules, named=True), *newer]


def command(ground: Kernel, names: Sequence[str]) -> list[str]:
    """What is typed; with a number of guests, so that a single one tells no story either."""
    return ["./run-tests.sh", "--json", f"-j{os.cpu_count()}", f"--kernel={ground.binary}",
            f"--modules={ground.modules}", *names]


def spent(measure: Measure, ground: Kernel, names: Sequence[str], tree: Path) -> tuple[float, int]:
    """Seconds, and how many tests failed."""
    found = measure(command(ground, names), tree)
    lines = found.said.splitlines()
    if not lines:
        raise NotMeasured(f"./run-tests.sh in {tree} ended with {found.status} and no result; "
                          "what it said stands above")
    return found.seconds, json.loads(lines[-1])["failed"]


def rows(measure: Measure, wanted: list[tuple[str, list[str]]], old: Path | None) -> Iterator[Row]:
    trees = [tree for tree in (old, TOP) if tree]
    for ground in grounds():
        for tree in trees:
            spent(measure, ground, [FEW], tree)
        found = []
        for what, names in wanted:
            found.append([spent(measure, ground, names, tree) for tree in trees])
            yield row_of(ground, what, found[-1])
        if len(found) > 1:
            yield row_of(ground, BOTH, [tuple(map(sum, zip(*one))) for one in zip(*found)])


def row_of(ground: Kernel, what: str, found: Sequence[tuple[float, int]]) -> Row:
    """Of what was spent in this tree, and before that in the commit's where it is there."""
    *before, (now, _) = found
    return Row(ground.release, what, before[0][0] if before else None, now,
               sum(failed for _, failed in found))


def line(row: Row) -> str:
    before = "-" if row.before is None else f"{row.before:.1f} s"
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    aim = "-" if row.aim is None else f"{row.aim:.2f}"
    word = "" if row.ratio is None or row.aim is None else \
        "reached" if row.ratio <= row.aim else "missed"
    failed = f"  ({row.failed} tests failed)" if row.failed else ""
    return (f"{row.kernel:10} {row.what:24} {before:>10} {row.now:>8.1f} s {ratio:>6} {aim:>5}  "
            f"{word}{failed}").rstrip()


def asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="harness.bench.cost", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    few = parser.add_mutually_exclusive_group()
    few.add_argument("--coa-change", action="store_true", help="coa-change only")
    few.add_argument("--folders", type=int, metavar="N", help="N folders instead of all")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = asked(arguments)
    found: list[Row] = []
    try:
        try:
            old: Path | None = worktree()
            wanted = [(FEW, [FEW])]
            if not options.coa_change:
                names = folders()[:options.folders]
                wanted.append((f"{len(names)} folders together", names))
        except NotMeasured as error:
            print(f"bench-cost: {error}", file=sys.stderr)
            old, wanted = None, [(FEW, [FEW])]
        with meter() as (by, measure):
            print(f"processor time, user and system, of all processes, {by}; before is {BEFORE}\n"
                  f"{'kernel':10} {'what':24} {'before':>10} {'now':>10} {'ratio':>6} {'aim':>5}",
                  flush=True)
            for row in rows(measure, wanted, old):
                found.append(row)
                print(line(row), flush=True)
    except (NotMeasured, kernel.Unfit) as error:
        print(f"bench-cost: {error}", file=sys.stderr)
        return 1
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps({"by": by, "rows": [asdict(row) for row in found]}, indent=1))
    return 1 if any(row.failed for row in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
