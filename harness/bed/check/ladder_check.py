"""ladder_check - a ladder's text held against an expected one.

Messages and checkpoints must come in the same order, and so must what each node did with its own
kernel; how the lines of two nodes interleave is chance. A message that is sent again counts once,
those that a timer sends (mobile prefix, DHAAD) are left out.
Shapes:  pure functions of texts of ladder.py; expected/NAME/ladder.txt is such a text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from harness.bed.check.ladder import TOLD

MESSAGES, FILE = "messages", "ladder.txt"
# What is inside SK is compared where both had the keys.
CLOSED = "SK{…}"
ARROW = re.compile(r"\|(-.*>|<.*-)\|")
Lanes = dict[str, list[str]]


def lanes(text: str) -> Lanes:
    """The messages with the checkpoints, and for each node what it did with its kernel."""
    head, *rest = text.splitlines() or [""]
    rails = {found.start(): found[0] for found in re.finditer(r"\S+", head)}
    found: Lanes = {MESSAGES: []} | {name: [] for name in rails.values()}
    for line in rest:
        for lane, words in _line(line, rails):
            if lane != MESSAGES or found[lane][-1:] != [words]:
                found[lane].append(words)
    return found


def _line(line: str, rails: dict[int, str]) -> Iterator[tuple[str, str]]:
    if line.startswith("="):
        yield MESSAGES, line.strip("= ")
        return
    arrow = ARROW.search(line)
    if arrow:
        words = arrow[1].strip("-<> ")
        ends = [rails.get(at, "?") for at in (arrow.start(), arrow.end() - 1)]
        src, dst = ends if arrow[1].endswith(">") else reversed(ends)
        if words.partition(" in ")[0] not in TOLD:
            yield MESSAGES, f"{src} to {dst}: {words}"
        return
    for at, name in rails.items():
        if line[at:at + 1] == "o" and (at == 0 or line[at - 1] in "| "):
            around = line[at + 1:] if at != max(rails) or at == 0 else line[:at]
            yield name, around.replace("|", " ").strip()
            return


def _closed(found: Lanes) -> Lanes:
    return {lane: [re.sub(r"SK\{.*?\}", CLOSED, words) for words in lines]
            for lane, lines in found.items()}


def differences(expected: str, actual: str) -> list[str]:
    """Sentences; the empty list says that the same messages and events came in the same order."""
    wanted, found = lanes(expected), lanes(actual)
    if CLOSED in expected or CLOSED in actual:
        wanted, found = _closed(wanted), _closed(found)
    sentences = []
    for lane in [*wanted, *(name for name in found if name not in wanted)]:
        theirs, ours = wanted.get(lane, []), found.get(lane, [])
        matcher = difflib.SequenceMatcher(None, theirs, ours, False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag == "equal":
                continue
            where = f" after '{ours[c - 1]}'" if c else " at the beginning"
            missing = [f"ladder, {lane}: '{words}' is missing{where}" for words in theirs[a:b]]
            extra = [f"ladder, {lane}: '{words}' is not expected{where}" for words in ours[c:d]]
            sentences += missing + extra
    return sentences


def held(expected: Path, results: Path) -> list[str]:
    """A scenario's ladder against its expected one; where none is expected, nothing is said."""
    wanted = expected / FILE
    drawn = list(results.rglob(FILE))
    if not wanted.exists() or len(drawn) != 1:
        return []
    return differences(wanted.read_text(), drawn[0].read_text())
