"""page_facts - what the page of a run shows, as plain facts read from the run's folder alone.

Shapes:  dataclasses; all times of an act are seconds since its story began, for story, checkpoints,
         ladder, moves and logs alike.
Errors:  what a scenario has not left is not there; nothing is made up, nothing is raised.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path

from harness.bed.base import logs
from harness.bed.base.job import JOB, OWN
from harness.bed.base.story import EVENTS, rows
from harness.bed.check import columns, golden, ladder, moves, timeline
from harness.bed.check.ladder import Rung
from harness.bed.check.moves import Move
from harness.bed.decode.xfrm import DumpError
from harness.bed.report import artefacts, parts, places, report, speed

OUTCOMES, CUT_SHORT = "req.jsonl", "cut-short.jsonl"
# Which kernel a run has used, and what package that is.
USED = "kernel.txt"
RANKS = ("failed", "skipped", "passed")
LOG_TAIL = 400_000
CONTEXT = 4
CUT = "… the beginning is in the file …\n"
KERNEL = re.compile(r"Linux version (\S+)")


@dataclass(frozen=True)
class Test:
    """One outcome as the report has it."""

    test: str
    outcome: str
    seconds: float
    sentence: str
    reproduce: str
    results: str
    req: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.test.rpartition("::")[2]


@dataclass(frozen=True)
class Change:
    """A sentence on what moved; `entry` and `rung` are anchors on this page, or empty."""

    sentence: str
    entry: str = ""
    rung: str = ""

    @property
    def subject(self) -> str:
        return parts.subject(self.sentence)


@dataclass(frozen=True)
class NodeDump:
    """One node at one checkpoint: what was seen, what was expected, what happened since.

    `entries` is the dump in pieces, each with its anchor if a sentence leads to it.
    """

    node: str
    dump: str
    expected: str | None
    summary: str
    changes: list[Change]
    entries: list[tuple[str, str]]

    @cached_property
    def differences(self) -> list[str]:
        if self.expected is None:
            return []
        try:
            return [str(one) for one in golden.compare(self.expected, self.dump)]
        except DumpError as error:
            return [str(error)]

    @property
    def rows(self) -> list[columns.Row | int]:
        return columns.folded(columns.rows(self.expected or "", self.dump), CONTEXT)


@dataclass(frozen=True)
class Point:
    name: str
    anchor: str
    at: float
    nodes: list[NodeDump]
    violations: list[str]
    links: list[places.Link]
    first: bool

    @property
    def differs(self) -> bool:
        return bool(self.violations) or any(node.differences for node in self.nodes)

    @property
    def places(self) -> str:
        return places.words(self.links)

    @property
    def drawn(self) -> bool:
        """Whether the topology is worth a picture: at first, and when somebody moved."""
        return self.first or places.moved(self.links)


@dataclass(frozen=True)
class Step:
    at: float
    kind: str
    who: str
    text: str


@dataclass(frozen=True)
class Act:
    """The results of one test of a scenario."""

    name: str
    anchor: str
    steps: list[Step]
    points: list[Point]
    rungs: list[Rung]
    moves: list[Move]
    timeline: str
    transients: list[str]
    logs: list[tuple[str, str]]
    files: list[str]

    @property
    def lanes(self) -> list[str]:
        return ladder.columns(self.rungs)

    @cached_property
    def targets(self) -> set[str]:
        """Anchors of rungs that something leads to."""
        found = {change.rung for point in self.points for node in point.nodes
                 for change in node.changes}
        return {*found, self.opened} - {""}

    @cached_property
    def opened(self) -> str:
        """The anchor of the rung that a reader wants to see first: what moved, or the first step
        after a checkpoint."""
        told = [change.rung for point in self.points[1:] for node in point.nodes
                for change in node.changes if change.rung]
        if told:
            return min(told, key=lambda anchor: int(anchor.rpartition(".r")[2]))
        after = self.points[0].at if self.points else float("inf")
        return next((rung_anchor(self.anchor, at) for at, rung in enumerate(self.rungs)
                     if rung.time > after and rung.kind != ladder.BAR), "")


@dataclass
class Scenario:
    name: str
    anchor: str
    title: str
    tests: list[Test] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    console: str = ""
    failure: str = ""
    clock: str = ""
    kernel: str = ""

    @property
    def outcome(self) -> str:
        """The worst of its tests."""
        seen = {test.outcome for test in self.tests}
        return next((word for word in RANKS if word in seen), "skipped")

    @property
    def differs(self) -> bool:
        return any(point.differs for act in self.acts for point in act.points)

    @property
    def seconds(self) -> float:
        return sum(test.seconds for test in self.tests)

    @property
    def sentence(self) -> str:
        return next((t.sentence for t in self.tests if t.outcome == self.outcome), "")

    @property
    def reproduce(self) -> str:
        return next((t.reproduce for t in self.tests if t.reproduce), "")

    @property
    def prompt(self) -> str:
        """The command that ends in a prompt where it failed."""
        return report.prompt(self.reproduce) if self.outcome == "failed" else ""

    def told(self, sentence: str) -> bool:
        """Whether the head of the scenario says this sentence already."""
        return self.outcome == "failed" and self.sentence in (
            sentence, *(f"{p.name}: {sentence}" for act in self.acts for p in act.points))


@dataclass(frozen=True)
class Page:
    name: str
    made: str
    commit: str
    command: str
    seconds: float
    scenarios: list[Scenario]
    host_tests: list[Test]
    ended: str = ""
    kernel: str = ""

    def count(self, outcome: str) -> int:
        return sum(scenario.outcome == outcome for scenario in self.scenarios)

    @property
    def failed(self) -> list[Scenario]:
        return [scenario for scenario in self.scenarios if scenario.outcome == "failed"]

    @property
    def host_failed(self) -> list[Test]:
        return [test for test in self.host_tests if test.outcome == "failed"]

    @property
    def kernels(self) -> list[str]:
        """Each release that scenarios had; behind that of the run its package and hash."""
        seen = {one.kernel for one in self.scenarios if one.kernel}
        mine = self.kernel.partition(",")[0]
        return sorted(seen - {mine}) + ["; ".join(self.kernel.splitlines())] * bool(
            mine and (mine in seen or not seen))

    @property
    def clocks(self) -> list[str]:
        return sorted({one.clock for one in self.scenarios if one.clock})


def scenarios(folder: Path, titles: dict[str, str]) -> list[Scenario]:
    """Every scenario of a run, those that failed first."""
    found: dict[str, Scenario] = {}
    for test in tests(folder):
        if test.results:
            name = test.test.partition("::")[0]
            known = titles.get(name.partition("[")[0], "")
            scenario = found.setdefault(test.results, Scenario(
                name, _anchor(folder, test.results), known))
            scenario.tests.append(test)
    for results, scenario in found.items():
        _furnish(scenario, folder, inside(folder, results))
    return sorted(found.values(), key=lambda one: RANKS.index(one.outcome))


def tests(folder: Path) -> list[Test]:
    """The outcomes of a run, also of one that was ended before it was over."""
    file = folder / OUTCOMES
    return [Test(**{**row, "req": tuple(row["req"])})
            for row in rows(file if file.exists() else folder / CUT_SHORT)]


def inside(folder: Path, results: str) -> Path:
    """The results named in an outcome, as they lie in the run's folder now."""
    named = Path(results).parts
    at = named.index(folder.name) + 1 if folder.name in named else len(named) - 1
    return folder.joinpath(*named[at:])


