"""move - when each step of a move happened, from the evidence that coa-change leaves.

The kernel's word is taken from the capture of netlink, packets from the links, all on one clock.
Shapes:  seconds since the address was gone.
Errors:  MissingStep names the first step that the time line does not show.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from harness.bed.check.timeline import KERNEL, PACKET, Event, Timeline

OLD, NEW = "2001::41a:a8ff:fe6f:c67", "2001::50"


class MissingStep(ValueError):
    """The move did not get so far."""


@dataclass(frozen=True)
class Step:
    """One step: where on the time line, and what its line says."""

    name: str
    kind: str
    who: str | None
    pattern: str
    to: str | None = None


GONE = Step("address gone", KERNEL, "carol", rf"^address {OLD}/\d+ .* goes")
STEPS = (
    Step("MIGRATE", KERNEL, "carol", r"^tells MIGRATE"),
    Step("BU", PACKET, None, r"^BU "),
    Step("BA", PACKET, None, r"^BA ", NEW),
    Step("first tunnelled reply", PACKET, None, r"^echo reply in ESP", NEW),
)


@dataclass(frozen=True)
class Spread:
    """Milliseconds over all runs."""

    median: float
    min: float
    max: float


def _first(line: Timeline, step: Step, since: float) -> Event:
    for event in line.find(step.pattern, since, kind=step.kind, who=step.who):
        if step.to is None or event.source.ends[1] == step.to:
            return event
    raise MissingStep(f"no {step.name} after {since - line.start:.3f} s")


def times(line: Timeline) -> dict[str, float]:
    """Seconds from the deletion of the address to each step; they come one after another."""
    gone = _first(line, GONE, line.start).time
    at, found = gone, {}
    for step in STEPS:
        at = _first(line, step, at).time
        found[step.name] = at - gone
    return found


def spreads(runs: list[dict[str, float]]) -> dict[str, Spread]:
    def of(values: list[float]) -> Spread:
        return Spread(*(round(1000 * value, 2)
                        for value in (median(values), min(values), max(values))))
    return {step.name: of([run[step.name] for run in runs]) for step in STEPS}
