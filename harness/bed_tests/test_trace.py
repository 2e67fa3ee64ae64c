"""Requirements and tests are joined by id; a requirement without a passed test is said."""

import json
import os

import pytest

from harness.bed.report import trace
from harness.bed.report.trace import Result

LIST = """\
# Requirements

| id | level | partly | requirement |
|---|---|---|---|
| A-001 | S | IPv6 only for now | IKE on port 500 |
| A-002 | C | | Port 4500 |
| A-003 | S | | The header |
| I50 | - | | A flipped bit |
"""
KNOWN = trace.read_requirements(LIST)


def lines_of(*results: Result) -> list[str]:
    return trace.report(KNOWN, trace.join(KNOWN, list(results)))


def test_the_list_is_read_with_levels_and_limits():
    assert list(KNOWN) == ["A-001", "A-002", "A-003", "I50"]
    assert KNOWN["A-001"].partly == "IPv6 only for now" and KNOWN["A-003"].partly == ""


def test_each_s_requirement_shows_its_tests_or_none():
    lines = lines_of(Result("a packet comes in", "passed", ("A-001", "A-002")))
    assert lines[0] == ("A-001  partly  a packet comes in (IPv6 only for now) | refuses: none | "
                        "mutant: none")
    assert lines[1] == "A-003  none    The header | refuses: none | mutant: none"
    assert lines[2] == "A-002  ok      a packet comes in | refuses: none | mutant: none"
    assert lines[3] == ("level S: 1 of 2 shown by a passed test, 0 by one of a refusal or "
                        "boundary, 0 by a mutant")


WHOLE = [Result("t", "passed", ("A-001", "A-002", "A-003")),
         Result("r", "passed", ("A-001!", "A-002!", "A-003!"))]
MUTANTS = {"A-001": ["a.c"], "A-003": ["a.c"]}


@pytest.mark.req("T-191")
@pytest.mark.parametrize("results, mutants, satisfied", [
    (WHOLE, MUTANTS, True),
    (WHOLE[:1], MUTANTS, False),
    (WHOLE[1:], MUTANTS, False),
    (WHOLE, {"A-001": ["a.c"]}, False),
    ([*WHOLE, Result("u", "skipped", ("A-003",))], MUTANTS, True),
    ([*WHOLE, Result("u", "failed", ("A-003",))], MUTANTS, False),
    ([*WHOLE, Result("u", "failed", ("A-003!",))], MUTANTS, False),
    ([*WHOLE, Result("t", "passed", ("Z-999!",))], MUTANTS, False),
    ([Result("t", "passed", ("A-001", "A-003")), WHOLE[1]], MUTANTS, False),
    ([WHOLE[0], Result("r", "passed", ("A-001!", "A-003!"))], MUTANTS, False),
    ([], MUTANTS, False),
])
def test_s_needs_all_three_columns_and_c_the_first_two(results, mutants, satisfied):
    assert trace.satisfied(KNOWN, trace.join(KNOWN, results, mutants)) is satisfied


@pytest.mark.req("T-191")
def test_a_test_of_a_refusal_and_a_mutant_stand_in_their_columns():
    results = [Result("a header", "passed", ("A-003",)), Result("a cut", "passed", ("A-003!",))]
    lines = trace.report(KNOWN, trace.join(KNOWN, results, {"A-003": ["src/a.c"]}))
    assert "A-003  ok      a header | refuses: a cut | mutant: src/a.c" in lines


def test_an_unknown_id_and_too_many_ids_are_named():
    lines = lines_of(Result("t", "passed", ("A-001",) * 5 + ("Z-999",)))
    assert "t names unknown requirement Z-999" in lines
    assert "t names 6 requirements, 5 at most" in lines


def written(folder, name, *rows):
    path = folder / name / "req.jsonl" if name.startswith("2") else folder / name
    path.parent.mkdir(exist_ok=True, parents=True)
    lines = [{"test": test, "outcome": outcome, "req": ["A-003"]} for test, outcome in rows]
    path.write_text("".join(json.dumps(line) + "\n\n" for line in lines))
    return path


def read(folder):
    return {r.test: r.outcome for r in trace.read_results(trace.result_files(folder))}


