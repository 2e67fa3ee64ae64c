"""Pytests are forked from one process, and each is as if it had been started by itself."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.bed.engine import nursery
from harness.bed.engine.nursery import Child, Nursery


def heard(child: Child) -> tuple[int, str]:
    with child.stdout as said:
        text = said.read().decode()
    return child.wait(), text


def begin(place: Nursery, where: Path, *words: str, **environment: str) -> Child:
    return place.start(words, where, environment, min(os.sched_getaffinity(0)))


def alone(work: Callable[[list[str]], int], where: Path, *words: str, **environment: str
          ) -> tuple[int, str]:
    place = Nursery(work)
    return heard(begin(place, where, *words, **environment))


def asked(words: list[str]) -> int:
    """What a child finds around it."""
    print(json.dumps({
        "words": [sys.argv, words], "where": os.getcwd(), "path": sys.path[0],
        "session": os.getsid(0) == os.getpid(), "in": os.readlink("/proc/self/fd/0"),
        "own": os.environ.get("OWN"), "processors": [*os.sched_getaffinity(0)],
        "interrupt": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        "others": [one for one in os.listdir("/proc/self/fd") if _is_socket(one)]}))
    return 7


def _is_socket(number: str) -> bool:
    try:
        return "socket" in os.readlink(f"/proc/self/fd/{number}") and int(number) not in BEFORE
    except FileNotFoundError:
        return False


BEFORE: set[int] = set()
# Whoever runs this in the background has it ignored, and that stays.
DEFAULT = signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.req("T-222")
def test_a_child_has_words_place_signals_and_settings_of_its_own(tmp_path):
    BEFORE.update(int(one) for one in os.listdir("/proc/self/fd"))
    status, text = alone(asked, tmp_path, "-x", "y", OWN="1")
    assert status == 7
    assert json.loads(text) == {
        "words": [["pytest", "-x", "y"], ["-x", "y"]], "where": str(tmp_path),
        "path": str(tmp_path), "session": True, "in": "/dev/null", "own": "1",
        "processors": [min(os.sched_getaffinity(0))], "interrupt": DEFAULT, "others": []}


def test_many_run_at_once_and_each_has_its_own_end(tmp_path):
    def work(words: list[str]) -> int:
        if words[0] == "3":
            os.kill(os.getpid(), signal.SIGKILL)
        print(f"this is {words[0]}")
        return int(words[0])

    place = Nursery(work)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: heard(begin(place, tmp_path, str(number))), range(8)))
    wanted = [(number, f"this is {number}\n") for number in range(8)]
    wanted[3] = (-signal.SIGKILL, "")
    assert found == wanted


def test_one_that_goes_on_has_no_status_yet(tmp_path):
    place = Nursery(lambda words: signal.pause() or 0)
    child = begin(place, tmp_path)
    assert child.poll() is None
    child.send_signal(signal.SIGTERM)
    assert child.wait() == child.poll() == -signal.SIGTERM
    child.send_signal(signal.SIGTERM)
    child.stdout.close()


@pytest.mark.req("T-222")
def test_what_is_sent_before_a_child_is_itself_waits_for_it(tmp_path, monkeypatch):
    """Whoever it is forked from may have a way of its own with SIGTERM."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    monkeypatch.setattr(os, "setsid", lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert alone(lambda words: 0, tmp_path) == (-signal.SIGTERM, "")
    signal.signal(signal.SIGTERM, before)


def test_an_exception_is_told_and_ends_with_a_status(tmp_path):
    def work(words: list[str]) -> int:
        raise LookupError("nothing there")

    status, text = alone(work, tmp_path)
    assert status == 1 and text.endswith("LookupError: nothing there\n")


def test_what_was_said_before_is_not_said_again(tmp_path, capfd):
    print("before", end="")
    status, text = alone(lambda words: 0, tmp_path)
    assert (status, text) == (0, "")
    assert capfd.readouterr().out == "before"


def test_ctrl_c_does_not_end_it_and_without_it_no_child_is_promised(tmp_path):
    place = Nursery(lambda words: print(os.getppid()) or 0)
    _, text = heard(begin(place, tmp_path))
    os.kill(int(text), signal.SIGINT)
    assert heard(begin(place, tmp_path)) == (0, text)
    os.kill(int(text), signal.SIGKILL)
    os.waitpid(int(text), 0)
    with pytest.raises(ChildProcessError, match="the process that starts the scenarios has ended"):
        begin(place, tmp_path)


def test_it_ends_with_the_front_door(tmp_path):
    place = Nursery(lambda words: print(os.getppid()) or 0)
    _, text = heard(begin(place, tmp_path))
    del place
    assert os.waitstatus_to_exitcode(os.waitpid(int(text), 0)[1]) == 0


def test_a_pytest_that_is_forked_runs_tests(tmp_path):
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert 1 == 2\n")
    status, text = alone(nursery.tests, tmp_path, "-p", "no:cacheprovider", "test_it.py")
    assert status == 1 and "assert 1 == 2" in text


def test_what_was_read_before_is_not_looked_through_but_all_that_comes_is(tmp_path):
    def counted(words: list[str]) -> int:
        print(gc.isenabled(), gc.get_freeze_count() > len(sys.modules))
        return 0
    assert alone(counted, tmp_path) == (0, "True True\n")
