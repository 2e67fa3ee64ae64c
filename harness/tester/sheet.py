"""sheet - the verdicts of all subjects on all rows, as a table, a page, JSON, JUnit and a document.

A verdict is that of the tests that ran; n/a comes from the table of features and from the lists
alone. A row without a test and without a reason is open.
Shapes:  pure functions of rows, marks and results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from harness.tester import kinds
from harness.tester.rows import Feature, Mark, Row, lacked

PASS, FAIL, NA, OPEN, UNRUN = "pass", "FAIL", "n/a", "open", "not run"
VERDICTS = (PASS, FAIL, NA, OPEN, UNRUN)


@dataclass(frozen=True)
class Result:
    """How one test FILE::TEST went with a subject of a kind.

    `case` is its parameters, `folder` where its evidence lies.
    """

    test: str
    case: str
    outcome: str
    sentence: str = ""
    folder: str = ""
    kind: str = kinds.END


@dataclass(frozen=True)
class Cell:
    """One row's verdict for one subject, with a sentence where it is not a pass."""

    id: str
    list: str
    title: str
    subject: str
    verdict: str
    sentence: str = ""
    clause: str = ""
    says: str = ""
    folder: str = ""
    repeat: str = ""
    version: str = ""


@dataclass(frozen=True)
class Decided:
    """What a verdict is made of: every mark, and every subject's results by FILE::TEST.

    `typed` is what SUBJECT= said of one that is called otherwise on the sheet; `versions` are the
    subjects' own; `due` are the tests that each was to be given.
    """

    marks: Sequence[Mark]
    features: dict[str, Feature]
    results: dict[str, dict[str, list[Result]]]
    typed: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    due: dict[str, set[str]] = field(default_factory=dict)


def cell(row: Row, subject: str, decided: Decided) -> Cell:
    mine = row.of(decided.marks)
    says = " ".join(dict.fromkeys(mark.says for mark in mine))
    verdict, sentence, folder = _verdict(row, subject, mine, decided)
    typed = decided.typed.get(subject, subject)
    repeat = f"make conformance SUBJECT={typed} LIST={row.id}" if mine or row.seen else ""
    return Cell(row.id, row.list, row.title, subject, verdict, sentence, row.clause(mine), says,
                folder, repeat, decided.versions.get(subject, ""))


def _verdict(row: Row, subject: str, mine: list[Mark], decided: Decided) -> tuple[str, str, str]:
    """Verdict, sentence, and where the evidence is."""
    if row.why:
        return NA, row.why, ""
    if word := lacked(row.needs, subject, decided.features):
        return NA, word, ""
    if row.seen:
        return _seen(row, subject, decided)
    if lacks := row.lacks(mine):
        return OPEN, lacks, ""
    left_out = {ident: word for ident, needs in row.theirs.items()
                if (word := lacked(needs, subject, decided.features))}
    ran = [[one for one in decided.results.get(subject, {}).get(mark.name, [])
            if one.kind == row.kind and mark.case in ("", one.case)]
           for mark in mine if mark.id not in left_out]
    found = [one for results in ran for one in results]
    failed = [one for one in found if one.outcome != "passed"]
    if failed:
        first = failed[0]
        case = f"[{first.case}] " if first.case else ""
        return FAIL, f"{case}{first.sentence}", first.folder
    if not all(ran):
        return UNRUN, "its tests did not all run", ""
    if left_out:
        return NA, next(iter(left_out.values())), ""
    return PASS, row.changed, found[0].folder


def _seen(row: Row, subject: str, decided: Decided) -> tuple[str, str, str]:
    """All tests for the subject have to have run, and none may have seen it."""
    results = decided.results.get(subject, {})
    found = [one for mine in results.values() for one in mine]
    failed = [one for one in found if one.outcome != "passed" and row.seen in one.sentence]
    if failed:
        first, more = failed[0], f", and {len(failed) - 1} more" if failed[1:] else ""
        case = f"[{first.case}]" if first.case else ""
        return FAIL, f"{first.test}{case}{more}: {first.sentence}", first.folder
    if not found or decided.due.get(subject, set()) - results.keys():
        return UNRUN, "not all tests ran", ""
    return PASS, "", ""


def cells(lists: dict[str, list[Row]], subjects: Sequence[str], decided: Decided) -> list[Cell]:
    return [cell(row, subject, decided) for rows in lists.values() for row in rows
            for subject in subjects]


def merged(before: Sequence[Cell], now: Sequence[Cell]) -> list[Cell]:
    """What a run has seen, and of what it has not looked at what stood there."""
    known = {(one.subject, one.list, one.id): one for one in before}
    for one in now:
        at = one.subject, one.list, one.id
        if one.verdict != UNRUN or at not in known:
            known[at] = one
    return list(known.values())


def counts(found: Sequence[Cell]) -> Counter[str]:
    return Counter(one.verdict for one in found)


def table(lists: dict[str, list[Row]], subjects: Sequence[str], found: Sequence[Cell]) -> list[str]:
    """Sums of each list and subject, then every failure by name."""
    lines = [f"{'list':16} {'subject':12} " + " ".join(f"{word:>8}" for word in VERDICTS)]
    for name in lists:
        for subject in subjects:
            sums = counts([c for c in found if c.list == name and c.subject == subject])
            if sums[PASS] + sums[FAIL]:
                lines.append(f"{name:16} {subject:12} "
                             + " ".join(f"{sums[word]:8}" for word in VERDICTS))
    for one in (c for c in found if c.verdict == FAIL):
        lines += [f"FAIL {one.id} {one.subject}: {one.title} ({one.clause})",
                  f"     {one.sentence}", f"     repeat: {one.repeat}"]
    return lines


def as_json(found: Sequence[Cell]) -> list[dict]:
    return [asdict(one) for one in found]
