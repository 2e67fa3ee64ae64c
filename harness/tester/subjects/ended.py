"""ended - a daemon under test that has ended by itself, does not start, or does not end.

What a test sees of it is only that nothing comes; the sheet says what it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from harness.bed.base.wait import NotInTime
from harness.bed.node.frames import Gone
from harness.bed.node.host import Host
from harness.bed.node.node import CommandFailed

BY_ITSELF, STARTS_NOT, ENDS_NOT = "has ended by itself", "does not start", "does not end"
# What daemons, their sanitizers and the C library write when they end so.
WORD = re.compile(r"(assert|panic|abort|sanitizer|runtime error:|critical signal|signal \d+|"
                  r"segmentation|stack smashing|core dumped|lost child)", re.IGNORECASE)
# In front of a line, and another one each time.
WHEN = re.compile(r"^[A-Z][a-z]{2} +\d+ [\d:.]+:? ")
LONGEST = 160


class Crashed(AssertionError):
    """The daemon under test has ended without being told to."""


class Stuck(AssertionError):
    """It does not do what it was told."""


@contextmanager
def told(daemon: str, word: str) -> Iterator[None]:
    """What goes wrong inside is told as that."""
    try:
        yield
    except (NotInTime, CommandFailed) as error:
        raise Stuck(f"{daemon} {word}: {error}") from None


def look(host: Host) -> None:
    """Crashed where a daemon of the host runs no more. A guest that is gone has said why itself."""
    try:
        gone = host.gone()
    except Gone:
        return
    if gone:
        word = last_word(host.log_text(gone[0]))
        raise Crashed(f"{gone[0]} of {host.name} {BY_ITSELF}" + (f": {word}" if word else ""))


def last_word(log: str) -> str:
    """The last line that tells how it came; empty where none does."""
    lines = [line.strip() for line in log.splitlines() if WORD.search(line)]
    return WHEN.sub("", lines[-1])[:LONGEST] if lines else ""
