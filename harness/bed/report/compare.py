"""compare - two runs beside each other: verdicts, dumps by their facts, ladders, moves, times.

Usage:   ./run-tests.sh compare RUN RUN
         RUN is the folder of a run, its name in build/results, or last.
Shapes:  both runs are read as the page reads them; the comparison is a page in the second's folder.
Errors:  exit status 0 where nothing differs, 1 where something does, 2 where a run is not there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.bed.base import places, room
from harness.bed.base.spelling import meant
from harness.bed.check import columns, golden, ladder
from harness.bed.decode.xfrm import DumpError
from harness.bed.report import html, move_words, page_facts
from harness.bed.report.page_facts import Act, NodeDump, Scenario

TOP = Path(__file__).resolve().parents[3]
RESULTS = places.results(TOP)
DIFFERS, ONLY, SAME = "differs", "only in one", "same"
VERDICTS = (DIFFERS, ONLY, SAME)
CONTEXT, RECENT = 3, 5


@dataclass(frozen=True)
class Beside:
    """A text of both runs that differs: what it is, sentences on it, and its rows side by side."""

    title: str
    sentences: list[str]
    rows: list[columns.Row | int]


@dataclass(frozen=True)
class Compared:
    """One scenario in two runs; `facts` are (what, before, after), all of them told."""

    name: str
    anchor: str
    title: str
    verdict: str
    facts: list[tuple[str, str, str]]
    texts: list[Beside]

    @property
    def sentence(self) -> str:
        """What differs first: a verdict, or how many texts."""
        told = [f"{what}: {before}, then {after}" for what, before, after in self.facts
                if what == "verdict" and before != after]
        return "; ".join([*told, *(text.title for text in self.texts)])


@dataclass(frozen=True)
class Run:
    name: str
    folder: Path
    scenarios: dict[str, Scenario]

    @property
    def ground(self) -> str:
        """Kernels and clocks that it used."""
        seen = {one for s in self.scenarios.values() for one in (
            s.kernel and f"kernel {s.kernel}", s.clock and f"clock {s.clock}") if one}
        return ", ".join(sorted(seen, reverse=True)) or "nothing is known of kernel and clock"


class NoRun(Exception):
    """There is no such run."""


def read(word: str, results: Path = RESULTS) -> Run:
    """The run that a word names; NoRun if it names none."""
    for folder in (Path(word), results / word):
        if any((folder / name).exists() for name in (page_facts.OUTCOMES, page_facts.CUT_SHORT)):
            folder = folder.resolve()
            found = page_facts.scenarios(folder, {})
            return Run(folder.name, folder, {one.anchor: one for one in found})
    known = sorted(path.parent.name for path in results.glob(f"2[0-9]*/{page_facts.OUTCOMES}"))
    if not known:
        raise NoRun(f"{word} is no run, and there is none yet: ./run-tests.sh coa-change makes one")
    others = {"last", *known} - {word}
    raise NoRun(f"{word} is no run: it has no {page_facts.OUTCOMES}. The newest are "
                f"{', '.join(known[-RECENT:])}, in {results}{meant(word, others)}")


def compare(before: Run, after: Run) -> list[Compared]:
    """Every scenario of both runs, those that differ first."""
    anchors = list(dict.fromkeys([*after.scenarios, *before.scenarios]))
    found = [_scenario(anchor, before, after) for anchor in anchors]
    return sorted(found, key=lambda one: VERDICTS.index(one.verdict))


def _scenario(anchor: str, before: Run, after: Run) -> Compared:
    one, other = before.scenarios.get(anchor), after.scenarios.get(anchor)
    if not (one and other):
        there, run = (one, before) if one else (other, after)
        return Compared(there.name, anchor, f"only in {run.name}", ONLY, [], [])
    texts = [text for a, b in _pairs(one.acts, other.acts, "name") for text in _texts(a, b)]
    facts = list(_facts(one, other))
    differs = texts or one.outcome != other.outcome or one.sentence != other.sentence
    return Compared(other.name, anchor, other.title, DIFFERS if differs else SAME, facts, texts)


def _pairs(left: Iterable, right: Iterable, key: str) -> list[tuple]:
    """Those of both sides that have the same name; None where one side lacks it."""
    a, b = ({getattr(one, key): one for one in side} for side in (left, right))
    return [(a.get(name), b.get(name)) for name in dict.fromkeys([*a, *b])]


def _facts(one: Scenario, other: Scenario) -> Iterable[tuple[str, str, str]]:
    yield "verdict", html.WORDS[one.outcome], html.WORDS[other.outcome]
    if one.sentence or other.sentence:
        yield "sentence", one.sentence or "none", other.sentence or "none"
    yield "time", f"{one.seconds:.1f} s", f"{other.seconds:.1f} s"
    for word in ("kernel", "clock"):
        pair = getattr(one, word), getattr(other, word)
        if any(pair):
            yield word, pair[0] or "not known", pair[1] or "not known"
    moves = [[move for act in each.acts for move in act.moves] for each in (one, other)]
    for number in range(max(map(len, moves))):
        said = [move_words.summary(mine[number]) if number < len(mine) else "none"
                for mine in moves]
        yield f"move {number + 1}", *said


def _texts(one: Act | None, other: Act | None) -> Iterable[Beside]:
    """Dumps whose facts differ, checkpoints that only one has, and the ladder."""
    for a, b in _pairs(one.points if one else [], other.points if other else [], "name"):
        where = (a or b).name
        for left, right in _pairs(a.nodes if a else [], b.nodes if b else [], "node"):
            found = _dumps(left, right, where)
            if found:
                yield found
    ladders = ["".join(map(_line, act.rungs)) if act else "" for act in (one, other)]
    if ladders[0] != ladders[1]:
        yield Beside("ladder", [], _rows(*ladders))


def _line(rung: ladder.Rung) -> str:
    """A rung as text without what is of one run only."""
    ends = f"{rung.at} > {rung.to}: " if rung.kind == ladder.ARROW else \
        f"{rung.at}: " if rung.kind == ladder.LOCAL else ""
    return f"{ends}{ladder.stable(rung.label)}{f' x{rung.count}' if rung.count > 1 else ''}\n"


def _dumps(left: NodeDump | None, right: NodeDump | None, where: str) -> Beside | None:
    title = f"{(left or right).node} at {where}"
    if not (left and right):
        return Beside(title, [f"only {'before' if left else 'after'}"], [])
    try:
        found = [_sentence(one) for one in golden.compare(left.dump, right.dump)]
    except DumpError as error:
        found = [str(error)]
    return Beside(title, found, _rows(left.dump, right.dump)) if found else None


def _sentence(one: golden.Difference) -> str:
    """golden's words are on what was expected; here both sides only were."""
    if one.fact == "existence":
        return f"{one.object}: only {'before' if one.actual is None else 'after'}"
    return f"{one.object}: {one.fact} {one.expected or 'none'}, then {one.actual or 'none'}"


