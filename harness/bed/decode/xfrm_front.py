"""xfrm_front - what stands in front of every line of a file: times, line numbers, names, quotes.

Tools put it there: a log its moment and host, `cat -n` its numbers, a mail its quotes. It is taken
for such only where every entry of the file has it, of one shape: the same but for its numbers, and
at least half of the lines have it too. Then it is no fact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.bed.decode.xfrm_words import address

ENTRY = re.compile(r"(?P<front>.*?)\bsrc (?P<src>\S+) dst \S+")
NAMES = ("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec", "Mon|Tue|Wed|Thu|Fri|Sat|Sun")
PIECES = re.compile(rf"(?P<digits>[0-9]+)|(?P<blank>\s+)|\b(?P<month>{NAMES[0]})\b"
                    rf"|\b(?P<day>{NAMES[1]})\b|(?P<other>.)")


def front_of(lines: Sequence[str], words: frozenset[str]) -> re.Pattern[str] | None:
    """What every line has in front, None where there is nothing of the kind.

    No front has one of `words`, which a dump itself has in front of an address.
    """
    found: set[str] = set()
    for line in lines:
        entry = ENTRY.match(line) if "src " in line else None
        if not entry or not address(entry["src"].partition("/")[0]):
            continue
        front = entry["front"]
        if not front.strip():
            return None
        if not words & set(front.split()):
            found.add(_shape(front))
        if len(found) > 1:
            return None
    if not found:
        return None
    pattern = re.compile(found.pop())
    said = [line for line in lines if line.strip()]
    return pattern if 2 * sum(bool(pattern.match(line)) for line in said) >= len(said) else None


def _shape(front: str) -> str:
    """The same for each number, month and day; behind its number grep has : or - and one blank
    stands for any, also at either end."""
    out = [r"^\s*"]
    for piece in PIECES.finditer(front):
        kind = piece.lastgroup
        out.append({"digits": "[0-9]+", "blank": r"\s*", "month": f"(?:{NAMES[0]})",
                    "day": f"(?:{NAMES[1]})"}.get(kind or "", re.escape(piece[0])))
    if out[-1] == ":":
        out[-1] = "[:-]"
    return "".join(out)
