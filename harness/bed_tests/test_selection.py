"""Which scenarios of all run: what failed last, one share of N."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from harness.bed import again, matrix, options, run, selection
from harness.bed.engine import hosted
from harness.bed.engine.kernel import Unfit
from harness.bed.engine.play import Fleet
from harness.bed.engine.suite import Scenario
from harness.bed.report.report import Report
from harness.bed.selection import Shard, Title, shard


def scenario(name: str) -> Scenario:
    return Scenario(name, Path("/"), "")


def left(results: Path, folder: str, failed: list[str]) -> None:
    (results / folder).mkdir(parents=True)
    rows = [{"test": "revoked::test_revoked", "outcome": "passed"},
            *({"test": test, "outcome": "failed"} for test in failed)]
    (results / folder / "req.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize("of", [1, 2, 3, 7, 20])
def test_the_shards_of_a_list_are_all_of_it_once(of):
    everything = [scenario(f"s{number}") for number in range(15)]
    parts = [Shard(number, of).part(everything) for number in range(1, of + 1)]
    assert sorted(one.name for part in parts for one in part) == sorted(
        one.name for one in everything)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_first_shard_has_the_tests_of_the_host():
    assert run.hosts_tests(options.parse(["--shard", "1/3"])) == []
    assert run.hosts_tests(options.parse(["--shard", "2/3"])) is None
    assert run.hosts_tests(options.parse(["coa-change"])) is None


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", ""])
def test_a_shard_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="is not I/N"):
        shard(text)


@pytest.mark.parametrize("made", [
    Title("coa-change"), Title("coa-change", case="test_x[2001::50]"), Title("lint"),
    Title("coa-change", "6.12.1"), Title("coa-change", "ours/strongswan", "test_x[a-b]"),
    Title("coa-change", "", "test_x", True), Title("coa-change", valgrind=True),
    Title("sweep coa-change", case="IKE_AUTH-request.carol.1.drop"), Title("base.test_rd"),
    Title("harness/bed_tests/test_x.py", case="test_y[1::2]"), Title("make -s SAN=1 check")])
def test_the_name_of_an_outcome_is_read_as_it_was_written(made):
    assert selection.title(str(made)) == made


def test_what_failed_is_known_to_the_test(tmp_path):
    left(tmp_path, "last", ["bindings::test_a", "bindings::test_c[x]", "late-migrate",
                            "late-migrate::test_x", "establishment::test_e under valgrind",
                            "coa-change[ours/strongswan]::test_m", "lint", "base.test_rd"])
    last = selection.failed(tmp_path)
    assert last.cases(Title("bindings")) == ["test_a", "test_c[x]"]
    assert last.cases(Title("late-migrate")) == []
    assert last.cases(Title("revoked")) is None
    assert last.cases(Title("establishment")) is None
    assert last.cases(Title("establishment", valgrind=True)) == ["test_e"]
    assert last.cases(Title("coa-change")) is None
    assert last.cases(Title("coa-change", "ours/strongswan")) == ["test_m"]


def test_a_last_run_that_was_killed_does_not_count(tmp_path):
    (tmp_path / "last").mkdir()
    left(tmp_path, "20260101-000000-1", ["revoked::test_revoked"])
    assert selection.failed(tmp_path).names == {"revoked"}


def test_without_any_run_only_failed_says_so(tmp_path):
    with pytest.raises(Unfit, match="leave --only-failed out"):
        selection.failed(tmp_path)


def last_time(results: Path, typed: str, failed: list[str]) -> None:
    left(results, "last", failed)
    again.leave(results / "last", options.parse(typed.split()), typed.split())


@pytest.mark.req("T-105")
@pytest.mark.parametrize("typed, failed, now, names, host", [
    ("", ["bindings::test_a", "lint"], "", ["bindings"], ["lint"]),
    ("", ["base.test_rd", "harness/bed_tests/test_x.py::test_y[a]"], "", [],
     ["base.test_rd", "harness/bed_tests/test_x.py::test_y[a]"]),
    ("", ["bindings::test_a", "revoked::test_r"], "revoked", ["revoked"], None),
    ("", ["bindings::test_a"], "--shell-on-failure", ["bindings"], None),
    ("matrix", ["coa-change[ours/strongswan]::test_m"], "", ["coa-change"], None),
    ("sweep coa-change", ["sweep coa-change::BU.carol.1.flip"], "", ["coa-change"], None),
    ("", [], "", [], None)])
def test_only_failed_chooses_exactly_what_failed(tmp_path, typed, failed, now, names, host):
    last_time(tmp_path, typed, failed)
    typed_now = options.parse(["--only-failed", *now.split()])
    found, last = again.taken_over(typed_now, tmp_path)
    assert [one.name for one in run.chosen(found, last)] == names
    assert run.hosts_tests(found, last) == host


@pytest.mark.req("T-105")
def test_it_runs_where_it_failed_unless_something_else_is_typed(tmp_path):
    last_time(tmp_path, "--carol-ike=strongswan --valgrind --repeat 3 --bless revoked",
              ["revoked::test_r under valgrind"])
    found, _ = again.taken_over(options.parse(["--only-failed"]), tmp_path)
    assert (found.carol_ike, found.valgrind) == ("strongswan", True)
    assert (found.repeat, found.bless, found.names) == (1, False, [])
    again.leave(tmp_path / "last", found, ["--only-failed"])
    again_found, _ = again.taken_over(options.parse(["--only-failed"]), tmp_path)
    assert again_found.carol_ike == "strongswan"


def test_a_sweep_s_failed_faults_are_those_that_run_again(tmp_path):
    last_time(tmp_path, "sweep coa-change", ["sweep coa-change::BU.carol.1.flip"])
    found, _ = again.taken_over(options.parse(["--only-failed"]), tmp_path)
    assert (found.names, found.fault) == (["sweep", "coa-change"], ["BU.carol.1.flip"])


def test_the_cells_of_a_table_that_passed_do_not_run_again(tmp_path):
    last_time(tmp_path, "matrix", ["coa-change[ours/strongswan]::test_m"])
    found, last = again.taken_over(options.parse(["--only-failed"]), tmp_path)
    before = run.Run(found, tmp_path, tmp_path, Fleet(), Report(io.StringIO()), only=last)
    wanted = [str(pair) for pair in matrix.PAIRS
              if before.with_pair(pair).cases(scenario("coa-change")) is not None]
    assert wanted == ["ours/strongswan"]
    assert before.with_pair(matrix.PAIRS[1]).cases(scenario("coa-change")) == ["test_m"]


def test_each_of_the_host_s_outcomes_has_a_part_that_runs_it(monkeypatch):
    said: list[tuple[str, list[str]]] = []
    parts = tuple((some, whole, lambda report, top, names, word=some: said.append((word, names)))
                  for some, whole, _ in hosted.PARTS)
    monkeypatch.setattr(hosted, "PARTS", parts)
    lint, unit, bed = (some for some, _, _ in parts)
    for names, expected in (
            ([], [(lint, []), (unit, []), (bed, [])]), (["lint"], [(lint, [])]),
            (["base.test_rd", "fuzz.nl"], [(unit, ["base.test_rd", "fuzz.nl"])]),
            (["fuzz.nl", "make -s SAN=1 check"], [(unit, [])]),
            (["harness/bed_tests/test_x.py::test_y"], [(bed, ["harness/bed_tests/test_x.py"
                                                              "::test_y"])]),
            (["/usr/bin/python3 -m pytest -v"], [(bed, [])])):
        said.clear()
        hosted.run(Report(io.StringIO()), Path("/"), names)
        assert said == expected
