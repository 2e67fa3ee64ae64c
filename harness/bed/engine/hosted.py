"""hosted - the tests without a guest: lint, unit tests and corpora, the testbed's pure tests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from harness.bed.engine import build
from harness.bed.report.report import Outcome, Report

UNIT_LINE = re.compile(r"\s*(PASS|FAIL|SKIP) (\S+)")
PYTEST_LINE = re.compile(r"(\S+::\S+) (PASSED|FAILED|ERROR|SKIPPED)")
ERROR_WORDS = re.compile(r"ERROR|error:|[Ff]ailed|Sanitizer")
WORDS = {"PASS": "passed", "PASSED": "passed", "SKIP": "skipped", "SKIPPED": "skipped"}


def lint(report: Report, top: Path) -> None:
    said: list[str] = []
    start = time.monotonic()
    status = build.lines(top, ["make", "-s", "lint"], said.append)
    faults = [line for line in said if status and not line.startswith("note:")]
    report.add([Outcome("lint", "failed" if status else "passed", time.monotonic() - start,
                        faults[0] if faults else "", "make lint" if status else "")])


def unit(report: Report, top: Path) -> None:
    """make check: one outcome per test program and corpus."""
    def reproduce(name: str) -> str:
        program = name.replace(".", "/", 1)
        if name.startswith("fuzz."):
            return " ".join(["make", *build.sanitized(), "check"])
        return f"build/{'san/' if build.sanitized() else ''}unit/{program}"
    command = ["make", "-s", *build.sanitized(), "check"]
    _stream(report, top, command, UNIT_LINE, lambda found: (found[2], found[1]), reproduce)


def bed(report: Report, top: Path) -> None:
    """The testbed's pure tests, by pytest on the host."""
    command = ["/usr/bin/python3", "-m", "pytest", "-v", "--no-header", "--tb=short", "--color=no",
               "-p", "no:cacheprovider", "--ignore=harness/bed_tests/kernel", "harness/bed_tests"]
    _stream(report, top, command, PYTEST_LINE, lambda found: (found[1], found[2]),
            lambda name: f"/usr/bin/python3 -m pytest '{name}'")


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
        if not found:
            said[name].append(line)
            return
        name, word = read(found)
        said[name] = []
        took, last = time.monotonic() - last, time.monotonic()
        if (outcome := WORDS.get(word, "failed")) == "failed":
            failed[name] = took
        else:
            report.add([Outcome(name, outcome, took)])

    status = build.lines(top, command, tell)
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
