"""columns - two texts side by side, as plain text, in a terminal's colours, or as rows for a page.

A row is a line of the left text beside one of the right: `|` marks lines that differ, `<` and `>`
those that only one side has. Of two lines that differ, the words that differ are known.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SAME, DIFFERENT, LEFT, RIGHT = " ", "|", "<", ">"
TAB = 4
# The left side is what is expected, the right what was found: neither is right or wrong by itself.
EXPECTED, FOUND = "\033[36m", "\033[33m"
DIM, BOLD, PLAIN = "\033[2m", "\033[1m", "\033[0m"
NARROWEST = 24


@dataclass(frozen=True)
class Row:
    mark: str
    left: str
    right: str


# A piece of a line, and whether the other line has it too.
Piece = tuple[str, bool]


def rows(left: str, right: str) -> list[Row]:
    one, other = (text.expandtabs(TAB).splitlines() for text in (left, right))
    found = []
    for tag, a, b, c, d in _opcodes(one, other):
        for at in range(max(b - a, d - c)):
            here = one[a + at] if a + at < b else None
            there = other[c + at] if c + at < d else None
            mark = (SAME if tag == "equal" else LEFT if there is None
                    else RIGHT if here is None else DIFFERENT)
            found.append(Row(mark, here or "", there or ""))
    return found


def _opcodes(one: list[str], other: list[str]) -> Iterable[tuple[str, int, int, int, int]]:
    """difflib's, which has nothing to look for where every line but one is the same."""
    unlike = [at for at, (a, b) in enumerate(zip(one, other)) if a != b]
    if len(one) == len(other) and len(unlike) == 1:
        at, end = unlike[0], len(one)
        return (("equal", 0, at, 0, at), ("replace", at, at + 1, at, at + 1),
                ("equal", at + 1, end, at + 1, end))
    return difflib.SequenceMatcher(None, one, other, False).get_opcodes()


def folded(found: list[Row], context: int = 3) -> list[Row | int]:
    """Rows that differ with some around them; a number stands for so many equal ones left out."""
    near = {at + by for at, row in enumerate(found) if row.mark != SAME
            for by in range(-context, context + 1)}
    out: list[Row | int] = []
    for at, row in enumerate(found):
        if at in near:
            out.append(row)
        elif out and isinstance(out[-1], int):
            out[-1] += 1
        else:
            out.append(1)
    return out


def pieces(row: Row) -> tuple[list[Piece], list[Piece]]:
    """Both lines of a row cut where they begin and cease to differ, at word boundaries."""
    if row.mark != DIFFERENT:
        return [(row.left, row.mark == SAME)], [(row.right, row.mark == SAME)]
    words = [re.split(r"(\s+)", line) for line in (row.left, row.right)]
    matcher = difflib.SequenceMatcher(None, *words, False)
    cut: tuple[list[Piece], list[Piece]] = ([], [])
    for tag, a, b, c, d in matcher.get_opcodes():
        for side, part in ((0, words[0][a:b]), (1, words[1][c:d])):
            if part:
                cut[side].append(("".join(part), tag == "equal"))
    return cut


HEADS = ("expected", "actual")


def side_by_side(left: str, right: str, heads: tuple[str, str] = HEADS, width: int = 78,
                 context: int | None = None) -> str:
    """Plain text; `width` is that of the left column, the right one takes what it needs."""
    lines = [f"{heads[0]:{width}}   {heads[1]}"]
    lines += [_left_out(row) if isinstance(row, int)
              else f"{row.left[:width]:{width}} {row.mark} {row.right}".rstrip()
              for row in _wanted(left, right, context)]
    return "\n".join(lines) + "\n"


def coloured(left: str, right: str, heads: tuple[str, str], columns: int,
             context: int | None = None) -> str:
    """Both texts in `columns` columns of a terminal; long lines go on below."""
    width = max((columns - 3) // 2, NARROWEST)
    one, other = heads[0][-width:], heads[1][-width:]
    lines = [f"{BOLD}{EXPECTED}{one:{width}}{PLAIN}   {BOLD}{FOUND}{other}{PLAIN}"]
    for row in _wanted(left, right, context):
        lines += [f"{DIM}{_left_out(row)}{PLAIN}"] if isinstance(row, int) else _painted(row, width)
    return "\n".join(lines) + "\n"


def signed(row: Row) -> list[tuple[str, str]]:
    """A row as lines of `diff -u`: the sign and the text of each."""
    if row.mark == SAME:
        return [(" ", row.left)]
    left = [("-", row.left)] if row.mark != RIGHT else []
    return left + ([("+", row.right)] if row.mark != LEFT else [])


def line_in_colour(sign: str, text: str) -> str:
    colour = {"-": EXPECTED, "+": FOUND}.get(sign, DIM)
    return f"{colour}{sign}{text}{PLAIN}"


def _wanted(left: str, right: str, context: int | None) -> Iterable[Row | int]:
    """All rows, or those that differ with so many around them."""
    found = rows(left, right)
    return found if context is None else folded(found, context)


def _left_out(number: int) -> str:
    return f"… {number} equal line{'s' * (number > 1)}"


def _painted(row: Row, width: int) -> Iterator[str]:
    one, other = pieces(row)
    colours = (EXPECTED, FOUND) if row.mark != SAME else (DIM, DIM)
    left, right = _wrap(one, width), _wrap(other, width)
    for at in range(max(len(left), len(right))):
        cells = [side[at] if at < len(side) else [] for side in (left, right)]
        used = sum(len(text) for text, _ in cells[0])
        mark = row.mark if at == 0 else " "
        yield (f"{_paint(cells[0], colours[0])}{' ' * (width - used)} {mark} "
               f"{_paint(cells[1], colours[1])}").rstrip()


def _paint(cell: list[Piece], colour: str) -> str:
    return "".join(text if shared and colour != DIM else f"{colour}{text}{PLAIN}"
                   for text, shared in cell if text)


def _wrap(line: list[Piece], width: int) -> list[list[Piece]]:
    """A line of pieces cut into lines of at most `width` columns."""
    out: list[list[Piece]] = [[]]
    room = width
    for text, shared in line:
        while text:
            if not room:
                out.append([])
                room = width
            out[-1].append((text[:room], shared))
            taken = min(room, len(text))
            text, room = text[taken:], room - taken
    return out
