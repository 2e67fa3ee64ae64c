"""hosted - the tests without a guest: lint, unit tests and corpora, the testbed's pure tests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from harness.bed import build
from harness.bed.report import Outcome, Report

UNIT_LINE = re.compile(r"\s*(PASS|FAIL|SKIP) (\S+)")
PYTEST_LINE = re.compile(r"(\S+::\S+) (PASSED|FAILED|ERROR|SKIPPED)")
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
    """One outcome per line that `pattern` knows, when it comes; the rest explains failures."""
    last, failures, rest = time.monotonic(), [], []

    def tell(line: str) -> None:
        nonlocal last
        found = pattern.match(line)
        if not found:
            rest.append(line)
            return
        name, word = read(found)
        took, last = time.monotonic() - last, time.monotonic()
        outcome = WORDS.get(word, "failed")
        if outcome == "failed":
            failures.append(name)
        report.add([Outcome(name, outcome, took,
                            reproduce=reproduce(name) if outcome == "failed" else "")])

    status = build.lines(top, command, tell)
    if failures:
        report.say("\n".join(rest))
    elif status:
        report.say("\n".join(rest[-20:]))
        report.add([Outcome(" ".join(command[:4]), "failed", sentence=f"exit status {status}",
                            reproduce=" ".join(command))])
