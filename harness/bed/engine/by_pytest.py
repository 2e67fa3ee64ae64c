"""by_pytest - what the front door prepares, for a pytest that somebody has started by himself.

Programs and certificates are made once a session; its results lie where those of a run lie. The
guest has its own clock, which a breakpoint holds. What the front door looks at when a scenario is
over, that its captures open and that its ladder is the expected one, is not looked at.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.job import OWN, REAL, Job
from harness.bed.engine import build, choice, clock, results, suite
from harness.bed.report import artefacts

TOP = Path(__file__).resolve().parents[3]


@cache
def _prepared() -> Job:
    """What all files of this session have in common: kernel, programs, clock, folder of results."""
    build.surroundings(TOP)
    used = choice.default(TOP)
    own = not clock.refusal(used, clock.preload(TOP))
    return Job("", TOP, results.new_folder(places.results(TOP)),
               build.programs(TOP, plain=False, needed=True), clock=OWN if own else REAL,
               kernel=used.binary if used.named else None,
               modules=used.modules if used.named else None)


def job_of(test: Path) -> Job:
    """What the front door would ask of that file."""
    known = (suite.kernel_tests(TOP), suite.conformance(TOP), *suite.scenarios(TOP))
    one = next(one for one in known if test.is_relative_to(one.tests))
    job = _prepared()
    return replace(job, scenario=one.name, results=job.results / one.name,
                   limit=one.limit if job.clock == OWN else None)


def over(job: Job) -> None:
    """Time line, ladder and merged capture beside what the tests have left."""
    artefacts.make(job.results)
