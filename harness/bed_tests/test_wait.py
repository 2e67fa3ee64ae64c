"""Waiting for facts: what was waited for, what was seen instead, and how long it took."""

from __future__ import annotations

import pytest

from harness.bed.base import wait
from harness.bed.base.wait import Clock, Fact, NotInTime


class Told(Clock):
    """A clock that goes on where somebody waits, and nowhere else."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def let_pass(self, seconds: float, least: float = 0) -> None:
        self.now += seconds


def test_a_fact_that_holds_costs_no_time():
    assert wait.until(Fact("it holds", lambda: None), within=0, clock=Told()) == 0


def test_a_wait_ends_when_the_fact_begins_to_hold():
    seen = iter(["first", "second", None])
    assert wait.until(Fact("it holds", lambda: next(seen)), within=5, clock=Told()) < 1


def test_a_wait_in_vain_names_the_fact_and_what_was_seen_last():
    fact = Fact("carol is registered", lambda: "moon has no binding")
    with pytest.raises(NotInTime) as failed:
        wait.until(fact, within=0.05, clock=Told())
    assert str(failed.value) == ("waited 0.05 s until carol is registered; "
                                 "last seen: moon has no binding")


def test_two_facts_must_hold_together():
    one, other = Fact("a", lambda: None), Fact("b", lambda: "not b")
    assert (one & other).says == "a and b"
    assert (one & other).missing() == "not b"
