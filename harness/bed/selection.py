"""selection - which scenarios of all run: those that failed last, or one share of N."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.bed.engine.kernel import Unfit
from harness.bed.engine.suite import Scenario

OUTCOMES = "req.jsonl"


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
class Failed:
    """What the last run has left to mend: names of scenarios, and whether a test of the host."""

    scenarios: frozenset[str]
    host: bool


def failed(results: Path, known: Iterable[str]) -> Failed:
    """The failures of the last run that came to its end; Unfit if there is none."""
    file = results / "last" / OUTCOMES
    if not file.exists():
        ended = sorted(results.glob(f"2[0-9]*/{OUTCOMES}"))
        if not ended:
            raise Unfit("no run has left outcomes in build/results: leave --only-failed out")
        file = ended[-1]
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    titles = {re.split(r"::|\[| under ", row["test"])[0] for row in rows
              if row["outcome"] == "failed"}
    names = frozenset(titles) & frozenset(known)
    return Failed(names, bool(titles - names))