def _rows(left: str, right: str) -> list[columns.Row | int]:
    return columns.folded(columns.rows(left, right), CONTEXT)


def write(before: Run, after: Run, found: Sequence[Compared]) -> Path:
    page = after.folder / f"compare-with-{before.name}.html"
    page.write_text(html.environment().get_template("compare.html").render(
        before=before, after=after, compared=found, pieces=columns.pieces,
        counts={word: count(found, word) for word in VERDICTS}))
    return page


def count(found: Iterable[Compared], verdict: str) -> int:
    return sum(one.verdict == verdict for one in found)


def main(words: list[str]) -> int:
    if len(words) != 2 or {"-h", "--help"} & set(words):
        print(__doc__.partition("Shapes:")[0].strip())
        return 0 if {"-h", "--help"} & set(words) else 2
    try:
        before, after = (read(word) for word in words)
    except NoRun as error:
        print(f"run-tests.sh: {error}", file=sys.stderr)
        return 2
    found = compare(before, after)
    for one in found:
        if one.verdict != SAME:
            print(f"{one.verdict}: {one.name}: {one.sentence or one.title}")
    print(", ".join(f"{count(found, word)} {word}" for word in VERDICTS))
    try:
        print(f"page: {write(before, after, found)}")
    except OSError as error:
        print(f"run-tests.sh: {room.refused(error, places.build(TOP))}", file=sys.stderr)
        return 2
    return 0 if count(found, SAME) == len(found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
