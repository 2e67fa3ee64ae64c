"""A run that is ended by hand leaves the page of what it has, and is not taken for a whole one."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from harness.bed.base.job import JOB
from harness.bed.engine.kernel import Unfit
from harness.bed.report import cut_short, html, page_facts
from harness.bed.report.report import Outcome, Report
from harness.bed.selection import newest
from harness.bed_tests import samples
from harness.bed_tests.run_sample import RUN


@pytest.fixture
def ended(tmp_path):
    """A run of two scenarios: one has its result, the other was running."""
    folder = tmp_path / "build/results/20261125-190000-1"
    for name in ("coa-change", "return-home"):
        shutil.copytree(RUN, folder / name)
        (folder / name / JOB).write_text(json.dumps({"scenario": name}))
    report = Report(open(os.devnull, "w"))
    report.add([Outcome("coa-change::test_it", "passed", 9.0,
                        results=str((folder / "coa-change").relative_to(tmp_path)))])
    cut_short.keep(folder, tmp_path, report, {"return-home": "carol comes home."}, "./run-tests.sh")
    return folder


@pytest.mark.req("T-131")
def test_the_page_has_what_was_over_and_what_was_running(ended):
    page = (ended / html.PAGE).read_text()
    assert "Results so far: 1; scenarios that were running: 1." in page
    assert 'id="coa-change" data-outcome="passed"' in page
    assert 'id="return-home" data-outcome="skipped"' in page
    assert cut_short.SENTENCE in page and "carol comes home." in page
    assert page.count("Checkpoint moved") == 2


def test_nobody_takes_it_for_a_run_that_came_to_its_end(ended):
    assert (ended / page_facts.CUT_SHORT).exists()
    with pytest.raises(Unfit, match="no run has left outcomes"):
        newest(ended.parent)


INTERRUPTED = """
import os, signal, sys
from harness.bed import run
from harness.bed.report.report import Outcome

# Whoever starts us in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
run.RESULTS = run.Path(sys.argv[1]); run.TOP = run.RESULTS.parent
def execute(options, report, fleet):
    report.folder = run.new_folder(run.RESULTS)
    report.add([Outcome("lint", "passed")])
    os.kill(os.getpid(), getattr(signal, sys.argv[2]))
    return 0
run.execute = execute
run.titles = dict
sys.exit(run.main([]))
"""


@pytest.mark.req("T-131")
@pytest.mark.parametrize("name", ("SIGINT", "SIGTERM"))
def test_what_ends_it_by_hand_comes_after_the_page(tmp_path, name):
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, str(tmp_path / "results"), name],
                          cwd=samples.TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 130 and "ended by hand" in done.stderr
    assert "page: results/" in done.stdout
    assert "1 of 1</b> tests on the host" in (tmp_path / "results/last/index.html").read_text()