def _anchor(folder: Path, results: str) -> str:
    """The same wherever the run was built."""
    return "-".join(inside(folder, results).relative_to(folder).parts)


def rung_anchor(act: str, number: int) -> str:
    return f"{act}.r{number}"


def clock_words(clock: object) -> str:
    """One word from a job, or the facts that a guest's speed has."""
    if not isinstance(clock, dict):
        return str(clock or "")
    return "the guest's own" if clock.get("name") == OWN else "the machine's"


def grounds(results: Path) -> tuple[str, str]:
    """Which clock and which kernel a scenario ran on, as far as its results say so."""
    said: dict[str, str] = {}
    for name in (JOB, speed.FILE):
        try:
            said |= json.loads((results / name).read_text())
        except (OSError, ValueError):
            continue
    booted = KERNEL.search(text_of(results / "dmesg.txt"))
    kernel = said.get("kernel") or (booted[1] if booted else "")
    return clock_words(said.get("clock")), str(kernel)


def _furnish(scenario: Scenario, run: Path, results: Path) -> None:
    """What the scenario left in its folder."""
    scenario.console = text_of(results / "console.log")
    scenario.failure = text_of(results / "failure.txt")
    scenario.clock, scenario.kernel = grounds(results)
    folders = artefacts.folders(results)
    scenario.acts = [
        _act(folder, run, scenario.anchor + (f"-{folder.name}" if len(folders) > 1 else ""))
        for folder in folders]


