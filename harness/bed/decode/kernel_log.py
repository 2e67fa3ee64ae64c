"""kernel_log - what a kernel complained about, out of the records of its log.

A MIGRATE that hits a larval or a duplicate state makes the kernel warn with a backtrace: that
never happens silently here.
Shapes:  a record is one of /dev/kmsg: numbers, a semicolon, the text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

WORDS = ("WARNING:", "BUG:", "Oops")


def lines(records: Iterable[str]) -> Iterator[str]:
    """The first line of each record's text."""
    for record in records:
        text = record.partition(";")[2].splitlines()
        yield text[0] if text else ""


def complaints(records: Iterable[str], allowed: Collection[str] = ()) -> list[str]:
    """One sentence for each warning without a word of `allowed`."""
    return [f"the kernel says: {line}" for line in lines(records)
            if any(word in line for word in WORDS) and not any(w in line for w in allowed)]


def newest(records: Iterable[str], word: str) -> str:
    """The newest line that holds `word`, or nothing."""
    return next((line for line in reversed(list(lines(records))) if word in line), "")
