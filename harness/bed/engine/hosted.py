"""hosted - the tests without a guest: lint, unit tests and corpora, the testbed's pure tests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.command import lines
from harness.bed.engine import build
from harness.bed.report.report import Outcome, Report

UNIT_LINE = re.compile(r"\s*(PASS|FAIL|SKIP) (\S+)")
PYTEST_LINE = re.compile(r"(\S+::\S+) (PASSED|FAILED|ERROR|SKIPPED)")
ERROR_WORDS = re.compile(r"ERROR|error:|[Ff]ailed|Sanitizer")
MADE = re.compile(r"  [A-Z]+ +\S+$")
CORPUS = "fuzz."
WORDS = {"PASS": "passed", "PASSED": "passed", "SKIP": "skipped", "SKIPPED": "skipped"}


def lint(report: Report, top: Path, names: Sequence[str] = ()) -> None:
    said: list[str] = []
    start = time.monotonic()
    with report.step("lint"):
        status = lines(["make", "-s", "lint"], top, said.append)
    faults = [line for line in said if status and not line.startswith("note:")]
    report.add([Outcome("lint", "failed" if status else "passed", time.monotonic() - start,
                        faults[0] if faults else "", "make lint" if status else "")])


def unit(report: Report, top: Path, names: Sequence[str] = ()) -> None:
    """make check: one outcome per test program and corpus, of all or of the named ones."""
    with report.step("builds what unit tests are linked with") as told:
        build.unit_programs(top, told)
    kind = "san/unit" if build.sanitized() else "unit"
    folder = places.shown(places.build(top) / kind, top)
    def reproduce(name: str) -> str:
        if name.startswith(CORPUS):
            return " ".join(["make", *build.sanitized(), "check"])
        return f"{folder}/{name.replace('.', '/', 1)}"
    command = ["make", "-s", *build.sanitized(), "check"]
    if names:
        programs = [reproduce(name) for name in names if not name.startswith(CORPUS)]
        corpora = [name.removeprefix(CORPUS) for name in names if name.startswith(CORPUS)]
        command = ["env", "PARTLY=1", *command, f"UNITS={' '.join(programs)}",
                   f"FUZZ={' '.join(corpora)}"]
    _stream(report, top, command, UNIT_LINE, lambda found: (found[2], found[1]), reproduce)


def bed(report: Report, top: Path, names: Sequence[str] = ()) -> None:
    """The testbed's pure tests, by pytest on the host, all or the named ones."""
    command = ["/usr/bin/python3", "-m", "pytest", "-v", "--no-header", "--tb=short", "--color=no",
               "-p", "no:cacheprovider", "--ignore=harness/bed_tests/kernel",
               *(names or ["harness/bed_tests"])]
    _stream(report, top, command, PYTEST_LINE, lambda found: (found[1], found[2]),
            lambda name: f"/usr/bin/python3 -m pytest '{name}'")


# What runs, each part with the names of its outcomes, and those that speak for all of it.
PARTS: tuple[tuple[str, str, Callable[[Report, Path, Sequence[str]], None]], ...] = (
    ("lint", "lint", lint),
    (r"\w+\.test_\w+|fuzz\.\w+", r"(make|env) .*", unit),
    (r"harness/.*", r"/usr/bin/.*", bed),
)


def known(names: Iterable[str]) -> list[str]:
    """Those that are names of outcomes of this machine's tests."""
    return [name for name in names
            if any(re.fullmatch(f"{some}|{all_of_it}", name) for some, all_of_it, _ in PARTS)]


def run(report: Report, top: Path, names: Sequence[str] = ()) -> None:
    """Everything, or what is named."""
    for some, all_of_it, part in PARTS:
        mine = [name for name in names if re.fullmatch(f"{some}|{all_of_it}", name)]
        if mine or not names:
            part(report, top, [] if any(re.fullmatch(all_of_it, one) for one in mine) else mine)


def _stream(report: Report, top: Path, command: list[str], pattern: re.Pattern,
            read: Callable[[re.Match], tuple[str, str]],
            reproduce: Callable[[str], str]) -> None:
    """One outcome per line that `pattern` knows, when it comes; failures with their reason last."""
    last, name = time.monotonic(), ""
    failed: dict[str, float] = {}
    said: dict[str, list[str]] = {"": []}

    def tell(line: str) -> None:
        nonlocal last, name
        found = pattern.match(line)
        if MADE.match(line):
            told(line)
        elif not found:
            said[name].append(line)
        if not found:
            return
        name, word = read(found)
        said[name] = []
        took, last = time.monotonic() - last, time.monotonic()
        if (outcome := WORDS.get(word, "failed")) == "failed":
            failed[name] = took
        else:
            report.add([Outcome(name, outcome, took)])

    with report.step("builds and runs " + " ".join(command[:4])) as told:
        status = lines(command, top, tell)
    everything = [line for lines in said.values() for line in lines]
    for one, took in failed.items():
        report.say("\n".join(said[one] or everything))
        report.add([Outcome(one, "failed", took, _reason(one, said[one], everything),
                            reproduce(one))])
    if status and not failed:
        report.say("\n".join(everything[-20:]))
        report.add([Outcome(" ".join(command[:4]), "failed", sentence=f"exit status {status}",
                            reproduce=" ".join(command))])


def _reason(name: str, own: list[str], everything: list[str]) -> str:
    """pytest's summary line of the test, or the first line of a program that tells an error."""
    summary = [line for line in everything if line.startswith(f"FAILED {name} - ")]
    if summary:
        return summary[0].partition(" - ")[2]
    errors = [line.strip() for line in own if ERROR_WORDS.search(line)]
    return errors[0] if errors else (own[-1].strip() if own else "")