def text_of(path: Path) -> str:
    """The end of a file, without what a page cannot show."""
    if not path.is_file():
        return ""
    data = path.read_bytes()
    words = _printable(data[-LOG_TAIL:].decode(errors="replace").replace("\r", ""))
    return words if len(data) <= LOG_TAIL else CUT + words


def _printable(text: str) -> str:
    """Nearly all of them are as a whole."""
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or c.isprintable())


def _json(path: Path) -> list:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return []


def _act(folder: Path, run: Path, anchor: str) -> Act:
    events = rows(folder / EVENTS)
    start = events[0]["time"] if events else 0.0
    steps = [Step(row["time"] - start, row["kind"], row.get("node", ""), _step(row))
             for row in events]
    rungs = [Rung(**row) for row in _json(folder / ladder.FILE)]
    return Act(
        name=folder.name, anchor=anchor, steps=steps,
        points=list(_points(folder, events, rungs, anchor)), rungs=rungs,
        moves=[moves.from_row(row) for row in _json(folder / moves.FILE)],
        timeline=text_of(folder / "timeline.txt"),
        transients=text_of(folder / "transients.txt").splitlines(),
        logs=list(_logs(folder, start)),
        files=[str(path.relative_to(run)) for path in sorted(folder.iterdir()) if path.is_file()])


def _step(row: dict) -> str:
    if row["kind"] == timeline.WAIT:
        return f"{row['text']} (waited {row['took']:.2f} s)"
    return row["text"]


def _logs(folder: Path, start: float) -> Iterator[tuple[str, str]]:
    """The daemons' logs with their lines on the story's clock; other logs as they are."""
    timed = {name: list(lines) for name, lines in groupby(
        logs.read(folder, timeline.DAEMONS, start), lambda one: f"{one.node}.{one.daemon}.log")}
    for path in sorted(folder.glob("*.log")):
        if path.stat().st_size and path.name.count(".") == 2:
            yield path.name, _on_one_clock(timed[path.name], start) if path.name in timed \
                else text_of(path)


def _on_one_clock(lines: Iterable[logs.Line], start: float) -> str:
    """A line whose moment is not known exactly has whole seconds."""
    text = _printable("".join(
        f"{line.time - start:9.{3 if line.exact else 0}f}{'' if line.exact else '   ~'}"
        f"  {line.text}\n" for line in lines))
    return text if len(text) <= LOG_TAIL else CUT + text[-LOG_TAIL:]


def _points(folder: Path, events: list[dict], rungs: list[Rung], anchor: str) -> Iterator[Point]:
    start, before = (events[0]["time"], None) if events else (0.0, None)
    for row in events:
        if row["kind"] != timeline.CHECKPOINT:
            continue
        at = row["time"] - start
        since = before["time"] - start if before else 0.0
        here = f"{anchor}.{row['text']}"
        nodes = [_node(folder, node, row["text"], f"{here}.{node}",
                       lambda text, who: _rung(text, who, rungs, (since, at), anchor))
                 for node in row["nodes"]]
        links = places.of(row.get("addresses", {}), before and before.get("addresses", {}))
        yield Point(row["text"], here, at, nodes, row["violations"], links, before is None)
        before = row


def _rung(sentence: str, node: str, rungs: list[Rung], between: tuple[float, float], anchor: str
          ) -> str:
    number = parts.rung(sentence, node, rungs, *between)
    return "" if number is None else rung_anchor(anchor, number)


def _node(folder: Path, node: str, point: str, anchor: str, rung: parts.Finder) -> NodeDump:
    name = f"{node}.{point}"
    dump, expected = text_of(folder / f"{name}.xfrm"), folder / f"{name}.xfrm.expected"
    summary, *sentences = [line.removeprefix("# ") for line in
                           text_of(folder / f"{name}.delta").splitlines()[1:]] or [""]
    cut = parts.entries(dump)
    found = {sentence: parts.entry(sentence, cut) for sentence in sentences}
    anchors = {at: f"{anchor}.{at}" for at in found.values() if at is not None}
    changes = [Change(sentence, anchors.get(found[sentence], ""), rung(sentence, node))
               for sentence in sentences]
    return NodeDump(node, dump, text_of(expected) if expected.exists() else None, summary,
                    changes, [(text, anchors.get(at, "")) for at, text in enumerate(cut)])
