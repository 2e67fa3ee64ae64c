"""Blessing is a review: one question for one change, and nothing that breaks an invariant."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from harness.bed import options, run
from harness.bed.check import delta, ladder_check
from harness.bed.engine.play import Fleet
from harness.bed.engine.suite import Scenario
from harness.bed.report import bless, review
from harness.bed.report.report import Outcome, Report
from harness.bed_tests import shown

SCENARIOS = ("coa-change", "link-handover")
FILES = ["carol.established.xfrm", "carol.moved.delta", "carol.moved.xfrm",
         "moon.established.xfrm", "moon.moved.delta", "moon.moved.xfrm"]


def window(text: str) -> str:
    return text.replace("replay-window 0 flag af-unspec", "replay-window 32 flag af-unspec")


def results(tmp_path, name: str, change=lambda text: text, **more) -> list[review.Shown]:
    return [review.read(scenario, shown.leave(tmp_path / name / scenario, change, **more))
            for scenario in SCENARIOS]


@pytest.fixture
def expected(tmp_path):
    """expected/ of two scenarios as the reference run shows them."""
    folder = tmp_path / "expected"
    first = results(tmp_path, "first")
    review.apply(first, review.questions(first, folder, SCENARIOS), folder)
    return folder


@pytest.mark.req("T-102")
def test_what_was_typed_before_the_question_is_thrown_away():
    """A letter that waits in the terminal must not take over what nobody has read."""
    person, terminal = pty.openpty()
    os.write(person, b"y\na\ny\n")
    program = "from harness.bed.report import bless; print(['said', bless._one(bless.fresh)])"
    with subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[2],
                          stdin=terminal, stdout=terminal, stderr=terminal) as asking:
        told = b""
        while b"[q]uit: " not in told:
            told += os.read(person, 4096)
        os.write(person, b"n\n")
        assert asking.wait() == 0
        while b"]" not in told.partition(b"'said'")[2]:
            told += os.read(person, 4096)
    assert b"['said', 'n']" in told


def asked(shown_now, expected, said: str, known=SCENARIOS) -> tuple[bool, list[str]]:
    """A person who gives the answers in `said`, one letter a question."""
    told: list[str] = []
    letters = iter(said)
    done = bless.ask(shown_now, expected, known, False, told.append, lambda _: next(letters))
    assert next(letters, None) is None, "fewer questions than answers"
    return done, told


def test_first_dumps_are_written_with_their_deltas(expected):
    for scenario in SCENARIOS:
        assert sorted(p.name for p in (expected / scenario).iterdir()) == FILES
    text = (expected / "coa-change/carol.moved.delta").read_text()
    assert delta.checkpoints(text) == ("established", "moved")


def test_the_same_new_file_of_two_scenarios_is_one_question(tmp_path):
    found = review.questions(results(tmp_path, "first"), tmp_path / "expected", SCENARIOS)
    assert len(found) == 4
    assert found[0].words == "new: carol.established, 7 states, 16 policies"
    assert found[0].places == [f"{name}/carol.established.xfrm" for name in SCENARIOS]


def test_no_change_is_no_question(expected, tmp_path):
    assert review.questions(results(tmp_path, "same"), expected, SCENARIOS) == []


def test_the_same_change_everywhere_is_one_question(expected, tmp_path):
    question, = review.questions(results(tmp_path, "window", window), expected, SCENARIOS)
    assert question.words == "state: replay window 0 -> 32"
    assert len(question.changes) == 8 and len(question.places) == 8
    assert "replay-window 0 flag" in question.old and "replay-window 32 flag" in question.new


def test_yes_writes_the_change_and_the_next_run_asks_nothing(expected, tmp_path):
    now = results(tmp_path, "window", window)
    done, told = asked(now, expected, "y")
    assert done and "bless: wrote expected/coa-change/carol.moved.xfrm" in told
    assert review.questions(now, expected, SCENARIOS) == []


def test_no_leaves_expected_as_it_was(expected, tmp_path):
    before = {p: p.read_text() for p in expected.rglob("*.xfrm")}
    done, told = asked(results(tmp_path, "window", window), expected, "n")
    assert not done and told[-1] == "bless: expected/ stays as it is"
    assert before == {p: p.read_text() for p in expected.rglob("*.xfrm")}


def two_changes(text: str) -> str:
    return window(text).replace("dir out priority 3", "dir out priority 4")


def test_one_of_two_changes_can_be_taken(expected, tmp_path):
    now = results(tmp_path, "two", two_changes)
    done, _ = asked(now, expected, "yn")
    assert not done
    left = review.questions(now, expected, SCENARIOS)
    assert [question.words for question in left] == ["policy: priority 3 -> 4"]


def test_all_takes_the_rest_and_quit_leaves_it(expected, tmp_path):
    now = results(tmp_path, "two", two_changes)
    assert asked(now, expected, "q")[0] is False
    assert asked(now, expected, "a")[0] is True


def test_a_wrong_letter_is_asked_again(expected, tmp_path):
    assert asked(results(tmp_path, "window", window), expected, "xy")[0]


def test_without_a_terminal_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", open("/dev/null"))
    told: list[str] = []
    assert not bless.ask(results(tmp_path, "first"), tmp_path / "expected", SCENARIOS, False,
                         told.append)
    assert not (tmp_path / "expected").exists()
    assert told[-1].endswith("--yes answers all with yes")


@pytest.mark.req("T-145")
@pytest.mark.parametrize("words, stdin, status, last", [
    ("--bless coa-change", io.StringIO(), 1, "bless: expected/ is not yet what was shown; to "
     "take all over: ./run-tests.sh --bless coa-change --yes"),
    ("--bless coa-change", None, 1, "bless: expected/ is not yet what was shown; to "
     "take all over: ./run-tests.sh --bless coa-change --yes"),
    ("--bless coa-change --yes", None, 0, "1 passed, 0 failed")])
def test_a_run_that_leaves_a_change_open_is_an_error(tmp_path, monkeypatch, words, stdin, status,
                                                     last):
    (one, *_) = results(tmp_path, "first")
    monkeypatch.setattr("sys.stdin", stdin)
    monkeypatch.setattr("sys.argv", ["bed", *words.split()])
    monkeypatch.setattr(run, "TOP", tmp_path)
    monkeypatch.setattr(review, "read", lambda *_: one)
    monkeypatch.setattr(run.suite, "scenarios", lambda _: [])
    report = Report(io.StringIO())
    report.add([Outcome("coa-change::test_it", "passed")])
    ground = run.Run(options.parse(words.split()), tmp_path, tmp_path, Fleet(), report)
    run.bless_run(ground, [Scenario("coa-change", tmp_path, "")])
    assert report.summary() == status
    assert report.out.getvalue().splitlines()[-1] == last


def test_yes_answers_all(tmp_path):
    expected = tmp_path / "expected"
    assert bless.ask(results(tmp_path, "first"), expected, SCENARIOS, True, lambda _: None)
    assert sorted(p.name for p in (expected / "coa-change").iterdir()) == FILES


def lost_end(text: str) -> str:
    return text.replace("2001::50", "2001::51")


def test_what_breaks_an_invariant_is_refused_whatever_the_answer(expected, tmp_path):
    before = (expected / "coa-change/carol.moved.xfrm").read_text()
    told: list[str] = []
    done = bless.ask(results(tmp_path, "lost", lost_end), expected, SCENARIOS, True, told.append)
    refused = [line for line in told if "refused" in line]
    assert not done and refused
    assert refused[0].startswith("bless: refused, an invariant would break: coa-change moved: ")
    assert (expected / "coa-change/carol.moved.xfrm").read_text() == before


def test_a_change_of_one_node_only_is_refused_if_the_other_end_disagrees(expected, tmp_path):
    """Half an answer can break what the whole would not: carol's new reqid without moon's."""
    def moved(text: str) -> str:
        return text.replace("2001::41a:a8ff:fe6f:c67", "2001::50")
    now = results(tmp_path, "half", moved)
    found = review.questions(now, expected, SCENARIOS)
    carol = [question for question in found if "outer source" in question.words]
    outcome = review.apply(now, carol, expected)
    assert outcome.refused and not outcome.written


def test_files_that_no_scenario_uses_are_named_and_removed(expected, tmp_path):
    now = results(tmp_path, "one", checkpoints=("established",))[:1]
    found = review.questions(now, expected, ["coa-change"])
    assert [question.words for question in found] == [
        "unused: coa-change/carol.moved.xfrm, coa-change no longer writes it",
        "unused: coa-change/moon.moved.xfrm, coa-change no longer writes it",
        *(f"unused: link-handover/{file}, there is no scenario link-handover"
          for file in FILES if file.endswith("xfrm"))]
    assert asked(now, expected, "a", ["coa-change"])[0]
    assert not (expected / "link-handover").exists()
    assert [p.name for p in sorted((expected / "coa-change").iterdir())] == [
        "carol.established.xfrm", "moon.established.xfrm"]


def test_scenarios_that_did_not_run_keep_their_files(expected, tmp_path):
    now = results(tmp_path, "one")[:1]
    assert review.questions(now, expected, SCENARIOS) == []


def ladders(tmp_path, name: str, text: str) -> list[review.Shown]:
    now = results(tmp_path, name)
    (tmp_path / name / "coa-change/ladder.txt").write_text(text)
    return [review.read("coa-change", tmp_path / name / "coa-change"), now[1]]


def test_a_ladder_is_asked_where_one_is_expected(expected, tmp_path):
    one, other = "carol     moon\n|-- BU -->|\n", "carol     moon\n|-- BA -->|\n"
    now = ladders(tmp_path, "drawn", one)
    assert review.questions(now, expected, SCENARIOS) == []
    path = expected / "coa-change/ladder.txt"
    path.write_text(other)
    question, = review.questions(now, expected, SCENARIOS)
    assert question.words == "ladder of coa-change" and question.old == other
    assert ladder_check.held(expected / "coa-change", tmp_path / "drawn/coa-change")
    assert asked(now, expected, "y")[0]
    assert path.read_text() == one
    assert ladder_check.held(expected / "coa-change", tmp_path / "drawn/coa-change") == []
