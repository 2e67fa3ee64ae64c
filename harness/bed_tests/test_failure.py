"""What a terminal shows of a checkpoint that failed."""

from __future__ import annotations

import io

import pytest

from harness.bed.report import failure
from harness.bed.report.report import Outcome, Report, prompt

FACTS = [f"fact {number}" for number in range(40)]


@pytest.fixture
def results(tmp_path):
    """A test whose dump of carol differs in two places."""
    seen = [*FACTS[:20], "fact of another kind", *FACTS[21:39], "last"]
    for suffix, lines in ((".expected", FACTS), ("", seen), (".diff", ["all of it"])):
        (tmp_path / f"carol.moved.xfrm{suffix}").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_the_lines_around_the_first_difference_stand_under_the_sentence(results):
    lines = [" ".join(line.split()) for line in failure.excerpt(results, False).splitlines()]
    assert lines[0] == "expected carol had"
    assert lines[1] == "… 18 equal lines"
    assert lines[4] == "fact 20 | fact of another kind"
    assert lines[-1] == f"all of it: {results}/carol.moved.xfrm.diff"
    assert len(lines) <= failure.MOST + 2


def test_a_failure_without_a_dump_shows_none(tmp_path):
    assert failure.excerpt(tmp_path, False) == failure.excerpt(tmp_path / "none", False) == ""


def test_a_scenario_with_several_tests_has_a_folder_for_each(tmp_path):
    (tmp_path / "test_b").mkdir()
    assert failure.folder(str(tmp_path), "story::test_b") == tmp_path / "test_b"
    assert failure.folder(str(tmp_path), "story::test_a") == tmp_path


def test_the_report_shows_it_below_the_commands(results):
    report = Report(io.StringIO())
    report.add([Outcome("coa-change::test_it", "failed", 1.0, "carol state", "", str(results))])
    said = report.out.getvalue()
    assert said.index("results: ") < said.index("fact of another kind")


@pytest.mark.parametrize("reproduce, typed", [
    ("./run-tests.sh coa-change", "./run-tests.sh --shell-on-failure coa-change"),
    ("./run-tests.sh --moon-ike=strongswan coa-change",
     "./run-tests.sh --shell-on-failure --moon-ike=strongswan coa-change"),
    ("./run-tests.sh sweep coa-change --fault BU.carol.1.drop", ""), ("make lint", ""), ("", "")])
def test_a_scenario_that_failed_can_end_in_a_prompt(reproduce, typed):
    assert prompt(reproduce) == typed
