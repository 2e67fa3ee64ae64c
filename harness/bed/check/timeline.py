"""timeline - all that happened in a scenario on one clock: steps, kernels, packets, daemons.

Steps and checkpoints come from the story, kernel events from the captures of netlink, packets from
the links, daemon events from the logs. A scenario asks it what was true between two checkpoints;
a reader reads text().
Shapes:  events in order of time (seconds since 1970); texts name SPIs as the dumps do.
Errors:  an expectation that does not hold is an AssertionError, its text the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.bed.base import logs, topology
from harness.bed.base.job import CLOCKS
from harness.bed.base.spelling import meant
from harness.bed.base.story import EVENTS, rows
from harness.bed.base.topology import T0, Topology
from harness.bed.check import canon, moment, replay
from harness.bed.check.moment import (
    CHECKPOINT, DAEMON, KERNEL, NOTE, PACKET, STEP, TOLD, WAIT, Event,
)
from harness.bed.decode import cleartext, esp, kevents, packets
from harness.bed.decode.kevents import KernelEvent
from harness.bed.decode.packets import Packet
from harness.bed.decode.xfrm import DumpError, State, parse_dump

DAEMONS = ("iked", "mip6d", "charon")
NETLINK = ".netlink.pcap"
MINUTE = 60.0


@dataclass
class Timeline:
    events: list[Event]
    kernels: dict[str, list[KernelEvent]] = field(default_factory=dict)
    links: dict[str, Path] = field(default_factory=dict)
    sas: dict[str, State] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    topology: Topology = T0

    @property
    def start(self) -> float:
        """The moment that every time counts from: the story begins, and nothing else decides it."""
        told = (event.time for event in self.events if event.kind in TOLD)
        return next(told, self.events[0].time if self.events else 0.0)

    def moment(self, since: str | float) -> float:
        """The time of a checkpoint, or the time itself."""
        if not isinstance(since, str):
            return since
        for event in self.events:
            if event.kind == CHECKPOINT and event.text == since:
                return event.time
        known = [event.text for event in self.events if event.kind == CHECKPOINT]
        raise AssertionError(f"there is no checkpoint {since} on the time line: there are "
                             f"{', '.join(known) or 'none'}{meant(since, known)}")

    def find(self, pattern: str, since: str | float = 0.0, kind: str | None = None,
             who: str | None = None) -> list[Event]:
        """Events whose text the pattern is found in, from `since` on."""
        start = self.moment(since)
        return [e for e in self.events
                if e.time >= start and kind in (None, e.kind) and who in (None, e.who)
                and re.search(pattern, e.text)]

    def first(self, pattern: str, since: str | float = 0.0, **more: str | None) -> Event:
        found = self.find(pattern, since, **more)
        if not found:
            raise AssertionError(f"nothing on the time line says '{pattern}' since {since}")
        return found[0]

    def expect_order(self, *patterns: str, since: str | float = 0.0) -> list[Event]:
        """Each pattern is found after the one before it; gives the events."""
        found: list[Event] = []
        for pattern in patterns:
            at = found[-1].time if found else self.moment(since)
            later = [e for e in self.find(pattern, at) if not found or e is not found[-1]]
            if not later:
                before = f" after '{found[-1].text}'" if found else ""
                raise AssertionError(f"no '{pattern}'{before} on the time line")
            found.append(later[0])
        return found

    def expect_none(self, pattern: str, since: str | float = 0.0, **more: str | None) -> None:
        found = self.find(pattern, since, **more)
        if found:
            raise AssertionError(f"{len(found)} times '{pattern}' since {since}, the first at "
                                 f"{found[0].time - self.start:.3f} s: {found[0].text}")

    def intervals(self, pattern: str, since: str | float = 0.0, **more: str | None
                  ) -> list[float]:
        """Seconds from each event that the pattern is found in to the next."""
        times = [event.time for event in self.find(pattern, since, **more)]
        return [later - time for time, later in zip(times, times[1:], strict=False)]

    def acquires(self, node: str | None = None, since: str | float = 0.0) -> list[Event]:
        return self.find(r"^tells ACQUIRE", since, kind=KERNEL, who=node)

    def gaps(self, node: str, since: str | float = 0.0,
             until: str | float = float("inf")) -> list[replay.Gap]:
        """Each time in which the node had no tunnel SA that leaves from an address it has."""
        start, end = self.moment(since), self.moment(until)
        return [gap for gap in replay.gaps(self.kernels[node]) if start <= gap.start < end]

    def replaced(self, node: str, since: str | float = 0.0) -> list[replay.Gap]:
        """Each time in which an SA was missing that the node's daemon took away and put back."""
        start = self.moment(since)
        return [gap for gap in replay.replaced(self.kernels[node]) if start <= gap.start]

    def without_sa(self, node: str, since: str | float = 0.0,
                   until: str | float = float("inf")) -> float:
        """The sum of those times, in seconds."""
        return sum(gap.seconds for gap in self.gaps(node, since, until))

    def lost_pings(self, since: str | float = 0.0, until: str | float = float("inf")
                   ) -> list[Event]:
        """Echo requests on any link that no reply answers, each once."""
        start, end = self.moment(since), self.moment(until)
        pings = [e for e in self.events
                 if isinstance(e.source, Packet) and e.source.echo and start <= e.time < end]
        answered = {e.source.echo[1:] for e in pings if e.source.echo[0] == 129}
        lost = {e.source.echo[1:]: e for e in reversed(pings)
                if e.source.echo[0] == 128 and e.source.echo[1:] not in answered}
        return sorted(lost.values(), key=lambda event: event.time)

    def in_the_clear(self, hoa: str, since: str | float = 0.0) -> list[str]:
        """Sentences on packets of the foreign links that show the home address outside ESP."""
        before = cleartext.Allow("before the time asked about", until=self.moment(since))
        return [f"{link}: {sentence}" for link in self.topology.foreign
                if link in self.links and self.links[link].exists()
                for sentence in cleartext.check_pcap(self.links[link], hoa, [before])]

    def transients(self) -> list[str]:
        """What no dump shows: ACQUIREs, times without a usable SA, pings without an answer."""
        points = [event.time for event in self.events if event.kind == CHECKPOINT]
        sentences = []
        for node in sorted(self.kernels):
            asked = len(self.acquires(node))
            gaps = self.gaps(node, *points[:1], until=points[-1]) if len(points) > 1 else []
            words = [f"{asked} ACQUIRE{'s' * (asked > 1)}"] if asked else []
            words += [f"no usable tunnel SA for {span(gap.seconds)} from "
                      f"{gap.start - self.start:.3f} s on" for gap in gaps]
            sentences += [f"{node}: {', '.join(words)}"] if words else []
        pings = {e.source.echo[1:] for e in self.events
                 if isinstance(e.source, Packet) and e.source.echo}
        lost = len(self.lost_pings())
        return sentences + ([f"{len(pings)} echo requests seen, {lost} without an answer"]
                            if pings else [])

    def _clock(self) -> str:
        """Whose it is, where the story's first step says so."""
        facts = self.events[0].source if self.events else None
        clock = CLOCKS.get(facts.get("clock", "")) if isinstance(facts, dict) else None
        return f": {clock}" if clock else ""

    def text(self) -> str:
        """The whole time line, packets of bulk gathered between two other events."""
        lines = [f"# seconds since {self.start:.6f} (1970), one clock for all nodes{self._clock()}"
                 "; = is at the moment of the line above, no clock says which was first",
                 *(f"# {sentence}" for sentence in self.transients())]
        before = None
        for event, count, until in gathered(self.events):
            when = f"{event.time - self.start:9.4f}"
            when += "=" if before and moment.same(before, event) else " "
            before = event
            more = f" ({count} times until {until - self.start:.4f})" if count > 1 else ""
            lines.append(f"{when} {event.who:8} {event.kind:10} {event.text}{more}")
        return "\n".join(lines) + "\n"


