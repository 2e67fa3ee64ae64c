"""moves - what a change of care-of address was, as facts that can be drawn on one time axis.

A move is a run of SAs of a mobile node that go on under their SPI from another address of its own.
To it belong the same SAs at the home agent, the times without a usable tunnel SA, the BU and the BA
that carry it, and the pings that were sent meanwhile.
Shapes:  everything is read from a Timeline; times in seconds since its start, JSON by as_rows().
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise

from harness.bed.base.topology import T0
from harness.bed.check import replay, timeline
from harness.bed.check.timeline import Event, Timeline
from harness.bed.decode.kevents import KernelEvent
from harness.bed.decode.packets import Packet

FILE = "moves.json"
ADDRESS, KERNEL, SIGNAL, GAP = "address", "kernel", "signal", "gap"
# An address goes before its SAs move; what went longer ago belongs to something else.
WENT_WITHIN = 30.0
ECHO_REQUEST = 128
MOST_TICKS = 400


@dataclass(frozen=True)
class Span:
    """An SA while it had this address of the mobile node; `stop` is None if it stayed."""

    node: str
    sa: str
    end: str
    start: float
    stop: float | None

    @property
    def name(self) -> str:
        return f"{self.node} {self.sa}"


@dataclass(frozen=True)
class Mark:
    time: float
    sort: str
    text: str


@dataclass(frozen=True)
class Move:
    """`gaps` are (start, stop or None); the last three are the times of echo requests: answered,
    seen on a link and never answered, and never seen on any link though their number was due."""

    node: str
    old: str
    new: str
    start: float
    stop: float
    spans: list[Span]
    marks: list[Mark]
    gaps: list[tuple[float, float | None]]
    answered: list[float]
    lost: list[float]
    unsent: list[float]


def of(line: Timeline) -> list[Move]:
    """Every move of every mobile node, in order of time."""
    spans = {node: list(_spans(node, events, line.names, line.start))
             for node, events in line.kernels.items()}
    found = []
    for node, mine in spans.items():
        if not (node in T0.members and T0.members[node].hoa):
            continue
        turns = list(_turns(mine))
        ends = [turn[0].start for turn in turns[1:]] + [float("inf")]
        found += [_move(line, node, turn, spans, until)
                  for turn, until in zip(turns, ends)]
    return sorted(found, key=lambda move: move.start)


def as_rows(found: Iterable[Move]) -> list[dict]:
    return [asdict(move) for move in found]


def from_row(row: Mapping) -> Move:
    return Move(**{**row, "spans": [Span(**one) for one in row["spans"]],
                   "marks": [Mark(**one) for one in row["marks"]],
                   "gaps": [tuple(gap) for gap in row["gaps"]]})


def _spans(node: str, events: Iterable[KernelEvent], names: Mapping[str, str], start: float
           ) -> Iterator[Span]:
    """For each SA and each address that it had: from when to when."""
    kernel = replay.Kernel()
    now: dict[str, tuple[str, float]] = {}
    for event in events:
        kernel.apply(event)
        after = {spi: _mobile_end(state.endpoints()) for (_, spi, _), state in kernel.sas.items()}
        at = round(event.time - start, 6)
        for spi, (end, since) in list(now.items()):
            if after.get(spi) != end:
                del now[spi]
                yield Span(node, names.get(spi, spi), end, since, at)
        now |= {spi: (end, at) for spi, end in after.items() if spi not in now}
    for spi, (end, since) in now.items():
        yield Span(node, names.get(spi, spi), end, since, None)


def _mobile_end(ends: tuple[str, str]) -> str:
    return next((end for end in ends if end != T0.home_agent), ends[0])


def _turns(spans: list[Span]) -> Iterator[list[Span]]:
    """Spans that go on from another address than the SA had before, those of one move together."""
    last: dict[str, str] = {}
    turn: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        moved = last.get(span.sa, span.end) != span.end
        last[span.sa] = span.end
        if moved and turn and turn[0].end != span.end:
            yield turn
            turn = []
        if moved:
            turn.append(span)
    if turn:
        yield turn


def _move(line: Timeline, node: str, turn: list[Span], spans: Mapping[str, list[Span]],
          until: float) -> Move:
    new, first = turn[0].end, turn[0].start
    names = {span.sa for span in turn}
    mine = [span for of_node in spans.values() for span in of_node if span.sa in names]
    old = next(s.end for s in reversed(sorted(mine, key=lambda one: one.start))
               if s.node == node and s.sa == turn[0].sa and s.start < first)
    close = [(s.node, s.start) for s in mine if s.end == new and first <= s.start < until]
    marks = [*_went(line, node, old, first), *_signals(line, new, first, until),
             *(Mark(at, KERNEL, f"{who}'s SAs go on from {new}")
               for who, at in sorted({who: at for who, at in reversed(close)}.items()))]
    gaps = _gaps(line, node, marks)
    edges = [mark.time for mark in marks] + [at for gap in gaps for at in gap if at is not None]
    pings = _pings(line)
    start, stop = _window(edges, pings.missed, until)
    shown = [s for s in mine if s.start < stop and (s.stop is None or s.stop > start)]
    answered, lost, unsent = (
        [at for at in times if start <= at <= stop][:MOST_TICKS]
        for times in (pings.answered, pings.lost, pings.unsent))
    return Move(node, old, new, start, stop, shown, sorted(marks, key=lambda mark: mark.time),
                gaps, answered, lost, unsent)


def _gaps(line: Timeline, node: str, marks: list[Mark]) -> list[tuple[float, float | None]]:
    """The times without a usable tunnel SA that this move has made."""
    first, last = min(mark.time for mark in marks), max(mark.time for mark in marks)
    found = [(gap.start - line.start, None if gap.end is None else gap.end - line.start)
             for gap in line.gaps(node)]
    return [(start, stop) for start, stop in found
            if start <= last and (stop is None or stop >= first)]


def _went(line: Timeline, node: str, old: str, first: float) -> Iterator[Mark]:
    """The old address goes."""
    went = [e.time - line.start for e in line.find(
        rf"^address {re.escape(old)}/\d+ .*goes", kind=timeline.KERNEL, who=node)]
    near = [at for at in went if first - WENT_WITHIN <= at <= first]
    if near:
        yield Mark(near[-1], ADDRESS, f"{node} loses {old}")


def _signals(line: Timeline, new: str, first: float, until: float) -> Iterator[Mark]:
    """The first BU from the new address, and the BA that follows it."""
    def after(pattern: str, since: float) -> Event | None:
        later = line.find(pattern, line.start + since, kind=timeline.PACKET)
        return later[0] if later and later[0].time - line.start < until else None

    update = after(rf"^BU .* CoA {re.escape(new)} ", first)
    if update:
        yield Mark(update.time - line.start, SIGNAL, f"BU from {new}")
        answer = after("^BA ", update.time - line.start)
        if answer:
            accepted = re.search(r" status [01] ", answer.text)  # RFC 6275 6.1.8
            yield Mark(answer.time - line.start, SIGNAL, "BA accepts it" if accepted
                       else answer.text.partition(" in ESP")[0])


def _window(edges: list[float], missed: list[float], until: float) -> tuple[float, float]:
    """What is drawn: every edge, the missed pings near them, and a quarter of it on either side."""
    start, stop = min(edges), max(edges)
    near = [at for at in missed if start - 1 <= at <= min(stop + WENT_WITHIN, until)]
    start, stop = min([start, *near]), max([stop, *near])
    room = max((stop - start) / 4, 0.03)
    return start - room, stop + room


@dataclass(frozen=True)
class Pings:
    """Times of echo requests; one that reached no link is put between its neighbours."""

    answered: list[float]
    lost: list[float]
    unsent: list[float]

    @property
    def missed(self) -> list[float]:
        return sorted([*self.lost, *self.unsent])


def _pings(line: Timeline) -> Pings:
    lost = [event.time - line.start for event in line.lost_pings()]
    sent: dict[tuple[int, int], float] = {}
    for event in line.events:
        echo = event.source.echo if isinstance(event.source, Packet) else None
        if echo and echo[0] == ECHO_REQUEST:
            sent.setdefault(echo[1:], event.time - line.start)
    unsent = [at + (later - at) * step / (number - before)
              for ((one, before), at), ((other, number), later) in pairwise(sorted(sent.items()))
              if one == other for step in range(1, number - before)]
    return Pings(sorted(set(sent.values()) - set(lost)), lost, unsent)
