"""What --repeat shows: the first result is kept, and each wait's spread is told."""

from __future__ import annotations

import json
from pathlib import Path

from harness.bed.report import flakes
from harness.bed.report.report import Outcome

REGISTERED = "carol is registered"


def runs(folder: Path, took: list[float]) -> list[Path]:
    found = []
    for number, seconds in enumerate(took, start=1):
        found.append(folder / f"story.{number}")
        found[-1].mkdir()
        rows = [{"kind": "command", "text": "mip6d"},
                {"kind": "wait", "text": REGISTERED, "took": seconds},
                {"kind": "wait", "text": REGISTERED, "took": 0.5}]
        (found[-1] / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return found


def outcomes(words: str) -> list[Outcome]:
    """One letter a repetition, handed over in the order in which they ended: last first."""
    kinds = {"p": "passed", "f": "failed"}
    return [Outcome("story::test_it", kinds[word], sentence="moon has no binding",
                    results=f"build/results/1/story.{number}")
            for number, word in reversed(list(enumerate(words, start=1)))]


def test_a_wait_has_its_least_its_median_and_its_most(tmp_path):
    first, second = flakes.spreads(runs(tmp_path, [2.0, 3.0, 2.5]))
    assert (first.wait, first.count, first.min, first.median, first.max) == (
        REGISTERED, 3, 2.0, 2.5, 3.0)
    assert second.wait == f"{REGISTERED} (2)"


def test_a_wait_that_once_took_much_longer_is_pointed_at(tmp_path):
    found = flakes.spreads(runs(tmp_path, [0.2, 0.2, 0.2, 4.0]))
    assert [one.drifts for one in found] == [True, False]
    lines = list(flakes.table(found))
    assert lines[1].endswith(f"4  {REGISTERED}  <- drifts")
    assert lines[1].split()[:3] == ["0.20", "0.20", "4.00"]


def test_a_repetition_that_ended_early_has_fewer_waits(tmp_path):
    folders = runs(tmp_path, [1.0, 1.0])
    (tmp_path / "story.2/events.jsonl").unlink()
    assert [one.count for one in flakes.spreads(folders)] == [1, 1]


def test_the_first_result_is_kept_whatever_came_after():
    assert flakes.verdict(flakes.tests(outcomes("fpp"))["story::test_it"]) == (
        "the first failed, 2 of 3 passed: flaky; the first failure is in build/results/1/story.1: "
        "moon has no binding")
    assert flakes.verdict(flakes.tests(outcomes("ppf"))["story::test_it"]).startswith(
        "the first passed, 2 of 3 passed: flaky; the first failure is in build/results/1/story.3")


def test_what_always_passes_or_never_is_not_called_flaky():
    assert flakes.verdict(outcomes("ppp")) == "the first passed, 3 of 3 passed"
    assert "never passes" in flakes.verdict(outcomes("ff"))


def test_the_same_is_there_for_machines(tmp_path):
    facts = flakes.facts(outcomes("pf"), runs(tmp_path, [1.0, 1.0]))
    assert facts["tests"] == {"story::test_it": ["passed", "failed"]}
    assert facts["waits"][0]["median"] == 1.0
