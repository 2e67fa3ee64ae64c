"""Guests that die, stand still or do not power off, and the pytest that plays a scenario."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bed.base.job import OWN, Job, load
from harness.bed.base.story import rows
from harness.bed.engine import guest, machine, nursery, pace, play
from harness.bed.engine.machine import Machine
from harness.bed.engine.play import Ended, Fleet
from harness.bed.node import line
from harness.bed.node.frames import CLOCKS, HEAD, LENGTH, Event, Gone

HELLO = HEAD.pack(0, Event.HELLO) + CLOCKS.pack(1, 1) + b"\0\0\0\0" + b"\0\0\0\x056.1.0"
AGENT = f"""
import os, sys
os.write(int(sys.argv[1]), {LENGTH.pack(len(HELLO)) + HELLO!r})
sys.stdin = open(int(sys.argv[1]), "rb", buffering=0)
sys.stdin.read(1)
"""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = Job("story", Path(__file__).parents[2], tmp_path, Path("/nowhere"))
    made.save()
    return made


def dead(job: Job, script: str) -> str:
    """Why a machine that is only a shell's script has said no hello."""
    made = Machine(job, lambda line, console: ["/bin/sh", "-c", script], meaning=guest.meaning)
    try:
        with pytest.raises(Gone) as caught:
            made.await_hello()
        return str(caught.value)
    finally:
        made.end()


def living(job: Job, more: str = "") -> Machine:
    """One that says hello and goes when it is told to, or does `more` then."""
    return Machine(job, lambda line, console: [
        sys.executable, "-c", AGENT + more, str(line)]).await_hello()


@pytest.fixture
def soon(monkeypatch):
    """A run is looked at all the time."""
    monkeypatch.setattr(line, "TICK", 0.02)


def test_a_job_is_the_same_after_its_file(job):
    assert load(job.results / "job.json") == job


@pytest.mark.req("T-113")
def test_a_guest_that_says_nothing_is_ended_with_its_children(job, soon):
    said = dead(replace(job, limit=0.5), "echo the last words; tail -f /dev/null & wait")
    assert said.startswith("the run has said nothing for")
    assert said.endswith("its last words: the last words")
    assert not (job.results / machine.PID).exists()


@pytest.mark.req("T-113")
def test_what_does_not_power_off_is_a_note_and_no_verdict(job, monkeypatch):
    monkeypatch.setattr(machine, "AFTERWARDS", 0.1)
    deaf = living(job, "import signal; signal.pause()")
    assert deaf.end() == "it did not power off after its last test"
    assert not deaf.alive


def test_what_powers_off_leaves_no_note(job):
    made = living(job)
    assert (made.release, made.alive) == ("6.1.0", True)
    assert made.end() == "" and not made.alive


@pytest.mark.parametrize("said, meaning", [
    ("ptrace set fp regs failed, errno = 14", "XSAVE"),
    ("write: No space left on device", "the disk is full"),
    ("Oops", "its last words: Oops"),
    ("init: no such file\nKernel panic - not syncing\n[<60>] stack", "words: init: no such file"),
])
def test_a_guest_that_dies_says_why_in_words_of_the_user(job, said, meaning):
    assert meaning in dead(job, f"printf '%s\\n' '{said}'")


def test_guests_of_a_run_that_was_killed_go_with_it(job):
    left = Machine(job, lambda line, console: ["/bin/sh", "-c", "tail -f /dev/null & wait"])
    machine.end_leftovers(job.results)
    assert left.process.wait() == -signal.SIGKILL
    left.end()


def instead(monkeypatch, script: str) -> None:
    """What is forked runs that, and no pytest."""
    monkeypatch.setattr(nursery, "tests",
                        lambda words: os.execv("/bin/sh", ["/bin/sh", "-c", script]))


def test_a_play_passes_lines_and_status_on(job, monkeypatch):
    instead(monkeypatch, "echo one; echo two; exit 3")
    lines: list[str] = []
    ended = Fleet().play(job, Path("tests"), lines.append)
    assert (ended.status, ended.reason, lines) == (3, "", ["one", "two"])
    assert (job.results / play.CONSOLE).read_text() == "one\ntwo\n"


def test_a_play_that_is_killed_says_by_what_and_its_last_words(job, monkeypatch):
    instead(monkeypatch, "echo so far; kill -KILL $$")
    ended = Fleet().play(job, Path("tests"), print)
    assert ended.status is None
    assert ended.reason == "pytest was ended by SIGKILL; the last words: so far"


def test_a_comparison_that_fails_in_a_play_is_told_by_its_sides(job, tmp_path):
    tests = tmp_path / "test_two.py"
    (tmp_path / "harness").symlink_to(job.top / "harness")
    job = replace(job, top=tmp_path)
    tests.write_text("def test_two():\n    assert ['a', 'b'] == ['a', 'c']\n")
    assert Fleet().play(job, tests, print).status == 1
    row, = rows(job.results / "results.jsonl")
    assert "['a', 'b'] == ['a', 'c']" in row["sentence"]


@pytest.fixture
def soon_still(monkeypatch):
    """A pytest is looked at all the time, and may stand still for ten looks."""
    monkeypatch.setattr(pace, "LOOK", 0.02)
    monkeypatch.setattr(pace, "STILL", 5)


def hanging(job: Job, monkeypatch, body: str) -> tuple[Ended, list[str]]:
    """How a run ends whose only test says something and does that."""
    test = job.results / "test_it.py"
    test.write_text(f"def test_it():\n    print('so far', flush=True)\n    {body}\n")
    own = replace(job, clock=OWN, limit=600.0, top=job.results)
    monkeypatch.setattr(play, "PYTEST", ("-s", "-p", "no:terminal", "-p", "no:cacheprovider"))
    lines: list[str] = []
    return Fleet().play(own, test, lines.append), lines


@pytest.mark.req("T-113")
def test_a_pytest_that_hangs_is_asked_where_and_ended_with_one_sentence(
        job, monkeypatch, soon_still):
    ended, lines = hanging(job, monkeypatch, "import threading; threading.Event().wait()")
    assert ended.status is None
    assert ended.reason == (f"{play.HANGS}; the last words: so far; "
                            "type pytest -s test_it.py to see it with a debugger")
    assert any("test_it.py\", line 3 in test_it" in line for line in lines)


@pytest.mark.req("T-113")
def test_a_pytest_that_does_not_even_say_where_it_hangs_is_ended(job, monkeypatch, soon_still):
    deaf = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
    ended, _ = hanging(job, monkeypatch, deaf)
    assert ended.status is None and ended.reason.startswith(f"{play.HANGS}; the last words: so far")


@pytest.mark.req("T-113")
def test_what_a_pytest_leaves_behind_does_not_change_its_status(job, monkeypatch, soon_still):
    instead(monkeypatch, "(exec tail -f /dev/null) & echo over; exit 0")
    ended = Fleet().play(replace(job, clock=OWN, limit=600.0), Path("tests"), print)
    assert (ended.status, ended.reason) == (0, "")


def test_plays_are_spread_over_the_processors_and_each_stays_on_one(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {2, 5})
    fleet = Fleet()
    with fleet._one_processor() as first, fleet._one_processor() as second:
        assert {first, second} == {2, 5}
    with fleet._one_processor() as third:
        assert third == first
