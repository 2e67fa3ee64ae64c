"""The front door: options, one line a test, the summary, and the same for machines."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from harness.bed import run
from harness.bed.base.job import Job
from harness.bed.engine import suite
from harness.bed.engine.kernel import Unfit
from harness.bed.engine.play import Ended, Fleet
from harness.bed.engine.suite import Scenario
from harness.bed.report.report import Outcome, Report, line
from harness.bed.plugin import Plugin

@pytest.mark.req("T-105")
@pytest.mark.parametrize("only, left", [
    ([], ["test_a", "test_b[x]", "test_b[y-1]", "test_b[y-2]"]), (["test_b[y-1]"], ["test_b[y-1]"]),
    (["test_b"], ["test_b[x]", "test_b[y-1]", "test_b[y-2]"]),
    (["test_b[y]"], ["test_b[y-1]", "test_b[y-2]"]),
    (["test_that_is_gone"], ["test_a", "test_b[x]", "test_b[y-1]", "test_b[y-2]"])])
def test_of_a_scenario_those_tests_run_that_the_job_names(tmp_path, only, left):
    found = [SimpleNamespace(nodeid=f"scenarios/s/test_s.py::{name}", path=tmp_path)
             for name in ("test_a", "test_b[x]", "test_b[y-1]", "test_b[y-2]")]
    plugin = Plugin(Job("s", tmp_path, tmp_path, tmp_path, only=only))
    plugin.pytest_collection_modifyitems(found)
    assert [one.nodeid.partition("::")[2] for one in found] == left
    assert plugin.tests[tmp_path] == 4


PASSED = Outcome("coa-change::test_coa_change", "passed", 9.8, req=("B-055",))
FAILED = Outcome("rekey::test_rekey", "failed", 3.0, "moon state esp: reqid 3 instead of 1",
                 "./run-tests.sh rekey", "build/results/1/rekey")
SKIPPED = Outcome("peer::test_peer", "skipped", 0.0, "no network")


@pytest.fixture
def report() -> Report:
    made = Report(io.StringIO())
    made.add([PASSED, FAILED, SKIPPED])
    return made


def test_a_failure_has_its_fact_in_one_line_and_the_command_below():
    first, second, third = line(FAILED).splitlines()
    assert first == "FAIL  rekey::test_rekey  3.0 s: moon state esp: reqid 3 instead of 1"
    assert second.strip() == "reproduce: ./run-tests.sh rekey"
    assert third.strip() == "results: build/results/1/rekey"


def test_the_last_line_counts_and_the_status_is_not_zero(report):
    assert report.summary() == 1
    assert report.out.getvalue().splitlines()[-1] == "1 passed, 1 failed, 1 skipped"


def test_a_run_without_any_test_is_no_success():
    assert Report(io.StringIO()).summary() == 1


def test_requirements_are_written_for_the_trace(report, tmp_path):
    report.write(tmp_path)
    first = json.loads((tmp_path / "req.jsonl").read_text().splitlines()[0])
    assert (first["test"], first["outcome"], first["req"]) == (PASSED.test, "passed", ["B-055"])


def test_junit_holds_every_test(report, tmp_path):
    report.write_junit(tmp_path / "deep/junit.xml")
    suite_node = ElementTree.parse(tmp_path / "deep/junit.xml").getroot()
    assert suite_node.get("tests") == "3"
    assert suite_node.find("testcase/failure").get("message") == FAILED.sentence


def test_an_unknown_scenario_is_named():
    with pytest.raises(Unfit, match="there is no scenario coa-chance"):
        run.chosen(run.parse(["coa-chance"]))


def test_a_wrong_name_among_others_fails_and_the_others_go_on():
    options = run.parse(["coa-chance", "coa-change"])
    assert [one.name for one in run.chosen(options)] == ["coa-change"]
    (bad,) = run.misfits(options)
    assert (bad.test, bad.outcome) == ("coa-chance", "failed")


def test_a_sweep_of_an_unknown_scenario_is_refused():
    with pytest.raises(Unfit, match="there is no scenario coa-chance"):
        run.chosen(run.parse(["sweep", "coa-chance"]))


def test_two_scenarios_of_one_name_are_told_and_the_others_stay(tmp_path):
    for file in ("one/test_one.py", "two/test_a.py", "two/test_b.py", "matrix/test_m.py"):
        path = tmp_path / "scenarios" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("def test_x(bed:\n")
    assert [one.name for one in suite.scenarios(tmp_path)] == ["one"]
    assert suite.faults(tmp_path) == {
        "matrix": "scenarios/matrix is called like a command of run-tests.sh",
        "two": "two scenarios of one name, scenarios/two/test_a.py and test_b.py"}


def test_every_scenario_of_the_order_exists():
    names = [one.name for one in suite.scenarios(run.TOP)]
    assert [name for name in suite.ORDER if name not in names] == []
    assert names[:2] == ["establishment", "coa-change"]


def outcomes(tmp_path: Path, rows: list[dict], ended: Ended) -> list[Outcome]:
    folder = run.TOP / "build" / tmp_path.name
    folder.mkdir(parents=True)
    (folder / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    one = run.Run(run.parse(["--valgrind"]), folder, Path("/"), Fleet(), Report())
    try:
        return run.read_results(Job("story", run.TOP, folder, Path("/")),
                                Scenario("story", folder, ""), ended, one)
    finally:
        (folder / "results.jsonl").unlink()
        folder.rmdir()


ROW = {"test": "x::test_a", "outcome": "passed", "seconds": 1.0, "sentence": "", "req": []}


def test_a_failure_after_a_pass_counts_and_reproduces_with_its_options(tmp_path):
    rows = [ROW, ROW | {"outcome": "failed", "sentence": "left"}]
    (found,) = outcomes(tmp_path, rows, Ended(1, "", 2.0))
    assert (found.outcome, found.sentence) == ("failed", "left")
    assert found.reproduce == "./run-tests.sh --valgrind story"


def test_a_guest_that_died_fails_even_if_all_rows_passed(tmp_path):
    found = outcomes(tmp_path, [ROW], Ended(None, "the guest ended without a result", 2.0))
    assert [one.outcome for one in found] == ["passed", "failed"]


def test_no_row_at_all_is_a_failure(tmp_path):
    (found,) = outcomes(tmp_path, [], Ended(0, "", 2.0))
    assert (found.outcome, found.sentence) == ("failed", "no test ran")
