"""run - runs the tester's tests against each subject, a guest for each file and subject.

    make conformance [SUBJECT=NAME|PATH] [LIST=LIST|ID,…] [SHARD=I/N] [DOCUMENT=1]

Prints the table of the rows that were asked for; exit status 1 where one fails that
docs/CONFORMANCE.md does not have as failed. DOCUMENT=1 writes it there, and then it is 0.
build/results/conformance has the page, JSON and JUnit, and below it the evidence of every test.
A subject is a daemon that the testbed has a driver for, or the path of an adapter.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.job import OWN, REAL, Job
from harness.bed.base.spelling import meant
from harness.bed.base.story import rows as json_rows
from harness.bed.engine import build, choice, clock
from harness.bed.engine.crowd import Crowd
from harness.bed.engine.kernel import Unfit
from harness.bed.engine.pace import QUIET, STORY
from harness.bed.engine.play import Fleet
from harness.bed.peers import registry
from harness.bed.peers.packages import NoPeer
from harness.bed.report import artefacts
from harness.bed.selection import Shard, shard
from harness.tester import document, kinds, page, rows, sheet, versions
from harness.tester.rows import Mark
from harness.tester.sheet import Decided, Result
from harness.tester.stage import NUT

TOP = Path(__file__).resolve().parents[2]
FOLDER = "conformance"
ALL = "all"


@dataclass(frozen=True)
class Play:
    """One file's tests against one subject, each with the kind that the subject shall be of."""

    subject: str
    file: Path
    tests: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return f"{self.subject}/{self.file.stem.removeprefix('test_')}"

    @property
    def only(self) -> list[str]:
        """The tests as pytest is told them."""
        ike = self.file.parent.name == rows.IKE
        return [f"{test}[{kind}]" if ike else test for test, kind in self.tests]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__.split("\n")[0])
    parser.add_argument("--subject", default=registry.OURS, metavar="NAME|PATH",
                        help=f"{', '.join(registry.IKES)}, {ALL}, or the path of an adapter, which "
                        "is a file of Python with a class Driver: examples/your-ci/adapter.py is "
                        "one to copy, harness/tester/subjects/adapter.py says what it has to say")
    parser.add_argument("--list", default="", metavar="LIST|ID,…",
                        help="these lists and rows only, each with all tests that decide it")
    parser.add_argument("--shard", type=shard, default=Shard(), metavar="I/N")
    parser.add_argument("--document", action="store_true",
                        help=f"write {document.FILE} too. Without, the exit status is 1 where a "
                        "row fails that does not stand there as failed")
    options = parser.parse_args(arguments)
    fleet = Fleet()
    try:
        return _run(options, fleet)
    except (Unfit, NoPeer, build.Broken, rows.Bad) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        fleet.end()
        return 130


def subjects(said: str) -> list[str]:
    if said == ALL:
        return list(registry.IKES)
    if said not in registry.IKES and not said.endswith(".py"):
        raise Unfit(f"there is no subject {said}: there are {', '.join(registry.IKES)}, {ALL}, or "
                    f"the path of an adapter, a .py{meant(said, registry.IKES)}")
    if said.endswith(".py"):
        registry.ike(said)
    return [said]


def asked(said: str, lists: dict[str, list[rows.Row]]) -> dict[str, list[rows.Row]]:
    """The rows of lists or ids, or all: these are judged."""
    if not said:
        return lists
    words = said.split(",")
    known = {*lists, *(row.id for found in lists.values() for row in found)}
    for word in words:
        if word not in known:
            raise Unfit(f"there is no list and no row {word}: lists are {', '.join(lists)}"
                        f"{meant(word, known)}")
    found = {name: [row for row in mine if name in words or row.id in words]
             for name, mine in lists.items()}
    return {name: mine for name, mine in found.items() if mine}


def deciding(marks: Iterable[Mark], judged: dict[str, list[rows.Row]]) -> list[Mark]:
    """The marks of the tests that decide these rows; all, where one looks at what any test saw."""
    if any(row.seen for found in judged.values() for row in found):
        return list(marks)
    ids = {ident for found in judged.values() for row in found for ident in row.by}
    return [mark for mark in marks if mark.id in ids]


def plays(due: dict[str, list[Mark]], lists: dict[str, list[rows.Row]], part: Shard) -> list[Play]:
    """Each subject's tests by their files."""
    kind = {row.id: row.kind for found in lists.values() for row in found}
    found: dict[tuple[str, Path], dict[tuple[str, str], None]] = {}
    for name, marks in due.items():
        for mark in marks:
            found.setdefault((name, mark.file), {})[mark.test, kind[mark.id]] = None
    return part.part([Play(name, file, tuple(tests)) for (name, file), tests in found.items()])


