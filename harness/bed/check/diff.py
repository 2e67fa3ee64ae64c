"""diff - any two dumps of `ip xfrm` held against each other by their facts.

    ./run-tests.sh diff A B                two files, or FILE alone: its first dump and its second
        --json                             everything as one JSON object
        --unified                          the lines as `diff -u` shows them
        --values                           SPIs and keys as they are, also between two runs

Exit status: 0 equal, 1 different, 2 a file cannot be read or not all of it is understood (what
differs in the rest is told all the same). "equal" is said only when nothing was left unread; what
is left out on purpose (counters, clocks, prompts) is counted, and --json lists it.

A file holds what `ip xfrm state`, `ip xfrm policy` or both printed: any iproute2, with or without
-s, -d and -o, pasted from a terminal, quoted in a mail, from the page of 2008, a canonical dump, a
collected file with `##` titles, or netlink messages as the kernel sent them. Where a file holds
several dumps of one kind, FILE#2 is the second; - is standard input. An empty file is a kernel that
has nothing; the answer says so. Two dumps with no SPI and no key in common are taken as two runs:
then SPIs and keys are compared by their role, not their value, and the answer says so.
Errors:  one sentence that names file, line and what is wrong there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from harness.bed.check import columns
from harness.bed.check.compare import (
    DIFFERENT, EQUAL, UNREADABLE, Comparison, Difference, compare, one_run,
)
from harness.bed.check.facts import indented
from harness.bed.check.given import ENTRIES, KINDS, Given, Unreadable, given, read
from harness.bed.check.named_file import STDIN, told

__all__ = ["DIFFERENT", "EQUAL", "UNREADABLE", "Given", "Unreadable", "compare", "given", "main",
           "one_run", "read", "show"]

WIDTH = 160
AROUND = 3
# So many notes are told one by one.
TOLD = 10
FORMAT = "perigee-xfrm-diff-1"
PLURALS = {"state": "states", "policy": "policies"}


def many(number: int, word: str, plural: str = "") -> str:
    return f"{number} {word if number == 1 else plural or f'{word}s'}"


def show(one: Given, other: Given, out: TextIO, colour: bool, width: int, *,
         unified: bool = False, values: bool = False) -> int:
    """Sentences first, then the lines; the exit status."""
    found = compare(one, other, values)
    for line in (*_before(found), *_verdict(found)):
        print(line, file=out)
    if found.differences:
        print(file=out)
        lines = _unified(found, colour) if unified else _columns(found, colour, width)
        out.writelines(f"{line}\n" for line in lines)
    return found.status


def _before(found: Comparison) -> Iterator[str]:
    """What the comparison does not speak of, and why."""
    for given_one in (found.one, found.other):
        if given_one.empty:
            yield f"{given_one.name} is empty: taken as no state and no policy"
    for kind in KINDS:
        lacks = [given_one.name for given_one in (found.one, found.other)
                 if kind not in given_one.kinds]
        if lacks and kind in found.one.kinds | found.other.kinds:
            yield f"{lacks[0]} shows no {kind}: left out of the comparison"
    if not found.same_run and not found.values and any(
            state.spi for given_one in (found.one, found.other) for state in given_one.dump.states):
        yield "no SPI and no key in common: taken as two runs, SPIs and keys compared by their role"


def _verdict(found: Comparison) -> Iterator[str]:
    sentences = found.sentences()
    if sentences:
        yield f"{many(len(sentences), 'difference')}:"
        yield from (f"  {sentence}" for sentence in sentences)
    counts = ", ".join(many(found.entries[kind], kind, PLURALS[kind]) for kind in ENTRIES)
    if found.status == EQUAL:
        yield f"equal: {counts}"
    elif not sentences:
        yield f"no difference in what is understood ({counts}), but not all of it is"
    sides = [found.one] if found.one.name == found.other.name else [found.one, found.other]
    for one in sides:
        yield from _unread(one)
    if found.uncompared:
        yield "not compared: " + "; ".join(sorted(found.uncompared))
    for one in sides:
        if one.left_out:
            counted = Counter(note.why for note in one.left_out)
            yield f"left out on purpose of {one.name}: " + ", ".join(
                f"{why} ({many(number, 'line')})" for why, number in counted.items())


def _unread(one: Given) -> Iterator[str]:
    for note in one.unread[:TOLD]:
        yield f"not understood: {one.name}: line {note.line}: {note.why}: {note.text[:60]}"
    if len(one.unread) > TOLD:
        yield (f"not understood: {one.name}: {many(len(one.unread) - TOLD, 'more line')}, "
               f"./run-tests.sh facts {one.name} names each")


def _columns(found: Comparison, colour: bool, width: int) -> Iterator[str]:
    heads = (f"A {found.one.name}", f"B {found.other.name}")
    for number, one in enumerate(found.differences):
        texts = ("\n".join(one.left), "\n".join(one.right))
        paint = columns.coloured if colour else columns.side_by_side
        lines = paint(*texts, heads, width, AROUND) if colour else paint(
            *texts, heads, context=AROUND)
        yield from lines.splitlines()[number > 0:]
        if number + 1 < len(found.differences):
            yield ""


def _unified(found: Comparison, colour: bool) -> Iterator[str]:
    yield f"--- {found.one.name}"
    yield f"+++ {found.other.name}"
    for one in found.differences:
        yield f"@@ {one.object} @@"
        for row in columns.folded(columns.rows("\n".join(one.left), "\n".join(one.right)), AROUND):
            if isinstance(row, int):
                continue
            for sign, text in columns.signed(row):
                yield columns.line_in_colour(sign, text) if colour else f"{sign}{text}"


def document(found: Comparison) -> dict:
    """The same as JSON."""
    verdict = {EQUAL: "equal", DIFFERENT: "different", UNREADABLE: "not understood"}[found.status]
    return {
        "format": FORMAT, "verdict": verdict, "same_run": found.same_run,
        "a": _side(found.one), "b": _side(found.other), "compared": sorted(found.kinds),
        "differences": [_one(one) for one in found.differences],
        "not_compared": sorted(found.uncompared),
    }


def _side(one: Given) -> dict:
    return {"name": one.name, "states": len(one.dump.states), "policies": len(one.dump.policies),
            "not_understood": [note._asdict() for note in one.unread],
            "left_out": [note._asdict() for note in one.left_out]}


def _one(one: Difference) -> dict:
    return {"object": one.object, "sentences": one.sentences, "a": one.left, "b": one.right,
            "facts": [{"fact": fact.fact, "a": fact.expected, "b": fact.actual}
                      for fact in one.facts]}


def _parser() -> argparse.ArgumentParser:
    head, _, rest = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        "run-tests.sh diff", description=f"{head}\n{rest}", add_help=True,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE",
                        help="what ip xfrm state or ip xfrm policy printed; FILE#2, - for stdin")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--unified", action="store_true", help="lines as diff -u shows them")
    parser.add_argument("--values", action="store_true",
                        help="compare SPIs and keys by value, also of two runs")
    return parser


def main(arguments: list[str]) -> int:
    return told("diff", UNREADABLE, lambda: _diff(arguments))


def _diff(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    names = options.files
    if len(names) > 2:
        print("run-tests.sh diff: two files, or one with two dumps; --help says more",
              file=sys.stderr)
        return UNREADABLE
    if len(names) == 1:
        names = [f"{names[0]}#1", f"{names[0]}#2"]
    if names == [STDIN, STDIN]:
        raise Unreadable("- is standard input, which is there once: name a file beside it")
    one, other = read(names[0]), read(names[1])
    if options.json:
        found = compare(one, other, options.values)
        print(indented(document(found)))
        return found.status
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    return show(one, other, sys.stdout, colour, width,
                unified=options.unified, values=options.values)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
