"""asleep - of each test of the tester something shows that it can fail, or a file says why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.lint.tree import Fault
from harness.mutants.row import Mutant
from harness.mutants.rows import ROWS
from harness.tester import awake, rows

HERE = "harness/tester"


def check(root: Path, mutants: Iterable[Mutant] = ROWS) -> Iterator[Fault]:
    here = root / HERE
    if not (here / awake.FILE).exists():
        return
    where = f"{HERE}/{awake.FILE}"
    try:
        found = awake.look(here, mutants)
    except (rows.Bad, SyntaxError, ValueError) as error:
        yield Fault(where, 0, str(error))
        return
    for name, how in sorted(found.shown.items()):
        if how == awake.ASLEEP and name not in found.asleep:
            yield Fault(where, 0, f"nothing shows that {name} can fail: a mutant of "
                                  "harness/mutants has to turn it red, or this file say why not")
    for name in sorted(found.asleep):
        how = found.shown.get(name)
        if how is None:
            yield Fault(where, 0, f"{name} is no test of the tester")
        elif how != awake.ASLEEP:
            yield Fault(where, 0, f"{name} does not sleep: a {how} fails it")
