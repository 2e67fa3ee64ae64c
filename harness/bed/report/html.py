"""html - one page for one run: every scenario with its story, ladder, dumps, differences and logs.

Made from the run's folder alone, so it can be made again; self-contained, readable without a
server, without scripts, and in print. Large texts stand in closed details.
Shapes:  facts of the folder go into plain dataclasses, the template decides how they look.
Errors:  what a scenario has not left is not shown; the page is written all the same.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import jinja2

from harness.bed.base.story import EVENTS, rows
from harness.bed.check import columns, golden, timeline
from harness.bed.decode.xfrm import DumpError
from harness.bed.report import artefacts, report

TEMPLATES = Path(__file__).parent / "page_run"
PAGE, OUTCOMES = "index.html", "req.jsonl"
WORDS = {"passed": "ok", "failed": "failed", "skipped": "skipped"}
LOG_TAIL = 400_000
CONTEXT = 4
CUT = "… the beginning is in the file …\n"


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
class NodeDump:
    """One node at one checkpoint: what was seen, what was expected, what happened since."""

    node: str
    dump: str
    expected: str | None
    delta: list[str]

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
    at: float
    nodes: list[NodeDump]
    violations: list[str]

    @property
    def differs(self) -> bool:
        return bool(self.violations) or any(node.differences for node in self.nodes)


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
    steps: list[Step]
    points: list[Point]
    ladder: str
    timeline: str
    transients: list[str]
    logs: list[tuple[str, str]]
    files: list[str]


@dataclass
class Scenario:
    name: str
    anchor: str
    title: str
    tests: list[Test] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    console: str = ""
    failure: str = ""

    @property
    def outcome(self) -> str:
        """The worst of its tests."""
        seen = {test.outcome for test in self.tests}
        return next((word for word in ("failed", "skipped", "passed") if word in seen), "skipped")

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
        return report.prompt(self.reproduce)


@dataclass(frozen=True)
class Page:
    name: str
    made: str
    commit: str
    command: str
    seconds: float
    scenarios: list[Scenario]
    host_tests: list[Test]

    def count(self, outcome: str) -> int:
        return sum(scenario.outcome == outcome for scenario in self.scenarios)

    @property
    def failed(self) -> list[Scenario]:
        return [scenario for scenario in self.scenarios if scenario.outcome == "failed"]

    @property
    def host_failed(self) -> list[Test]:
        return [test for test in self.host_tests if test.outcome == "failed"]


def write(folder: Path, titles: dict[str, str], command: str = "", seconds: float = 0.0) -> Path:
    """The page of the run in `folder`; `titles` by name of scenario."""
    page = folder / PAGE
    page.write_text(render(read(folder, titles, command, seconds)))
    return page


def render(page: Page) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.get_template("run.html").render(
        page=page, words=WORDS, pieces=columns.pieces)


def read(folder: Path, titles: dict[str, str], command: str = "", seconds: float = 0.0) -> Page:
    tests = _tests(folder)
    found: dict[str, Scenario] = {}
    for test in tests:
        if not test.results:
            continue
        name = test.test.partition("::")[0]
        known = titles.get(name.partition("[")[0], "")
        scenario = found.setdefault(test.results, Scenario(name, _anchor(test.results), known))
        scenario.tests.append(test)
    for results, scenario in found.items():
        _furnish(scenario, folder, _inside(folder, results))
    host = [test for test in tests if not test.results]
    made = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    return Page(folder.name, made, _commit(), command, seconds, list(found.values()), host)


def _tests(folder: Path) -> list[Test]:
    return [Test(**{**row, "req": tuple(row["req"])}) for row in rows(folder / OUTCOMES)]


def _inside(folder: Path, results: str) -> Path:
    """The results named in an outcome, as they lie in the run's folder now."""
    parts = Path(results).parts
    at = parts.index(folder.name) + 1 if folder.name in parts else len(parts) - 1
    return folder.joinpath(*parts[at:])


def _anchor(results: str) -> str:
    return "-".join(Path(results).parts[3:]) or Path(results).name


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=TEMPLATES, text=True,
                          capture_output=True, check=False)
    return done.stdout.strip()


def _furnish(scenario: Scenario, run: Path, results: Path) -> None:
    """What the scenario left in its folder."""
    scenario.console = _text(results / "console.log")
    scenario.failure = _text(results / "failure.txt")
    scenario.acts = [_act(folder, run) for folder in artefacts.folders(results)]


def _text(path: Path) -> str:
    if not path.exists():
        return ""
    data = path.read_bytes()
    words = data[-LOG_TAIL:].decode(errors="replace").replace("\r", "")
    words = "".join(c for c in words if c in "\n\t" or c.isprintable())
    return words if len(data) <= LOG_TAIL else CUT + words


def _act(folder: Path, run: Path) -> Act:
    events = rows(folder / EVENTS)
    start = events[0]["time"] if events else 0.0
    steps = [Step(row["time"] - start, row["kind"], row.get("node", ""), _step(row))
             for row in events]
    return Act(
        name=folder.name, steps=steps, points=list(_points(folder, events, start)),
        ladder=_text(folder / "ladder.svg"), timeline=_text(folder / "timeline.txt"),
        transients=_text(folder / "transients.txt").splitlines(),
        logs=[(path.name, _text(path)) for path in sorted(folder.glob("*.log"))
              if path.stat().st_size and path.name.count(".") == 2],
        files=[str(path.relative_to(run)) for path in sorted(folder.iterdir()) if path.is_file()])


def _step(row: dict) -> str:
    if row["kind"] == timeline.WAIT:
        return f"{row['text']} (waited {row['took']:.2f} s)"
    return row["text"]


def _points(folder: Path, events: list[dict], start: float) -> Iterable[Point]:
    for row in events:
        if row["kind"] == timeline.CHECKPOINT:
            nodes = [_node(folder, node, row["text"]) for node in row["nodes"]]
            yield Point(row["text"], row["time"] - start, nodes, row["violations"])


def _node(folder: Path, node: str, point: str) -> NodeDump:
    name = f"{node}.{point}"
    expected = folder / f"{name}.xfrm.expected"
    return NodeDump(node, _text(folder / f"{name}.xfrm"),
                    _text(expected) if expected.exists() else None,
                    [line.removeprefix("# ") for line in
                     _text(folder / f"{name}.delta").splitlines()[1:]])
