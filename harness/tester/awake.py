"""awake - what shows of each test of the tester that it can fail.

    make awake

A mutant of harness/mutants whose tests name it, or a foreign daemon that fails a row which it alone
decides (docs/CONFORMANCE.md). What has neither stands in asleep.toml: why no daemon of ours can be
made to fail it, or that nobody has tried. Prints the sums by file, and those that sleep.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.bed.peers import registry
from harness.mutants.row import Mutant
from harness.mutants.rows import ROWS
from harness.tester import document, rows, sheet
from harness.tester.rows import Mark, Row

FILE = "asleep.toml"
TOP = Path(__file__).resolve().parents[2]
MUTANT, DAEMON, ASLEEP = "mutant", "daemon", "asleep"


@dataclass(frozen=True)
class Awake:
    """By FILE::TEST what shows that it can fail, and of those that sleep the reason."""

    shown: dict[str, str]
    asleep: dict[str, str]


def asleep(here: Path = rows.HERE) -> dict[str, str]:
    """The reason of each test that stands in the file."""
    path = here / FILE
    found = tomllib.loads(path.read_text()) if path.exists() else {}
    return {name: reason["why"] for reason in found.values() for name in reason["tests"]}


def by_mutants(mutants: Iterable[Mutant]) -> set[str]:
    nodes = (node for one in mutants for node in one.test.split() if "/tester/tests/" in node)
    return {rows.full_name(Path(file), test) for file, _, test in
            (node.partition("::") for node in nodes)}


def by_daemons(lists: Iterable[Row], marks: list[Mark], known: document.Known) -> set[str]:
    """Of requirements other tests decide too, so their failures say nothing of one."""
    failed = {ident for (_, who, ident), (verdict, _) in known.items()
              if verdict == sheet.FAIL and who != registry.OURS}
    alone = {row.id for row in lists if row.id in failed and not row.requirement}
    tests: dict[str, set[str]] = {}
    for mark in marks:
        tests.setdefault(mark.id, set()).add(mark.name)
    return {name for ident in alone if len(tests.get(ident, ())) == 1 for name in tests[ident]}


def look(here: Path = rows.HERE, mutants: Iterable[Mutant] = ROWS) -> Awake:
    marks = rows.marks(here)
    path = here.parents[1] / document.FILE
    known, _ = document.read(path.read_text() if path.exists() else "")
    listed = [row for found in rows.lists(here).values() for row in found]
    shown = dict.fromkeys(by_daemons(listed, marks, known), DAEMON)
    shown |= dict.fromkeys(by_mutants(mutants), MUTANT)
    names = {mark.name for mark in marks}
    return Awake({name: shown.get(name, ASLEEP) for name in names}, asleep(here))


def main() -> int:
    found = look()
    for file in sorted({name.partition("::")[0] for name in found.shown}):
        sums = Counter(how for name, how in found.shown.items() if name.startswith(f"{file}::"))
        print(f"{file:24} " + " ".join(f"{sums[how]:4} {how}" for how in (MUTANT, DAEMON, ASLEEP)))
    for name, how in sorted(found.shown.items()):
        if how == ASLEEP:
            print(f"asleep: {name}: {found.asleep.get(name, 'no reason')}")
    sums = Counter(found.shown.values())
    print(f"{len(found.shown)} tests: a mutant wakes {sums[MUTANT]}, a foreign daemon "
          f"{sums[DAEMON]}, {sums[ASLEEP]} sleep")
    return 0


if __name__ == "__main__":
    sys.exit(main())
