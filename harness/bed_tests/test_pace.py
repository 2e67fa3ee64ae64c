"""A run is ended by its own clock, by silence on the machine's, or because nothing moves."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bed.engine import clock, pace
from harness.bed.engine.clock import BILLION, Clock
from harness.bed.engine.pace import Pace, Work


@pytest.fixture
def guest(tmp_path: Path) -> Iterator[Clock]:
    made = clock.make(tmp_path / clock.FILE)
    made["rate"] = BILLION // 50
    made["now"] = int(made.began * BILLION)
    yield made
    made.close()


class Machine:
    """A wall clock and a process group that do what they are told."""

    def __init__(self) -> None:
        self.time, self.seconds, self.wants = 1000.0, 0.0, False

    def paced(self, clock: Clock | None, limit: float | None, over: bool = False) -> Pace:
        return Pace(1, clock, limit, lambda: over, lambda: self.time,
                    lambda group: Work(self.seconds, self.wants))


def looks(watched: Pace, times: int = 10 * pace.STILL) -> list[str]:
    return [watched.look() for _ in range(times)]


@pytest.mark.req("T-113")
def test_a_run_is_ended_by_its_own_clock_however_long_it_takes_on_the_wall(guest):
    machine = Machine()
    watched = machine.paced(guest, 600.0)
    for _ in range(599):
        guest["now"] += BILLION
        machine.time += 1e6
        assert watched.look() == ""
    guest["now"] += 2 * BILLION
    assert watched.look() == "the run was not over after 600 s on its own clock"


@pytest.mark.req("T-113")
def test_a_run_in_which_nothing_moves_is_ended_and_one_that_wants_a_processor_is_not(guest):
    machine = Machine()
    assert "nothing in the run moves any more" in looks(machine.paced(guest, 600.0))
    machine.wants = True
    assert not any(looks(machine.paced(guest, 600.0)))


@pytest.mark.parametrize("move", ["console", "clock", "processor", "line"])
def test_each_thing_that_moves_keeps_a_run_alive(guest, move):
    machine = Machine()
    watched = machine.paced(guest, 600.0)
    for _ in range(10 * pace.STILL):
        assert watched.look() == ""
        watched.heard(move == "console")
        machine.seconds += 0.01 * (move == "processor")
        guest["now"] += move == "clock"
        if move == "line":
            guest.gives(1, 0)


def test_a_driver_that_owes_a_word_is_not_a_run_that_stands_still(guest):
    watched = Machine().paced(guest, 600.0)
    guest["sent"] = 5
    assert not any(looks(watched))
    guest.gives(3, seen=5)
    assert "nothing in the run moves any more" in looks(watched)


def test_on_the_machine_s_clock_silence_ends_a_run_and_every_word_keeps_it():
    machine = Machine()
    watched = machine.paced(None, 300.0)
    for _ in range(50):
        machine.time += 299
        assert watched.look() == ""
        watched.heard(1)
    machine.time += 301
    assert watched.look() == "the run has said nothing for 300 s on the machine's clock"


def test_where_a_person_looks_on_nothing_ends_a_run():
    machine = Machine()
    watched = machine.paced(None, None)
    machine.time += 1e6
    assert not any(looks(watched))


def test_a_guest_that_turns_in_a_circle_is_hurried_until_it_is_idle_again(guest):
    machine = Machine()
    watched, usual = machine.paced(guest, 600.0), guest["rate"]
    for _ in range(20):
        machine.seconds += pace.CIRCLE / 4
        watched.look()
    assert guest["rate"] == pace.FASTEST * BILLION
    guest["idles"] += 1
    watched.look()
    assert guest["rate"] == usual
    machine.seconds += pace.CIRCLE / 2
    watched.look()
    assert guest["rate"] == usual


class Driven:
    """A pytest, group 1, and its guest, group 2, which do what they are told."""

    def __init__(self, own: bool = True, limit: float | None = 600.0) -> None:
        self.groups = {1: Work(0, False), 2: Work(0, False)}
        self.watch = pace.Driver(1, own, limit, lambda: [2], lambda group: self.groups[group])

    def looks(self, times: int) -> list[int]:
        """After how many looks it was said to hang."""
        return [look for look in range(times) if self.watch.hangs()]


@pytest.mark.req("T-113")
def test_a_driver_hangs_where_neither_it_nor_its_guest_moves_for_longer_than_a_guest_may():
    assert Driven().looks(1000)[0] == 2 * pace.STILL > pace.STILL
    assert Driven(limit=None).looks(1000) == []
    silent = int((600 + pace.AFTERWARDS) / pace.LOOK)
    assert Driven(own=False).looks(silent + 1) == [silent]


@pytest.mark.parametrize("group", [1, 2])
@pytest.mark.parametrize("moves", [lambda n: Work(n / 100, False), lambda n: Work(0, True)],
                         ids=["works", "wants a processor"])
def test_a_driver_goes_on_while_it_or_its_guest_moves(group, moves):
    driven = Driven()
    for number in range(10 * pace.STILL):
        driven.groups[group] = moves(number)
        assert not driven.watch.hangs()


def test_every_line_keeps_a_driver_alive():
    driven = Driven()
    for _ in range(10):
        assert driven.looks(pace.STILL) == []
        driven.watch.heard()


def test_what_comes_after_the_status_is_given_time_and_then_told(guest):
    machine = Machine()
    watched = machine.paced(guest, 1.0, over=True)
    guest["now"] += 1000 * BILLION
    assert not any(looks(watched))
    machine.time += pace.AFTERWARDS + 1
    assert watched.look() == "it did not power off after its last test"


def test_the_processor_time_of_a_group_is_that_of_all_its_processes():
    script = "(while :; do :; done) & wait"
    with subprocess.Popen(["/bin/sh", "-c", script], start_new_session=True) as program:
        while pace.work(program.pid).seconds < 0.05:
            assert program.poll() is None
        assert pace.work(program.pid).wants
        os.killpg(program.pid, signal.SIGKILL)
    assert pace.work(1 << 30) == Work(0, False)


def test_a_program_whose_name_is_no_text_counts_as_any():
    """The kernel's parts of a guest have whatever name was in their memory."""
    rename = (r"printf '\377(\200) Z 1' >/proc/self/comm; echo; "
              "while :; do :; done")
    with subprocess.Popen(["bash", "-c", rename], start_new_session=True,
                          stdout=subprocess.PIPE) as program:
        try:
            assert program.stdout and program.stdout.readline()
            assert b"\xff" in Path(f"/proc/{program.pid}/comm").read_bytes()
            while pace.work(program.pid).seconds < 0.05:
                assert program.poll() is None
            assert pace.work(program.pid).wants
        finally:
            program.kill()
