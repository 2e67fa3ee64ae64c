"""How many guests run at once: by processors, by other work, by memory."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.bed.base.job import OWN, REAL
from harness.bed.engine import crowd
from harness.bed.engine.crowd import Crowd, Machine

MUCH = 1 << 40


@pytest.mark.req("T-114")
@pytest.mark.parametrize("processors, others, room, clock, number", [
    (2, 0, MUCH, OWN, 2), (2, 0, MUCH, REAL, 6), (8, 0, MUCH, OWN, 8),
    (2, 1, MUCH, OWN, 1), (2, 8, MUCH, OWN, 1), (2, 8, MUCH, REAL, 1), (8, 8, MUCH, OWN, 4),
    (8, 0, 3 * crowd.AIM_MEMORY, OWN, 3), (8, 0, 0, OWN, 1)])
def test_guests_have_their_share_of_processors_and_all_of_their_memory(
        processors, others, room, clock, number):
    assert crowd.most(Machine(processors, others, room), clock) == number


def most_at_once(one: Crowd, guests: int) -> int:
    """How many of so many threads were in at once, when nobody leaves as long as one may enter."""
    inside, seen, lock = 0, 0, threading.Lock()

    def stay() -> None:
        nonlocal inside, seen
        with one.place():
            with lock:
                inside += 1
                seen = max(seen, inside)
            threading.Event().wait(0.05)
            with lock:
                inside -= 1
    with ThreadPoolExecutor(guests) as pool:
        list(pool.map(lambda _: stay(), range(guests)))
    return seen


def test_a_guest_more_waits_until_it_does_well():
    assert most_at_once(Crowd(OWN, seen=lambda running: Machine(2, 0, MUCH)), 6) <= 2
    assert most_at_once(Crowd(OWN, seen=lambda running: Machine(2, 9, MUCH)), 4) == 1


def test_what_a_person_asks_for_is_not_looked_at():
    assert Crowd(OWN, fixed=5).seats == 5
    assert most_at_once(Crowd(OWN, 1, lambda running: Machine(9, 0, MUCH)), 3) == 1


def test_a_run_that_is_ended_starts_no_more_guests():
    one = Crowd(OWN, seen=lambda running: Machine(2, 0, MUCH))
    one.close()
    with pytest.raises(InterruptedError), one.place():
        pass


def test_this_machine_can_be_looked_at():
    seen = crowd.look(0)
    assert seen.processors >= 1 and seen.others >= 0 and seen.room > 0
