"""by_pytest - what the front door prepares, for a pytest that somebody has started by himself.

Programs and certificates are made once a session; its results lie where those of a run lie.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from harness.bed.base.job import Job
from harness.bed.engine import build, results, suite

TOP = Path(__file__).resolve().parents[3]


@cache
def _prepared() -> tuple[Path, Path]:
    """The folder of this session's results and that of the programs."""
    build.surroundings(TOP)
    return results.new_folder(TOP / "build/results"), build.programs(TOP, plain=False, needed=True)


def job_of(test: Path) -> Job:
    """What the front door would ask of that file."""
    kernel = suite.kernel_tests(TOP)
    name = kernel.name if test.is_relative_to(kernel.tests) else test.parent.name
    folder, programs = _prepared()
    return Job(name, TOP, folder / name, programs)
