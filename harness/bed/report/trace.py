"""trace - requirements joined with what shows them, and with what shows that this is awake.

Reads docs/requirements.md and the result lines {"test", "outcome", "req": [ids]}: of the last run
of everything, of the runs of single scenarios since, and of the unit tests, with and without
sanitizers; where there was no run of everything it says so. The latest result of a test counts;
one that was skipped displaces none. An id with "!" is one whose refusal or boundary the test shows.
A requirement that passes on the conformance sheet was shown to the tester from both sides.
Of mutants those count that turned their test red when `make mutants` tried them as they are now.

Prints for each S requirement three columns: a passed test that shows it (`partly` where only a part
is due), one of its refusal or boundary, a mutant; and what is missing of the C requirements. Exit
status: 0, or 1 while an S requirement lacks one of the three, the first two are there for less than
90 % of the C requirements, a test names an unknown id or more than five.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.places import TYPED
from harness.mutants.results import turned_red

ROOT = Path(__file__).parents[3]
MOST_IDS = 5
SHOWN = 3
REFUSES = "!"
C_PERCENT = 90
RANK = {"skipped": 0, "passed": 1, "failed": 2}
LINT = "lint"
SHEET, SHEET_ROWS, OURS = "conformance/verdicts.json", "requirements-", "ours"
VERDICTS = {"pass": "passed", "FAIL": "failed"}


@dataclass(frozen=True)
class Requirement:
    id: str
    level: str
    partly: str
    text: str


@dataclass(frozen=True)
class Result:
    test: str
    outcome: str
    req: tuple[str, ...]


@dataclass
class Trace:
    """For each requirement its tests by outcome, and what is wrong with the markers."""

    passed: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=dict)
    mutants: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read_requirements(text: str) -> dict[str, Requirement]:
    rows = re.findall(
        r"^\| ([A-Z]-?\d+[a-z]?) \| (\S+) \| ?(.*?) ?\| (.+) \|$", text, flags=re.MULTILINE)
    return {row[0]: Requirement(*row) for row in rows}


def read_file(path: Path) -> list[Result]:
    """One result a test, the worst where it ran several times."""
    found: dict[str, Result] = {}
    for entry in map(json.loads, filter(str.strip, path.read_text().splitlines())):
        one = Result(entry["test"], entry["outcome"], tuple(entry["req"]))
        before = found.get(one.test)
        if not before or RANK.get(one.outcome, 2) >= RANK.get(before.outcome, 2):
            found[one.test] = one
    return list(found.values())


def read_results(paths: Iterable[Path]) -> list[Result]:
    """The latest result of each test; the files in the order in which they were written."""
    latest: dict[str, Result] = {}
    for one in (one for path in paths for one in read_file(path)):
        if one.outcome != "skipped" or one.test not in latest:
            latest[one.test] = one
    return list(latest.values())


def read_sheet(path: Path) -> list[Result]:
    """What the last runs of `make conformance` say of requirements."""
    cells = json.loads(path.read_text()) if path.exists() else []
    return [Result(f"conformance:{one['id']}", VERDICTS[one["verdict"]],
                   (one["id"], one["id"] + REFUSES)) for one in cells
            if one["list"].startswith(SHEET_ROWS) and one["subject"] == OURS
            and one["verdict"] in VERDICTS]


def _of_everything(path: Path) -> bool:
    """A run says so itself; one that has not said it had lint."""
    typed = path.with_name(TYPED)
    if typed.exists():
        return json.loads(typed.read_text())["whole"]
    return any(one.test == LINT for one in read_file(path))


def result_files(results: Path) -> list[Path]:
    runs = sorted(path for path in results.glob("2*-*/req.jsonl"))
    whole = [number for number, path in enumerate(runs) if _of_everything(path)]
    units = sorted(results.glob("unit/*.jsonl"), key=lambda path: path.stat().st_mtime)
    return [*runs[whole[-1] if whole else 0:], *units]


def unshown(results: Path) -> list[str]:
    """What the list does not rest on, because it never ran here."""
    if not any(_of_everything(path) for path in results.glob("2*-*/req.jsonl")):
        return ["no full run has come to its end here, so what is missing below may only not "
                "have run: type ./run-tests.sh, then make trace"]
    return []


def _marker_faults(result: Result, known: dict[str, Requirement]) -> list[str]:
    ids = [name.removesuffix(REFUSES) for name in result.req]
    faults = [f"{result.test} names unknown requirement {name}"
              for name in ids if name not in known]
    if len(ids) > MOST_IDS:
        faults.append(f"{result.test} names {len(ids)} requirements, {MOST_IDS} at most")
    return faults


def join(requirements: dict[str, Requirement], results: list[Result],
         mutants: dict[str, list[str]] | None = None) -> Trace:
    trace = Trace(mutants=mutants or {})
    for result in results:
        faults = _marker_faults(result, requirements)
        trace.faults += [fault for fault in faults if fault not in trace.faults]
        if result.outcome == "skipped":
            continue
        for name in result.req:
            shows = trace.refused if name.endswith(REFUSES) else trace.passed
            into = shows if result.outcome == "passed" else trace.failed
            into.setdefault(name.removesuffix(REFUSES), []).append(result.test)
    return trace


def verdict(requirement: Requirement, trace: Trace) -> str:
    """One word for a requirement: ok, partly, failed or none."""
    if requirement.id in trace.failed:
        return "failed"
    if requirement.id not in trace.passed:
        return "none"
    return "partly" if requirement.partly else "ok"


def _tests(names: list[str]) -> str:
    names = list(dict.fromkeys(re.sub(r"\[.*\]$", "", name) for name in names))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _columns(requirement: Requirement, trace: Trace) -> str:
    """What shows it, what shows its refusal, what shows that both are awake."""
    word = verdict(requirement, trace)
    tests = trace.failed.get(requirement.id) or trace.passed.get(requirement.id) or []
    limit = f" ({requirement.partly})" if requirement.partly and word != "none" else ""
    return " | ".join([f"{word:7} {_tests(tests) or requirement.text}{limit}",
                       f"refuses: {_tests(trace.refused.get(requirement.id, [])) or 'none'}",
                       f"mutant: {_tests(trace.mutants.get(requirement.id, [])) or 'none'}"])


def counts(requirements: dict[str, Requirement], trace: Trace, level: str) -> tuple[int, ...]:
    """Of this level: how many there are, are shown, are refused, have a mutant."""
    of_level = [r for r in requirements.values() if r.level == level]
    return (len(of_level), sum(verdict(r, trace) in ("ok", "partly") for r in of_level),
            sum(r.id in trace.refused and r.id not in trace.failed for r in of_level),
            sum(r.id in trace.mutants for r in of_level))


def report(requirements: dict[str, Requirement], trace: Trace) -> list[str]:
    """The printed lines: every S requirement, what C lacks, faults and a sum of each level."""
    lines = [f"{r.id:6} {_columns(r, trace)}" for r in requirements.values() if r.level == "S"]
    lines += [f"{r.id:6} {_columns(r, trace)}" for r in requirements.values() if r.level == "C"
              and (verdict(r, trace) not in ("ok", "partly") or r.id not in trace.refused)]
    lines += trace.faults
    for level in dict.fromkeys(r.level for r in requirements.values()):
        n, shown, refused, mutants = counts(requirements, trace, level)
        lines.append(f"level {level}: {shown} of {n} shown by a passed test, "
                     f"{refused} by one of a refusal or boundary, {mutants} by a mutant")
    return lines


def satisfied(requirements: dict[str, Requirement], trace: Trace) -> bool:
    n_s, *of_s = counts(requirements, trace, "S")
    n_c, shown, refused, _ = counts(requirements, trace, "C")
    return (not trace.faults and all(count == n_s for count in of_s)
            and min(shown, refused) * 100 >= n_c * C_PERCENT)


def main() -> int:
    requirements = read_requirements((ROOT / "docs/requirements.md").read_text())
    results = places.results(ROOT)
    found = read_results(result_files(results)) + read_sheet(results / SHEET)
    trace = join(requirements, found, turned_red(results))
    # First and last: a long list is read from its end.
    words = [f"trace: {sentence}" for sentence in unshown(results)]
    print("\n".join([*words, *report(requirements, trace), *words]))
    return 0 if satisfied(requirements, trace) else 1


if __name__ == "__main__":
    sys.exit(main())