def span(seconds: float) -> str:
    """32 µs, 1.9 ms, 1.13 s, or that it did not end."""
    if seconds == float("inf"):
        return "the rest of the run"
    if seconds < 0.0001:
        return f"{seconds * 1_000_000:.0f} µs"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def gathered(events: Iterable[Event]) -> list[tuple[Event, int, float]]:
    """Event, how many of its like, and when the last of them was."""
    groups: list[list] = []
    growing: dict[tuple[str, str], list] = {}
    for event in events:
        if not event.bulk:
            growing.clear()
            groups.append([event, 1, event.time])
            continue
        group = growing.get((event.who, event.text))
        if group:
            group[1] += 1
            group[2] = event.time
        else:
            growing[event.who, event.text] = group = [event, 1, event.time]
            groups.append(group)
    return [tuple(group) for group in groups]


def build(folder: Path) -> Timeline:
    """The time line of the scenario whose results are in `folder`."""
    steps = _steps(folder)
    captures = {p.name.removesuffix(NETLINK): p for p in sorted(folder.glob(f"*{NETLINK}"))}
    had = topology.read(folder)
    links = {link: folder / f"{link}.pcap" for link in had.links}
    kernels = {node: kevents.read(node, path) for node, path in captures.items()}
    names = spi_names(folder, steps, had)
    sas = esp.sas(captures.values())
    seen = packets.read(links, sas, names)
    events = [*steps, *(_kernel(e, names) for told in kernels.values() for e in told),
              *(_packet(packet) for packet in seen)]
    near = steps[0].time if steps else events[0].time if events else 0.0
    events += [Event(line.time, DAEMON, line.node, f"{line.daemon}: {line.text}")
               for line in logs.read(folder, DAEMONS, near) if abs(line.time - near) < 60 * MINUTE]
    return Timeline(moment.ordered(events, nodes_of(events, had)), kernels, links, sas, names, had)


