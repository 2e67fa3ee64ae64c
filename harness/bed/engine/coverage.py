"""coverage - which lines of src/ the unit tests and the scenarios run, as one HTML report.

The daemons of a scenario leave their counts in its results, where GCOV_PREFIX points; here they are
added to those of the unit tests, and lcov makes pages of the sum.
Errors:  NotMeasured says what failed; a scenario that failed is told and counts all the same.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from harness.bed.base import command, places
from harness.bed.engine import suite

TOP = Path(__file__).resolve().parents[3]
COUNTS = "gcov"
OBJECTS, REPORT = "cov/obj", "coverage"
PAGE = re.compile(r"page: (.+)/index\.html")
TOOLS = {"gcov-tool": "gcc", "lcov": "lcov", "genhtml": "lcov"}


class NotMeasured(RuntimeError):
    """There is no report; the message says why."""


def prepare(top: Path, results: Path) -> dict[str, str]:
    """A folder for the counts of one scenario, and what the daemons find in their environment.

    A daemon has given up the right to write where others may not: the folders are open to all.
    """
    objects, counts = places.build(top) / OBJECTS, results / COUNTS
    for module in (path.name for path in objects.iterdir() if path.is_dir()):
        (counts / module).mkdir(parents=True, exist_ok=True)
        (counts / module).chmod(0o777)
    return {"GCOV_PREFIX": str(counts), "GCOV_PREFIX_STRIP": str(len(objects.parts) - 1)}


def counted(folder: Path) -> bool:
    return any(folder.rglob("*.gcda"))


def merge(folders: Iterable[Path], target: Path) -> None:
    """Add up the counts of all folders into `target`."""
    for folder in folders:
        if not target.exists():
            shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.o", "*.d", "*.gcno"))
            continue
        fresh = target.with_name("fresh")
        _run(["gcov-tool", "merge", str(target), str(folder), "-o", str(fresh)])
        shutil.rmtree(target)
        fresh.rename(target)


def report(top: Path, run: Path) -> str:
    """Make the pages of the unit tests' counts and of those below `run`; the sums in a line."""
    out, objects = places.build(top) / REPORT, places.build(top) / OBJECTS
    shutil.rmtree(out, ignore_errors=True)
    (out / "work").mkdir(parents=True)
    counts = out / "work/counts"
    scenarios = list(filter(counted, sorted(run.rglob(COUNTS))))
    merge(filter(counted, [objects, *scenarios]), counts)
    for notes in objects.rglob("*.gcno"):
        target = counts / notes.relative_to(objects)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notes, target)
    info = out / "all.info"
    _run(["lcov", "-q", "--capture", "--directory", str(counts), "--base-directory", str(top),
          "--output-file", str(out / "work/raw.info")])
    _run(["lcov", "-q", "--extract", str(out / "work/raw.info"), f"{top}/src/*",
          "--output-file", str(info)])
    said = _run(["genhtml", "--title", "Perigee", "--legend", "--prefix", str(top),
                 "--output-directory", str(out), str(info)])
    shutil.rmtree(out / "work")
    return (f"{sums(said)}, by the unit tests and {len(scenarios)} scenarios: "
            f"{places.shown(out, top)}/index.html")


def sums(said: str) -> str:
    """Lines and functions out of genhtml's last words."""
    found = re.findall(r"(lines|functions)\.*: ([\d.]+)% \((\d+) of (\d+)", said)
    return ", ".join(f"{share} % of {total} {what}" for what, share, _, total in found)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env=os.environ | {"LC_ALL": "C"})
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines() or ["it says nothing"]
        raise NotMeasured(f"{command[0]} failed: {words[-1]}")
    return done.stdout


def _make(*words: str) -> None:
    if subprocess.run(["make", "-s", "-j2", "COV=1", *words], cwd=TOP, check=False).returncode:
        raise NotMeasured(f"make COV=1 {' '.join(words)} failed")


def measure(scenarios: list[str]) -> str:
    """Unit tests, then the scenarios, then the report."""
    lacking = {package for tool, package in TOOLS.items() if not shutil.which(tool)}
    if lacking:
        raise NotMeasured(f"programs are missing: apt-get install {' '.join(sorted(lacking))}")
    for old in (places.build(TOP) / OBJECTS).rglob("*.gcda"):
        old.unlink()
    _make("all")
    _make("check")
    return report(TOP, TOP / _scenarios(scenarios))


def _scenarios(names: list[str]) -> str:
    """Run them; the folder of the run, as its last lines name it."""
    said: list[str] = []

    def tell(line: str) -> None:
        print(line, flush=True)
        said.append(line)
    command.lines(["./run-tests.sh", "--coverage", "-j", "2", *names], TOP, tell)
    found = [match[1] for match in map(PAGE.match, said) if match]
    if not found:
        raise NotMeasured("no scenario ran")
    return found[-1]


def main(arguments: list[str]) -> int:
    scenarios = arguments or [one.name for one in suite.scenarios(TOP)]
    try:
        print(f"coverage: {measure(scenarios)}")
        return 0
    except NotMeasured as error:
        print(f"coverage: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
