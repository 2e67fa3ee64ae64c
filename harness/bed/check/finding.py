"""finding - what a check that looks at every scenario has found, and the table of known ones.

A check gives findings; most scenarios have none. What a daemon still does wrong stands in
scenarios/known-findings, so that it fails nothing and is not forgotten: a row that says `always`
fails when what it tells of no longer comes about.
Shapes:  a finding's sentence is the same in every run, its detail has SPIs, numbers and times.
Errors:  FindingError for a row that cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

TABLE = "known-findings"
ALWAYS, SOMETIMES = "always", "sometimes"
COLUMNS = ("scenario", "check", "sentence", "when", "reason")


class FindingError(ValueError):
    """The table has a row that cannot be read."""


@dataclass(frozen=True)
class Finding:
    """`node` is the one whose daemons have to answer for it."""

    check: str
    node: str
    sentence: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.check}: {self.sentence}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class Known:
    """A row: patterns of scenario and sentence, the check, `always` or `sometimes`, and why."""

    scenario: str
    check: str
    sentence: str
    when: str
    reason: str

    def tells_of(self, finding: Finding) -> bool:
        return self.check == finding.check and bool(re.fullmatch(self.sentence, finding.sentence))


def known(table: Path, checks: Iterable[str]) -> list[Known]:
    """All rows of the table; no file is no row."""
    lines = table.read_text().splitlines() if table.exists() else []
    numbered = [(number, line) for number, line in enumerate(lines, 1)
                if line.strip() and not line.startswith("#")]
    return [_row(f"{table.name} line {number}", line, tuple(checks)) for number, line in numbered]


def _row(where: str, line: str, checks: tuple[str, ...]) -> Known:
    fields = line.split("\t")
    if len(fields) != len(COLUMNS):
        raise FindingError(f"{where}: {len(fields)} columns, expected {len(COLUMNS)} between tabs: "
                           f"{', '.join(COLUMNS)}")
    row = Known(*fields)
    for what, value, allowed in (("check", row.check, checks),
                                 ("when", row.when, (ALWAYS, SOMETIMES))):
        if value not in allowed:
            raise FindingError(f"{where}: {what} is {value}, expected {' or '.join(allowed)}")
    for what, pattern in (("scenario", row.scenario), ("sentence", row.sentence)):
        try:
            re.compile(pattern)
        except re.error as error:
            raise FindingError(f"{where}: {what} is no regular expression: {error}") from None
    return row


def of_scenario(rows: Iterable[Known], scenario: str) -> list[Known]:
    """The rows for a scenario's test, as NAME::test_name[parameter]."""
    return [row for row in rows if re.fullmatch(row.scenario, scenario)]


@dataclass(frozen=True)
class Judged:
    """What is told, and what fails."""

    notes: list[str]
    sentences: list[str]


def judged(findings: Iterable[Finding], rows: Iterable[Known], ours: Collection[str],
           whole: bool = True) -> Judged:
    """What is found on a node that is not one of `ours` is told only.

    A run with a fault or with another's daemons is not `whole`: it need not show what is known.
    """
    rows, told = list(rows), Judged([], [])
    for one in (findings := list(findings)):
        row = next((row for row in rows if row.tells_of(one)), None)
        if row:
            told.notes.append(f"known: {one}: {row.reason}")
        elif one.node not in ours:
            told.notes.append(f"not judged, for {one.node} does not run ours: {one}")
        else:
            told.sentences.append(str(one))
    if whole:
        told.sentences.extend(_gone(findings, rows))
    return told


def _gone(findings: list[Finding], rows: list[Known]) -> Iterator[str]:
    """A sentence for each row that says `always` and tells of nothing that was found."""
    for row in rows:
        if row.when == ALWAYS and not any(row.tells_of(finding) for finding in findings):
            yield (f"{row.check}: the known finding did not come about: {row.sentence}; if it is "
                   f"mended, take its row for {row.scenario} out of scenarios/{TABLE}")
