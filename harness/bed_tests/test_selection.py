"""Which scenarios of all run: what failed last, one share of N."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.bed import options, run, selection
from harness.bed.engine.guest import Unfit
from harness.bed.engine.suite import Scenario
from harness.bed.selection import Failed, Shard, shard


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
    assert run.hosts_tests(options.parse(["--shard", "1/3"]))
    assert not run.hosts_tests(options.parse(["--shard", "2/3"]))
    assert not run.hosts_tests(options.parse(["coa-change"]))


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", ""])
def test_a_shard_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="is not I/N"):
        shard(text)


def test_the_failures_of_the_last_run_are_its_scenarios_and_whether_the_host_had_one(tmp_path):
    left(tmp_path, "last", ["coa-change::test_coa_change", "late-migrate[6.12.1]::test_x",
                            "establishment under valgrind", "lint"])
    known = ["coa-change", "late-migrate", "establishment", "revoked"]
    assert selection.failed(tmp_path, known) == Failed(
        frozenset({"coa-change", "late-migrate", "establishment"}), True)


def test_a_last_run_that_was_killed_does_not_count(tmp_path):
    (tmp_path / "last").mkdir()
    left(tmp_path, "20260101-000000-1", ["revoked::test_revoked"])
    assert selection.failed(tmp_path, ["revoked"]).scenarios == {"revoked"}


def test_without_any_run_only_failed_says_so(tmp_path):
    with pytest.raises(Unfit, match="leave --only-failed out"):
        selection.failed(tmp_path, [])
