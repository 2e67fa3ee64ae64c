"""flakes - what --repeat shows: the first result, how many came out so, how each wait spreads.

Made from the folders of the repetitions alone. A wait is known by its words, and by its place where
a story waits for the same fact twice.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.bed.base.story import EVENTS, rows
from harness.bed.report.report import Outcome

FILE = "flakes.json"
# A wait that once took so much longer than usual is pointed at.
TIMES, SECONDS = 3.0, 0.5


@dataclass(frozen=True)
class Spread:
    """One wait over all repetitions: how often it was reached, and its seconds."""

    wait: str
    count: int
    min: float
    median: float
    max: float

    @property
    def drifts(self) -> bool:
        return self.max > TIMES * self.median and self.max - self.median > SECONDS


def waits(folder: Path) -> dict[str, float]:
    """The waits of one repetition in their order, with what they took."""
    found: dict[str, float] = {}
    for file in sorted(folder.rglob(EVENTS)):
        seen: Counter[str] = Counter()
        for row in rows(file):
            if row["kind"] != "wait":
                continue
            seen[row["text"]] += 1
            again = f" ({seen[row['text']]})" if seen[row["text"]] > 1 else ""
            act = "" if file.parent == folder else f"{file.parent.name}: "
            found[f"{act}{row['text']}{again}"] = row["took"]
    return found


def spreads(folders: Iterable[Path]) -> list[Spread]:
    """Each wait's spread, in the order of the story."""
    took: dict[str, list[float]] = {}
    for folder in folders:
        for wait, seconds in waits(folder).items():
            took.setdefault(wait, []).append(seconds)
    return [Spread(wait, len(all_), min(all_), statistics.median(all_), max(all_))
            for wait, all_ in took.items()]


def tests(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes of each test in the order of the repetitions."""
    found: dict[str, list[Outcome]] = {}
    for one in outcomes:
        found.setdefault(one.test, []).append(one)
    return {name: sorted(all_, key=lambda one: _number(one.results))
            for name, all_ in found.items()}


def _number(results: str) -> int:
    tail = results.rpartition(".")[2]
    return int(tail) if tail.isdigit() else 0


def verdict(outcomes: Sequence[Outcome]) -> str:
    """One test: its first result, and how many of all came out so."""
    first, passed = outcomes[0], sum(one.outcome == "passed" for one in outcomes)
    bad = next((one for one in outcomes if one.outcome == "failed"), None)
    words = f"the first {first.outcome}, {passed} of {len(outcomes)} passed"
    if not bad:
        return words
    kind = "flaky" if passed else "never passes"
    return f"{words}: {kind}; the first failure is in {bad.results}: {bad.sentence}"


def table(found: Sequence[Spread]) -> Iterator[str]:
    if not found:
        return
    yield "  seconds:    min  median     max  times  wait"
    for one in found:
        mark = "  <- drifts" if one.drifts else ""
        yield (f"          {one.min:7.2f} {one.median:7.2f} {one.max:7.2f}  {one.count:5}  "
               f"{one.wait}{mark}")


def tell(scenario: str, outcomes: Iterable[Outcome], folders: Sequence[Path]) -> Iterator[str]:
    """All that is said of a repeated scenario."""
    for name, all_ in tests(outcomes).items():
        yield f"{name}: {verdict(all_)}"
    yield f"{scenario}, waits of {len(folders)} runs:"
    yield from table(spreads(folders))


def facts(outcomes: Iterable[Outcome], folders: Sequence[Path]) -> dict:
    """The same for machines."""
    return {
        "tests": {name: [one.outcome for one in all_] for name, all_ in tests(outcomes).items()},
        "waits": [asdict(one) | {"drifts": one.drifts} for one in spreads(folders)]}
