"""ended - a daemon under test that has ended by itself, does not start, or does not end.

What a test sees of it is only that nothing comes; the sheet says what it was, and has a row of each
(lists/subject.toml).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from harness.bed.base.wait import NotInTime, stopwatch
from harness.bed.node.frames import Gone
from harness.bed.node.host import Host
from harness.bed.node.node import CommandFailed
from harness.bed.stage.bed import Bed

BY_ITSELF, STARTS_NOT, ENDS_NOT = "has ended by itself", "does not start", "does not end"
# What daemons, their sanitizers and the C library write when they end so.
WORD = re.compile(r"(assert|panic|abort|sanitizer|runtime error:|critical signal|signal \d+|"
                  r"segmentation|stack smashing|core dumped|lost child)", re.IGNORECASE)
# In front of a line, and another one each time.
WHEN = re.compile(r"^[A-Z][a-z]{2} +\d+ [\d:.]+:? ")
LONGEST = 160
# Seconds that an end takes at most, a Delete that nobody answers included. Then those who stop a
# daemon kill it and say nothing: our ipsec after 5 s, the starter of strongSwan later.
IN_ORDER = 4.0


class Crashed(AssertionError):
    """The daemon under test has ended without being told to."""


class Stuck(AssertionError):
    """It does not do what it was told."""


@contextmanager
def told(host: Host, daemon: str, word: str) -> Iterator[None]:
    """What goes wrong inside is told as that."""
    try:
        yield
    except (NotInTime, CommandFailed) as error:
        raise Stuck(_sentence(host, daemon, f"{daemon} {word}: {error}")) from None


def look(host: Host) -> None:
    """Crashed where a daemon of the host runs no more. A guest that is gone has said why itself."""
    try:
        gone = host.gone()
    except Gone:
        return
    if gone:
        raise Crashed(_sentence(host, gone[0], f"{gone[0]} of {host.name} {BY_ITSELF}"))


def end(host: Host) -> None:
    """Each of its daemons runs still, and ends when it is told to."""
    look(host)
    for driver, stop in ((host.mip6, host.stop_mip6), (host.ike, host.stop_ike)):
        if driver.NAME in host.daemons:
            with told(host, driver.NAME, ENDS_NOT), stopwatch(host.story.clock) as took:
                stop()
                host.await_(host.stopped(driver.NAME))
                if took() > IN_ORDER:
                    raise NotInTime(f"it took {took():.0f} s, and may have been killed")


def look_back(bed: Bed, error: BaseException) -> None:
    """After a test has failed: it may have, because one has ended or hangs."""
    if isinstance(error, (Stuck, Gone)):
        return
    for host in (one for one in bed.hosts.values() if one.daemons):
        with suppress(Gone):
            look(host)
            bed.dump(host, "failed")
            end(host)


def _sentence(host: Host, daemon: str, text: str) -> str:
    word = last_word(host.log_text(daemon))
    return f"{text}: {word}" if word else text


def last_word(log: str) -> str:
    """The last line that tells how it came; empty where none does."""
    lines = [line.strip() for line in log.splitlines() if WORD.search(line)]
    return WHEN.sub("", lines[-1])[:LONGEST] if lines else ""
