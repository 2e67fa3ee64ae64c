"""A run that is ended by hand leaves the page of what it has, and is not taken for a whole one."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from harness.bed import run
from harness.bed.base import places
from harness.bed.base.job import JOB
from harness.bed.engine import build
from harness.bed.engine.kernel import Unfit
from harness.bed.report import cut_short, html, page_facts
from harness.bed.report.report import Outcome, Report
from harness.bed.selection import newest
from harness.bed_tests import samples
from harness.bed_tests.run_sample import RUN


@pytest.fixture
def ended(tmp_path, request):
    """A run of two scenarios: one has its result, the other was running; built here or anywhere."""
    top = tmp_path / getattr(request, "param", "")
    folder = tmp_path / "build/results/20261125-190000-1"
    for name in ("coa-change", "return-home"):
        shutil.copytree(RUN, folder / name)
        (folder / name / JOB).write_text(json.dumps({"scenario": name}))
    report = Report(open(os.devnull, "w"))
    report.add([Outcome("coa-change::test_it", "passed", 9.0,
                        results=places.shown(folder / "coa-change", top))])
    cut_short.keep(folder, top, report, {"return-home": "carol comes home."}, "./run-tests.sh")
    return folder


@pytest.mark.req("T-131")
@pytest.mark.parametrize("ended", ["", "checkout"], indirect=True)
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


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """A front door whose run is refused after it has told these outcomes."""
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(run, "TOP", tmp_path)

    def refuse(outcomes, error):
        def execute(options, report, fleet):
            report.folder = run.new_folder(run.RESULTS)
            report.add(outcomes)
            raise error
        monkeypatch.setattr(run, "execute", execute)
        return run.main([])
    return refuse


@pytest.mark.parametrize("error", [Unfit("no kernel"), build.Broken("no compiler"),
                                   OSError(errno.ENOSPC, "No space left on device")])
def test_what_is_refused_before_anything_ran_leaves_the_run_before(
        tmp_path, refused, error, capsys):
    results = tmp_path / "results"
    assert refused([], error) == 2
    assert not list(results.iterdir())
    first = results / "20251125-190000-1"
    first.mkdir()
    (results / "last").symlink_to(first.name)
    assert refused([], error) == 2
    assert (results / "last").resolve() == first and len(list(results.iterdir())) == 2
    assert capsys.readouterr().err.startswith("run-tests.sh: ")


def test_what_is_refused_later_leaves_the_page_of_what_ran(tmp_path, refused):
    assert refused([Outcome("lint", "passed")], build.Broken("make failed:\nno compiler")) == 2
    assert "Make failed, after 0 s" in (tmp_path / "results/last/index.html").read_text()


READING = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Now:
    def find_spec(self, name, *_):
        if name == "harness.bed.matrix":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Now())
sys.argv = ["run-tests.sh", "--list"]
runpy.run_module("harness.bed", run_name="__main__")
"""


@pytest.mark.req("T-131")
def test_what_ends_it_while_python_reads_its_files_says_nothing():
    done = subprocess.run([sys.executable, "-c", READING], cwd=samples.TOP, capture_output=True,
                          text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


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
