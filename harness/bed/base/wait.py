"""wait - facts, and the one way to wait: ask until a fact holds, with a limit and a reason.

A fact says what it is about and, while it does not hold, what is there instead. So a wait that
fails names both. Whose seconds they are says the clock: a guest has one of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Facts are looked at no more often than that, and no less where nothing seems to happen.
INTERVAL, IDLE = 0.02, 0.2


class Clock:
    """The time of this machine; who has another one overrides all three."""

    def time(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def let_pass(self, seconds: float, least: float = 0) -> None:
        """`seconds` pass; with a `least`, until anything happens after that."""
        threading.Event().wait(least or seconds)


HERE = Clock()


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


def until(fact: Fact, within: float, clock: Clock) -> float:
    """Wait until `fact` holds; the seconds that it took, on the clock that counts."""
    start = clock.monotonic()
    while True:
        seen = fact.missing()
        took = clock.monotonic() - start
        if seen is None:
            return took
        if took > within:
            raise NotInTime(f"waited {within:g} s until {fact.says}; last seen: {seen}")
        clock.let_pass(INTERVAL + min(IDLE, max(within - took, 0)), INTERVAL)


@contextmanager
def stopwatch(clock: Clock) -> Iterator[Callable[[], float]]:
    start = clock.monotonic()
    yield lambda: clock.monotonic() - start
