"""The guest's own clock: what the preload tells a small program that keeps time as a kernel does.

Virtual times and counts of jumps are held, never the time on the wall.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bed.base import places
from harness.bed.engine import clock
from harness.bed.engine.clock import BILLION, Clock
from harness.bed.engine.kernel import Kernel

TOP = Path(__file__).parents[2]
TRY = places.build(TOP) / "guest/try_clock"
PRELOAD = clock.preload(TOP)
HOUR = 3600


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    subprocess.run(["make", "-s", "guest"], cwd=TOP, check=True)


@pytest.fixture
def mapping(tmp_path: Path) -> Iterator[Clock]:
    made = clock.make(tmp_path / clock.FILE)
    made.start()
    yield made
    made.close()


def start(mapping: Clock, *words: str, rate: str = "1/10", line: int | None = None
          ) -> subprocess.Popen:
    environment = os.environ | clock.environment(PRELOAD, mapping.path, line) | {clock.RATE: rate}
    return subprocess.Popen([TRY, *words], env=environment, stdout=subprocess.PIPE, text=True,
                            pass_fds=() if line is None else (line,))


def tried(mapping: Clock, *words: str, rate: str = "1/10") -> list[int]:
    with start(mapping, *words, rate=rate) as program:
        said = program.communicate()[0]
    assert program.returncode == 0
    return [int(word) for word in said.split()]


def late(length: float) -> int:
    """What a piece of `length` seconds may be late by: here nothing takes so long."""
    return int(length * BILLION / 2)


@pytest.mark.req("T-110")
@pytest.mark.parametrize("how", ["idle", "polled"])
def test_an_hour_of_idle_time_is_one_jump(mapping, how):
    least, most = tried(mapping, how, str(HOUR), "1")
    assert 0 <= least <= most < late(HOUR)
    assert mapping["jumps"] == 1
    assert HOUR * BILLION - late(HOUR) < mapping["jumped"] <= HOUR * BILLION


@pytest.mark.req("T-110")
@pytest.mark.parametrize("rate", ["1", "1/10", "1/50"])
@pytest.mark.parametrize("how", ["idle", "polled"])
def test_a_timer_never_rings_early_and_each_wait_is_one_jump(mapping, how, rate):
    least, most = tried(mapping, how, "0.25", "400", rate=rate)
    assert 0 <= least <= most
    assert mapping["jumps"] == 400


@pytest.mark.parametrize("rate", ["1", "1/5"])
def test_a_timer_rings_while_the_guest_is_busy_and_not_early(mapping, rate):
    (after,) = tried(mapping, "busy", "0.01", rate=rate)
    assert after >= 0
    assert mapping["jumps"] == 0


@pytest.mark.req("T-110")
def test_time_goes_back_for_no_thread(mapping):
    assert tried(mapping, "threads") == [0]


def test_time_goes_on_from_where_it_was_when_the_kernel_starts_itself_anew(mapping):
    tried(mapping, "idle", str(HOUR), "1")
    before, rate = mapping["now"], mapping["rate"]
    tried(mapping, "idle", "1", "1", rate="1/7")
    assert mapping["now"] >= before + BILLION
    assert mapping["rate"] == rate


@pytest.mark.req("T-111")
@pytest.mark.parametrize("idle", [(), ("polled",)])
def test_the_clock_stands_still_while_the_driver_owes_an_answer(mapping, idle):
    ours, theirs = socket.socketpair()
    with ours, theirs, start(mapping, "line", str(theirs.fileno()), *idle,
                             line=theirs.fileno()) as program:
        assert ours.recv(3) == b"one"
        asleep(program.pid)
        assert mapping.held and mapping["sent"] == 3 and mapping["jumps"] == 0
        before = mapping["now"]
        mapping.gives(2, seen=3)
        assert mapping["now"] == before
        ours.send(b"go")
        answered, rang = map(int, program.communicate()[0].split())
    assert not mapping.held and mapping["got"] == 2
    assert answered < BILLION and mapping["jumps"] == 1
    assert rang >= HOUR * BILLION


def asleep(pid: int) -> None:
    """Look until the program does nothing but wait."""
    state = ""
    while state != "S":
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_line_that_is_hung_up_holds_nothing(mapping):
    ours, theirs = socket.socketpair()
    with start(mapping, "idle", "1", "1", line=theirs.fileno()) as program:
        mapping["given"] = 1
        theirs.close()
        ours.close()
        program.communicate()
    assert mapping["jumps"] == 1


def test_before_the_guest_has_started_busy_time_counts_as_it_is(tmp_path):
    made = clock.make(tmp_path / clock.FILE)
    (after,) = tried(made, "busy", "0.01", rate="1/1000")
    assert after >= 0
    assert made.rate == 0.001
    made.close()


def test_a_rate_is_measured_within_its_bounds_where_none_is_given(mapping):
    tried(mapping, "idle", "1", "1", rate="")
    assert 1 / 2000 <= mapping.rate <= 1 / 10


def test_without_a_mapping_the_clock_is_left_alone(tmp_path):
    done = subprocess.run([TRY, "idle", "0.01", "1"], capture_output=True, text=True, check=True,
                          env=os.environ | {"LD_PRELOAD": str(PRELOAD)})
    assert int(done.stdout.split()[0]) >= 0


@pytest.mark.req("T-112")
def test_a_kernel_that_takes_no_preload_is_known_before_it_runs(tmp_path):
    source = tmp_path / "static.c"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["cc", "-static", "-o", tmp_path / "static", source], check=True)
    assert clock.refusal(Kernel(TRY, TOP), PRELOAD) == ""
    assert "has no effect" in clock.refusal(Kernel(tmp_path / "static", TOP), PRELOAD)
    assert clock.refusal(Kernel(TRY, TOP), tmp_path / "none.so")