def _run(options: argparse.Namespace, fleet: Fleet) -> int:
    lists, marks, names = rows.lists(), rows.marks(), subjects(options.subject)
    judged = asked(options.list, lists)
    features = rows.features()
    due = {name: rows.due(deciding(marks, judged), lists, label(name), features) for name in names}
    chosen = plays(due, lists, options.shard)
    folder = places.results(TOP) / FOLDER
    build.surroundings(TOP)
    foreign = [name for name in names if name in registry.IKES and name != registry.OURS]
    if foreign:
        build.peers_unpacked(TOP, names=foreign)
    start = time.monotonic()
    programs = build.programs(TOP, plain=False, needed=True)
    found = _results(chosen, folder, programs, fleet)
    known, _ = document.read((TOP / document.FILE).read_text())
    shown = [label(name) for name in names]
    decided = Decided(marks, features, found, dict(zip(shown, names, strict=True)),
                      {label(name): versions.of(TOP, name, programs) for name in names},
                      {label(name): {mark.name for mark in mine} for name, mine in due.items()})
    cells = sheet.cells(judged, shown, decided)
    print("\n".join(sheet.table(judged, shown, cells)))
    page.write(folder, lists, shown, cells)
    if options.document:
        document.write(TOP, lists, marks, cells)
    print(f"page: {places.shown(folder / page.PAGE, TOP)}; took {time.monotonic() - start:.0f} s")
    return told(cells, known, options.document)


def told(cells: Iterable[sheet.Cell], known: document.Known, written: bool = False) -> int:
    """Names the failures that the document did not have; the exit status, 0 if it has them now."""
    new = [one for one in cells if one.verdict == sheet.FAIL and sheet.FAIL not in
           known.get((one.list, one.subject, one.id), ())]
    for one in new:
        print(f"new: {one.id} {one.subject}")
    return 1 if new and not written else 0


def label(subject: str) -> str:
    """A path is called by its name."""
    return Path(subject).stem if subject.endswith(".py") else subject


def _results(chosen: list[Play], folder: Path, programs: Path, fleet: Fleet
             ) -> dict[str, dict[str, list[Result]]]:
    """How every test went, by subject and test."""
    used = choice.default(TOP)
    whose = REAL if clock.refusal(used, clock.preload(TOP)) else OWN
    crowd = Crowd(whose)

    def play(one: Play) -> list[Result]:
        limit = STORY * len(one.tests) * 8 if whose == OWN else QUIET
        subject = str(Path(one.subject).resolve()) if one.subject.endswith(".py") else one.subject
        job = Job(FOLDER, TOP, folder / label(one.subject) / one.file.stem.removeprefix("test_"),
                  programs, ikes={NUT: subject}, only=one.only, clock=whose, limit=limit,
                  kernel=used.binary if used.named else None,
                  modules=used.modules if used.named else None)
        _forget(job.results, one.tests)
        with crowd.place():
            ended = fleet.play(job, one.file, lambda line: None)
        print(f"{one.name}: {ended.seconds:.0f} s {ended.reason}", flush=True)
        return _read(job, ended.reason, one)
    found: dict[str, dict[str, list[Result]]] = {}
    with ThreadPoolExecutor(crowd.seats) as pool:
        for one, results in zip(chosen, pool.map(play, chosen), strict=True):
            into = found.setdefault(label(one.subject), {})
            for result in results:
                into.setdefault(result.test, []).append(result)
    return found


def _forget(results: Path, tests: Iterable[tuple[str, str]]) -> None:
    """What these tests have left; the evidence of the file's others stays."""
    for path in results.glob("*"):
        if path.is_file() or path.is_symlink():
            path.unlink()
        elif _test(path.name)[:2] in tests:
            shutil.rmtree(path)


def _test(name: str) -> tuple[str, str, str]:
    """Function, kind and case of what pytest calls a test."""
    test, _, case = name.partition("[")
    return test, *kinds.split(case.rstrip("]"))


def _read(job: Job, reason: str, one: Play) -> list[Result]:
    """What the tests have said; of those that a crash of the guest has kept back, that."""
    found = []
    for row in json_rows(job.results / "results.jsonl"):
        name = row["test"].rpartition("::")[2]
        test, kind, case = _test(name)
        evidence = job.results / name
        evidence = evidence if evidence.is_dir() else job.results
        if row["outcome"] == "failed":
            artefacts.make(evidence)
        found.append(Result(rows.full_name(one.file, test), case, row["outcome"],
                            row["sentence"].split("\n")[0], places.shown(evidence, TOP), kind))
    heard = {(result.test, result.kind) for result in found}
    tests = [(rows.full_name(one.file, test), kind) for test, kind in one.tests]
    return found + [Result(test, "", "failed", reason or "it has not run", kind=kind)
                    for test, kind in tests if (test, kind) not in heard]




if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
