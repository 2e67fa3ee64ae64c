"""wait - facts, and the one way to wait: ask until a fact holds, with a limit and a reason.

A fact says what it is about and, while it does not hold, what is there instead. So a wait that
fails names both.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

INTERVAL = 0.02
_never = threading.Event()


class NotInTime(AssertionError):
    """A fact did not come to hold within its limit."""


@dataclass(frozen=True)
class Fact:
    """`says` completes "waits until"; `missing` gives None once it holds, else what was seen."""

    says: str
    missing: Callable[[], str | None]

    def __and__(self, other: Fact) -> Fact:
        return Fact(f"{self.says} and {other.says}",
                    lambda: self.missing() or other.missing())


def until(fact: Fact, within: float) -> float:
    """Wait until `fact` holds; the seconds that it took."""
    start = time.monotonic()
    while True:
        seen = fact.missing()
        took = time.monotonic() - start
        if seen is None:
            return took
        if took > within:
            raise NotInTime(f"waited {within:g} s until {fact.says}; last seen: {seen}")
        _never.wait(INTERVAL)


def for_a_while(seconds: float) -> None:
    """Let `seconds` pass where the passing of time is the subject of the scenario."""
    _never.wait(seconds)


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    start = time.monotonic()
    yield lambda: time.monotonic() - start
