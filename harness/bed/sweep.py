"""sweep - a scenario once for every message and every fault on it, and one table of what came out.

Which messages there are is told by the capture of a run without faults, up to its last checkpoint.
Each fault has nodes of its own; several share one guest. The scenario's own checkpoints and its end
are the demand: the same final dumps, nothing left, nothing in the clear. What cannot be the same is
listed with its reason in scenarios/NAME/sweep.exceptions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.bed.base import places, topology
from harness.bed.base.job import Job
from harness.bed.base.spelling import meant
from harness.bed.base.story import EVENTS
from harness.bed.base.story import rows as json_rows
from harness.bed.decode import message
from harness.bed.engine.play import Ended
from harness.bed.engine.kernel import Unfit
from harness.bed.engine.suite import Scenario
from harness.bed.faults import faults
from harness.bed.faults.relay import FATES
from harness.bed.report.report import Outcome

if TYPE_CHECKING:
    from harness.bed.report.report import Report

NAME, EXCEPTIONS = "sweep", "sweep.exceptions"
MOBILE, AGENT = "carol", "moon"
BATCH = 12
SAME, LISTED, FAILED = "same", "listed", "FAIL"


@dataclass(frozen=True)
class Message:
    kind: str
    by: str
    k: int

    def __str__(self) -> str:
        return f"{self.kind} {self.k} by {self.by}"

    def with_fate(self, fate: str) -> str:
        return faults.spelled(self.kind, self.by, self.k, fate)


@dataclass(frozen=True)
class Excuse:
    """A row of the table: patterns of the message, the fault and the sentence, and why."""

    message: str
    fate: str
    sentence: str
    reason: str

    def explains(self, one: Message, fate: str, sentence: str) -> bool:
        return all(re.search(pattern, text) for pattern, text in (
            (self.message, str(one)), (f"^({self.fate})$", fate), (self.sentence, sentence)))


@dataclass(frozen=True)
class Cell:
    """What came out of one fault."""

    verdict: str
    sentence: str = ""
    reason: str = ""
    seconds: float = 0.0
    results: str = ""


Batch = list[tuple[Message, str]]
Cells = Mapping[tuple[Message, str], Cell]


def messages(clean: Path) -> list[Message]:
    """Those of a run without faults, in the order in which they passed."""
    events = json_rows(clean / EVENTS)
    end = max((one["time"] for one in events if one["kind"] == "checkpoint"), default=0.0)
    mac = topology.T0.members[MOBILE].mac
    netlinks = sorted(clean.glob("*.netlink.pcap"))
    seen = sorted(one for link in topology.T0.links
                  for one in message.of_capture(clean / f"{link}.pcap", netlinks, mac))
    found: list[Message] = []
    for time, kind, by_mobile in seen:
        by = MOBILE if by_mobile else AGENT
        before = sum((one.kind, one.by) == (kind, by) for one in found)
        if time <= end:
            found.append(Message(kind, by, before + 1))
    return found


def exceptions(path: Path) -> list[Excuse]:
    """The rows of a table: four columns between tabs."""
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    for row in rows:
        if len(row) != 4:
            raise Unfit(f"{path.name}: a row has message, fault, sentence and reason between tabs, "
                        f"not {row[0]!r} and {len(row) - 1} more")
    return [Excuse(*row) for row in rows]


def judged(one: Message, fate: str, row: Mapping | None, ended: Ended, results: str,
           allowed: list[Excuse]) -> Cell:
    """`row` is what the guest wrote of that fault, None where it wrote nothing."""
    if row is None:
        return Cell(FAILED, ended.reason or f"no result, pytest ended with {ended.status}",
                    results=results)
    if row["outcome"] == "passed":
        return Cell(SAME, seconds=row["seconds"], results=results)
    fits = next((e for e in allowed if e.explains(one, fate, row["sentence"])), None)
    return Cell(LISTED if fits else FAILED, row["sentence"], fits.reason if fits else "",
                row["seconds"], results)


def table(cells: Cells) -> Iterator[str]:
    """A row for each message, a column for each fault."""
    fates = list(dict.fromkeys(fate for _, fate in cells))
    rows = list(dict.fromkeys(one for one, _ in cells))
    first = max((len(str(one)) for one in rows), default=0)
    yield " " * first + "".join(f"  {fate:9}" for fate in fates).rstrip()
    for one in rows:
        words = (cells[one, fate].verdict if (one, fate) in cells else "-" for fate in fates)
        yield f"{str(one):{first}}" + "".join(f"  {word:9}" for word in words).rstrip()


def reasons(cells: Cells, scenario: str) -> Iterator[str]:
    """What was not the same: the first differing fact, then the reason or how to see it again."""
    for (one, fate), cell in cells.items():
        if cell.verdict == SAME:
            continue
        yield f"{cell.verdict:6}  {fate} {one}: {cell.sentence}"
        yield "        " + (cell.reason or f"reproduce: {_reproduce(scenario, one, fate)}")


def _reproduce(scenario: str, one: Message, fate: str) -> str:
    return f"./run-tests.sh {NAME} {scenario} --fault {one.with_fate(fate)}"


@dataclass
class Sweep:
    """`play` runs a job; `job` is the scenario's own, without faults."""

    scenario: Scenario
    job: Job
    play: Callable[[Job], Ended]
    report: Report
    only: list[str]

    def batches(self) -> list[Batch]:
        """What each guest has to do."""
        known = {one.with_fate(fate): (one, fate) for one in messages(self.job.results)
                 for fate in FATES}
        for fault in self.only:
            if fault not in known:
                raise Unfit(f"{self.scenario.name} has no message and fault {fault}"
                            + (meant(fault, known) or "; a sweep's table has the messages in its "
                               "first column, the faults in its head"))
        wanted = [known[fault] for fault in self.only or known]
        return [wanted[at:at + BATCH] for at in range(0, len(wanted), BATCH)]

    def run(self, pool: ThreadPoolExecutor, batches: list[Batch]) -> None:
        allowed = exceptions(self.scenario.tests.parent / EXCEPTIONS)
        cells = {cell: Cell(FAILED, "not run") for batch in batches for cell in batch}
        futures = [pool.submit(self._batch, number, batch, allowed)
                   for number, batch in enumerate(batches, 1)]
        for future in as_completed(futures):
            cells |= future.result()
        self._tell(cells)

    def _batch(self, number: int, batch: Batch, allowed: list[Excuse]
               ) -> dict[tuple[Message, str], Cell]:
        folder = self.job.results.with_name(f"{self.scenario.name}.faults-{number}")
        texts = [one.with_fate(fate) for one, fate in batch]
        ended = self.play(replace(self.job, results=folder, sweep=texts,
                                  limit=self.scenario.limit * len(batch)))
        rows = _rows(folder / "results.jsonl")
        where = places.shown(folder, self.job.top)
        return {cell: judged(*cell, rows.get(text), ended, where, allowed)
                for cell, text in zip(batch, texts)}

    def _tell(self, cells: Cells) -> None:
        for (one, fate), cell in cells.items():
            bad = cell.verdict == FAILED
            self.report.add([Outcome(
                f"{NAME} {self.scenario.name}::{one.with_fate(fate)}",
                "failed" if bad else "passed", cell.seconds, cell.sentence if bad else "",
                _reproduce(self.scenario.name, one, fate) if bad else "", cell.results)])
        for line in ("", *table(cells), "", *reasons(cells, self.scenario.name)):
            self.report.say(line)
        count = {word: sum(cell.verdict == word for cell in cells.values())
                 for word in (SAME, LISTED, FAILED)}
        self.report.say(", ".join(f"{number} {word}" for word, number in count.items()))


def _rows(path: Path) -> dict[str, dict]:
    """Result lines by the fault in their test's id; a failure outweighs what else there is."""
    found: dict[str, dict] = {}
    for row in json_rows(path):
        text = row["test"].rpartition("[")[2].rstrip("]")
        if found.get(text, {}).get("outcome") != "failed":
            found[text] = row
    return found
