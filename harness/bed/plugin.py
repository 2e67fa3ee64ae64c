"""plugin - pytest on this machine, the bed in a guest: fixtures, requirement marker, results.

Started by the front door, the job (what to run, where results go) comes as a file named by BED_JOB.
Started as any pytest (`pytest scenarios -k coa`), each test file gets a job of its own.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bed.base import job, room
from harness.bed.base.story import Story
from harness.bed.base.topology import T0
from harness.bed.engine import by_pytest, guest, stand
from harness.bed.engine.machine import Machine
from harness.bed.node.frames import Gone
from harness.bed.node.node import CommandFailed
from harness.bed.stage import spoken
from harness.bed.stage.bed import Bed

MOST_IDS = 5
SCENARIOS, KERNEL_TESTS = "scenarios", "bed_tests/kernel"


class Stage:
    """The guest of one test file; there is a new one after it has died."""

    def __init__(self, job: job.Job, story: Story) -> None:
        self.job, self.story = job, story
        self._machine: Machine | None = None

    def machine(self) -> Machine:
        if self._machine and not self._machine.alive:
            self.end()
        if not self._machine:
            self._machine = stand.up(self.job)
            self.story.clock = self._machine.agent.line
        return self._machine

    def end(self) -> None:
        """How it went is no verdict, but told."""
        if self._machine:
            if note := self._machine.end():
                self.story.title(f"note: {note}")
            self._machine = None


class Plugin:
    def __init__(self, given: job.Job | None) -> None:
        self.given = given
        self.story = Story(sys.__stdout__ if given else sys.stdout)
        self.tests: Counter[Path] = Counter()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave those out that the job does not name; where results lie is as if all ran."""
        self.tests = Counter(item.path for item in items)
        if self.given and self.given.only:
            items[:] = [one for one in items if self._is_named(one)] or items

    def _is_named(self, item: pytest.Item) -> bool:
        """By its whole name, by that of its function, or by that and its first parameter."""
        name = item.nodeid.partition("::")[2]
        test, _, case = name.partition("[")
        first = f"{test}[{case.rstrip(']').partition('-')[0]}]"
        return bool({name, test, first} & {*self.given.only})

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """In a sweep every test runs once for each fault."""
        if self.given and self.given.sweep and "fault" in metafunc.fixturenames:
            metafunc.parametrize("fault", self.given.sweep, ids=self.given.sweep, indirect=True)

    @pytest.fixture
    def fault(self, request: pytest.FixtureRequest) -> str | None:
        return getattr(request, "param", None)

    @pytest.fixture(scope="module")
    def stage(self, request: pytest.FixtureRequest) -> Iterator[Stage]:
        mine = self.given or by_pytest.job_of(request.path)
        mine.results.mkdir(parents=True, exist_ok=True)
        stage = Stage(mine, self.story)
        yield stage
        stage.end()
        if not self.given:
            by_pytest.over(mine)

    @pytest.fixture
    def bed(self, request: pytest.FixtureRequest, stage: Stage, fault: str | None
            ) -> Iterator[Bed]:
        alone = self.tests[request.path] == 1
        folder = stage.job.results if alone else stage.job.results / request.node.name
        folder.mkdir(exist_ok=True)
        machine = stage.machine()
        self.story.title(f"{request.node.name}: {_docstring(request.node)}")
        bed = Bed(replace(stage.job, fault=fault), folder, self.story, machine.agent,
                  request.node.name, getattr(request.module, "TOPOLOGY", T0))
        yield bed
        if machine.alive:
            bed.close()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Iterator[None]:
        """The end belongs to the test: what is left behind fails it."""
        outcome = yield
        bed = pyfuncitem.funcargs.get("bed")
        if not bed:
            return
        if outcome.excinfo and bed.job.on_failure:
            bed.prompt(f"it failed: {outcome.excinfo[1]}")
        elif bed.job.keep:
            bed.prompt("it is through")
        if outcome.excinfo is None:
            self._finish(bed)

    def _finish(self, bed: Bed) -> None:
        try:
            bed.finish()
        except Exception as error:
            if bed.job.on_failure:
                bed.prompt(f"it failed at the end: {error}")
            raise

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
        outcome = yield
        report = outcome.get_result()
        if report.when == "call" or report.outcome != "passed":
            self._write(item, report, call)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """A file that Python cannot read is a failure too."""
        outcome = yield
        report = outcome.get_result()
        if report.failed and self.given:
            error = report.call.excinfo.value
            sentence = spoken.sentence(error.__cause__ or error, self.given.top)
            _append(self.given, {"test": self.given.scenario, "outcome": "failed", "req": [],
                                 "seconds": 0, "sentence": sentence})
            self.story.title(str(report.longrepr))

    def _write(self, item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo) -> None:
        stage = getattr(item, "funcargs", {}).get("stage")
        mine = self.given or (stage.job if stage else None)
        if not mine:
            return
        sentence = ""
        if report.failed:
            sentence = room.first(spoken.sentence(call.excinfo.value, mine.top),
                                  guest.memory_folder(), mine.results)
            (mine.results / "failure.txt").write_text(str(report.longrepr))
            self.story.title(str(call.excinfo.value))
            if not isinstance(call.excinfo.value, (AssertionError, CommandFailed, Gone)):
                self.story.title(str(report.longrepr))
        if report.skipped:
            sentence = str(call.excinfo.value)
        _append(mine, {"test": item.nodeid, "outcome": report.outcome, "req": requirements(item),
                       "seconds": round(report.duration, 2), "sentence": sentence,
                       "when": report.when})


def _append(mine: job.Job, record: dict) -> None:
    with (mine.results / "results.jsonl").open("a") as out:
        out.write(json.dumps(record) + "\n")


def requirements(item: pytest.Item) -> list[str]:
    """The ids of the item's req markers."""
    ids = [name for mark in item.iter_markers("req") for name in mark.args]
    if len(ids) > MOST_IDS:
        raise pytest.UsageError(f"{item.nodeid} claims {len(ids)} ids, {MOST_IDS} at most")
    return ids


def _docstring(item: pytest.Item) -> str:
    return (inspect.getdoc(item.function) or "").split("\n")[0]


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Comparisons ask for it; the terminal reporter that has it may be left out."""
    if pluginmanager.is_blocked("terminal"):
        parser.addoption("--verbose", type=int, default=0, dest="verbose")


class Plain:
    """Who stands in for the terminal reporter: pytest 8 asks its writer to colour what differs."""

    @property
    def _tw(self) -> Plain:
        return self

    def _highlight(self, source: str, lexer: str = "python") -> str:
        return source


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.is_blocked("terminal"):
        config.pluginmanager.register(Plain(), "terminalreporter")
    config.addinivalue_line("markers", "req(*ids): requirements that the test shows, at most five")
    said = os.environ.get("BED_JOB")
    config.pluginmanager.register(Plugin(job.load(Path(said)) if said else None), "bed")