def test_results_of_scenarios_and_units_are_both_read(tmp_path):
    written(tmp_path, "20260101-1-1", ("coa-change", "passed"))
    written(tmp_path, "unit/unit.jsonl", ("test_rd", "passed"))
    written(tmp_path, "unit/bed.jsonl", ("test_xfrm", "failed"))
    assert read(tmp_path) == {"coa-change": "passed", "test_rd": "passed", "test_xfrm": "failed"}


def test_runs_of_single_scenarios_count_since_the_last_run_of_everything(tmp_path):
    written(tmp_path, "20260101-1-1", ("gone since", "passed"))
    written(tmp_path, "20260102-1-1", ("lint", "passed"), ("a", "failed"), ("b", "passed"))
    written(tmp_path, "20260103-1-1", ("a", "passed"))
    assert read(tmp_path) == {"lint": "passed", "a": "passed", "b": "passed"}


def test_the_later_of_plain_and_sanitized_results_counts(tmp_path):
    plain = written(tmp_path, "unit/unit.jsonl", ("a", "passed"), ("b", "failed"), ("c", "passed"))
    sanitized = written(tmp_path, "unit/san.jsonl",
                        ("a", "failed"), ("b", "passed"), ("c", "skipped"))
    os.utime(plain, (1, 1))
    assert read(tmp_path) == {"a": "failed", "b": "passed", "c": "passed"}
    os.utime(sanitized, (0, 0))
    assert read(tmp_path) == {"a": "passed", "b": "failed", "c": "passed"}


def test_of_a_test_that_ran_several_times_the_worst_counts(tmp_path):
    written(tmp_path, "20260101-1-1", ("a", "passed"), ("a", "failed"), ("a", "passed"))
    assert read(tmp_path) == {"a": "failed"}


@pytest.mark.req("T-104")
def test_without_a_run_of_everything_the_list_says_so_first_and_last(tmp_path, monkeypatch, capsys):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/requirements.md").write_text("| A-003 | S | | Headers |\n")
    monkeypatch.setattr(trace, "ROOT", tmp_path)
    results = tmp_path / "build/results"
    trace.main()
    assert "./run-tests.sh" in capsys.readouterr().out.splitlines()[0]
    written(results, "20260101-1-1", ("coa-change", "passed"))
    trace.main()
    said = capsys.readouterr().out.splitlines()
    assert said[0] == said[-1] and said[0].startswith("trace: no full run has come to its end")
    written(results, "20260102-1-1", ("lint", "passed"), ("coa-change", "passed"))
    trace.main()
    assert "full run" not in capsys.readouterr().out


@pytest.mark.req("T-191")
def test_the_sheet_shows_both_sides_of_a_requirement(tmp_path):
    cells = [{"id": ident, "list": listed, "subject": who, "verdict": verdict}
             for ident, listed, who, verdict in (
                 ("A-001", "requirements-ike", "ours", "pass"), ("A-002", "requirements-ike",
                 "ours", "FAIL"), ("A-003", "requirements-ike", "strongswan", "pass"),
                 ("A-004", "requirements-ike", "ours", "open"), ("I2", "malformed-ike", "ours",
                                                                 "pass"))]
    (tmp_path / "v.json").write_text(json.dumps(cells))
    assert trace.read_sheet(tmp_path / "v.json") == [
        Result("conformance:A-001", "passed", ("A-001", "A-001!")),
        Result("conformance:A-002", "failed", ("A-002", "A-002!"))]
    assert trace.read_sheet(tmp_path / "none.json") == []


def test_many_tests_of_one_requirement_are_counted():
    results = [Result(f"test {n}[case]", "passed", ("A-003",)) for n in range(5)]
    assert ("A-003  ok      test 0, test 1, test 2 and 2 more | refuses: none | mutant: none"
            in lines_of(*results))


def test_the_project_s_own_list_is_whole():
    known = trace.read_requirements((trace.ROOT / "docs/requirements.md").read_text())
    levels = [r.level for r in known.values()]
    assert (levels.count("S"), levels.count("C")) == (150, 140)
    assert all(r.text for r in known.values())