def nodes_of(events: Iterable[Event], had: Topology) -> dict[str, str]:
    """Every address that is known, with the node it belongs to."""
    found = {had.correspondent: "cn"}
    for name, member in had.members.items():
        found |= {a: name for a in (*member.addresses, member.hoa, member.coa)
                  if a and ":" in a}
    for event in events:
        if event.kind == CHECKPOINT:
            for node, addresses in event.source["addresses"].items():
                found |= {a: node for a in addresses if not a.startswith("fec0")}
        came = re.match(r"address (\S+)/\d+ .*appears", event.text)
        if event.kind == KERNEL and came:
            found[came[1]] = event.who
    return found


def _steps(folder: Path) -> list[Event]:
    return [Event(row["time"], row["kind"], row.get("node", "bed"), row["text"], source=row)
            for row in rows(folder / EVENTS)]


def _kernel(event: KernelEvent, names: Mapping[str, str]) -> Event:
    verb = "asked" if event.asked else "tells"
    text = f"{verb} {event.text}" if event.name != "route" else event.text
    return Event(event.time, KERNEL, event.node, spoken(text, names), source=event)


def _packet(packet: Packet) -> Event:
    src, dst = packet.ends
    return Event(packet.time, PACKET, ">".join(packet.links), f"{packet.words}: {src} -> {dst}",
                 packet.bulk, packet)


def spoken(text: str, names: Mapping[str, str]) -> str:
    """The text with the names of SPIs in the place of their numbers."""
    return re.sub(r"0x[0-9a-f]{8}", lambda found: names.get(found[0], found[0]), text)


def spi_names(folder: Path, steps: Iterable[Event], had: Topology = T0) -> dict[str, str]:
    """The names that SPIs have in the dumps of the checkpoints."""
    names = canon.Names(canon.Roles(had.home_agent, had.mobiles))
    for step in steps:
        if step.kind == CHECKPOINT:
            names.learn(_dumps(folder, step))
    return names.spis


def _dumps(folder: Path, step: Event) -> dict:
    files = {node: folder / f"{node}.{step.text}.raw.txt" for node in step.source["nodes"]}
    try:
        return {node: parse_dump(path.read_text()) for node, path in files.items()
                if path.exists()}
    except DumpError:
        return {}
