"""selection - which scenarios of all run: those that failed last, or one share of N.

An outcome is named by where it came from: NAME[GROUND]::CASE under valgrind. NAME is a scenario,
`sweep SCENARIO`, or what ran on the host; GROUND the kernel or the pair of daemons of a table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.bed.engine.kernel import Unfit
from harness.bed.engine.suite import Scenario

OUTCOMES = "req.jsonl"
UNDER = " under valgrind"
TITLE = re.compile(r"(?P<name>.*?)(\[(?P<ground>[^\[\]]*)\])?(::(?P<case>.*?))?"
                   rf"(?P<under>{UNDER})?")


@dataclass(frozen=True)
class Shard:
    """The part `number` of `of` that are counted from 1; the first has the host's tests too."""

    number: int = 1
    of: int = 1

    @property
    def hosts(self) -> bool:
        return self.number == 1

    def part(self, scenarios: Sequence[Scenario]) -> list[Scenario]:
        """Every N-th, so that neighbours, which take about the same time, are spread."""
        return list(scenarios[self.number - 1::self.of])


def shard(text: str) -> Shard:
    """I/N as it is typed; ValueError if it is none."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ValueError(f"{text} is not I/N with I from 1 to N")
    return Shard(int(found[1]), int(found[2]))


@dataclass(frozen=True)
class Title:
    """The name of an outcome; without `case` it speaks for all tests of `name`."""

    name: str
    ground: str = ""
    case: str = ""
    valgrind: bool = False

    def __str__(self) -> str:
        ground = f"[{self.ground}]" if self.ground else ""
        case = f"::{self.case}" if self.case else ""
        return f"{self.name}{ground}{case}{UNDER if self.valgrind else ''}"


def title(text: str) -> Title:
    found = TITLE.fullmatch(text)
    assert found  # every text is at least a name
    return Title(found["name"], found["ground"] or "", found["case"] or "", bool(found["under"]))


@dataclass(frozen=True)
class Failed:
    """What the last run has left to mend."""

    titles: tuple[Title, ...]

    @property
    def names(self) -> set[str]:
        return {one.name for one in self.titles}

    def of(self, name: str) -> list[str]:
        """The tests of `name` that failed anywhere."""
        return [one.case for one in self.titles if one.name == name]

    def cases(self, like: Title) -> list[str] | None:
        """The tests that failed there, an empty list for all of them; None if nothing did."""
        found = [one.case for one in self.titles if
                 (one.name, one.ground, one.valgrind) == (like.name, like.ground, like.valgrind)]
        return ([] if "" in found else found) if found else None


def newest(results: Path) -> Path:
    """The folder of the last run that came to its end; Unfit if there is none."""
    ended = sorted(path.parent for path in results.glob(f"2[0-9]*/{OUTCOMES}"))
    last = results / "last"
    if (last / OUTCOMES).exists():
        return last
    if not ended:
        raise Unfit("no run has left outcomes in build/results: leave --only-failed out")
    return ended[-1]


def failed(results: Path) -> Failed:
    """The failures of the last run that came to its end."""
    rows = [json.loads(line) for line in (newest(results) / OUTCOMES).read_text().splitlines()]
    return Failed(tuple(dict.fromkeys(
        title(row["test"]) for row in rows if row["outcome"] == "failed")))
