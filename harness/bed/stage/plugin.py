"""plugin - pytest inside a guest: the bed fixture, the requirement marker, results as JSON lines.

The job (what to run, where results go) comes as a file named by BED_JOB.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bed.base import job
from harness.bed.base.story import Story
from harness.bed.node.node import CommandFailed
from harness.bed.stage import spoken
from harness.bed.stage.bed import Bed

MOST_IDS = 5


class Plugin:
    def __init__(self, job: job.Job) -> None:
        self.job = job
        self.story = Story()
        self.alone = False

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave those out that the job does not name; where results lie is as if all ran."""
        self.alone = len(items) == 1
        if self.job.only:
            items[:] = [one for one in items
                        if one.nodeid.partition("::")[2] in self.job.only] or items

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """In a sweep every test runs once for each fault."""
        if self.job.sweep and "fault" in metafunc.fixturenames:
            metafunc.parametrize("fault", self.job.sweep, ids=self.job.sweep, indirect=True)

    @pytest.fixture
    def fault(self, request: pytest.FixtureRequest) -> str | None:
        return getattr(request, "param", None)

    @pytest.fixture
    def bed(self, request: pytest.FixtureRequest, fault: str | None) -> Iterator[Bed]:
        folder = self.job.results if self.alone else self.job.results / request.node.name
        folder.mkdir(exist_ok=True)
        self.story.title(f"{request.node.name}: {_docstring(request.node)}")
        bed = Bed(replace(self.job, fault=fault), folder, self.story, request.node.name)
        yield bed
        bed.close()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Iterator[None]:
        """The end belongs to the test: what is left behind fails it."""
        outcome = yield
        bed = pyfuncitem.funcargs.get("bed")
        if not bed:
            return
        if outcome.excinfo and self.job.on_failure:
            bed.prompt(f"it failed: {outcome.excinfo[1]}")
        elif self.job.keep:
            bed.prompt("it is through")
        if outcome.excinfo is None:
            self._finish(bed)

    def _finish(self, bed: Bed) -> None:
        try:
            bed.finish()
        except Exception as error:
            if self.job.on_failure:
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
        if report.failed:
            error = report.call.excinfo.value
            sentence = spoken.sentence(error.__cause__ or error, self.job.top)
            self._append({"test": self.job.scenario, "outcome": "failed", "req": [], "seconds": 0,
                          "sentence": sentence})
            self.story.title(str(report.longrepr))

    def _write(self, item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo) -> None:
        sentence = ""
        if report.failed:
            sentence = spoken.sentence(call.excinfo.value, self.job.top)
            (self.job.results / "failure.txt").write_text(str(report.longrepr))
            self.story.title(str(call.excinfo.value))
            if not isinstance(call.excinfo.value, (AssertionError, CommandFailed)):
                self.story.title(str(report.longrepr))
        if report.skipped:
            sentence = str(call.excinfo.value)
        self._append({"test": item.nodeid, "outcome": report.outcome, "req": requirements(item),
                      "seconds": round(report.duration, 2), "sentence": sentence,
                      "when": report.when})

    def _append(self, record: dict) -> None:
        with (self.job.results / "results.jsonl").open("a") as out:
            out.write(json.dumps(record) + "\n")


def requirements(item: pytest.Item) -> list[str]:
    """The ids of the item's req markers."""
    ids = [name for mark in item.iter_markers("req") for name in mark.args]
    if len(ids) > MOST_IDS:
        raise pytest.UsageError(f"{item.nodeid} claims {len(ids)} ids, {MOST_IDS} at most")
    return ids


def _docstring(item: pytest.Item) -> str:
    return (inspect.getdoc(item.function) or "").split("\n")[0]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Comparisons ask for it; the terminal reporter that has it is left out."""
    parser.addoption("--verbose", type=int, default=0, dest="verbose")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "req(*ids): requirements that the test shows, at most five")
    sys.stdout = sys.__stdout__
    config.pluginmanager.register(Plugin(job.load(Path(os.environ["BED_JOB"]))), "bed")
