"""moment - one event of a time line, and the order of those that carry one time.

Captures count microseconds, and while the guest's clock is held nothing passes at all: what several
nodes, links and daemons saw may carry the same time, and no clock says which was first. Each of
them has its own in order; between them goes what must: a node's kernel has acted before its packet
leaves, a packet arrives before its receiver's kernel acts on it, daemons have written once both are
told, and the story has found what was there to be found.
Shapes:  events in order of time (seconds since 1970); the same ones come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.bed.decode.kevents import KernelEvent
from harness.bed.decode.packets import Packet

STEP, WAIT, NOTE, CHECKPOINT = "command", "wait", "note", "checkpoint"
TOLD = (STEP, WAIT, NOTE, CHECKPOINT)
KERNEL, PACKET, DAEMON = "kernel", "packet", "daemon"


@dataclass
class Event:
    """`who` is a node or the links of a packet; `source` what it was made from."""

    time: float
    kind: str
    who: str
    text: str
    bulk: bool = False
    source: Packet | KernelEvent | dict | None = None

    @property
    def seer(self) -> tuple[str, str]:
        """Whose order it stands in: the story's, a kernel's, that of all links, a node's logs."""
        kind = STEP if self.kind in TOLD else self.kind
        return kind, "" if kind in (STEP, PACKET) else self.who


def same(one: Event, other: Event) -> bool:
    """Whether no clock says which of them was first."""
    return one.time == other.time and one.seer != other.seer


def ordered(events: Iterable[Event], owners: Mapping[str, str]) -> list[Event]:
    """All of them; `owners` has the node of each address."""
    def time(event: Event) -> float:
        return event.time
    groups = (list(group) for _, group in groupby(sorted(events, key=time), key=time))
    return [event for group in groups for event in
            (_untied(group, owners) if len({one.seer for one in group}) > 1 else group)]


def _untied(group: Sequence[Event], owners: Mapping[str, str]) -> list[Event]:
    """What the story does is before what happens, what it finds is behind it."""
    told = [event for event in group if event.kind in TOLD]
    found = next((at for at, event in enumerate(told) if event.kind != STEP), len(told))
    return [*told[:found], *_happened(group, owners), *told[found:]]


def _happened(group: Sequence[Event], owners: Mapping[str, str]) -> Iterator[Event]:
    kernels = {who: [event for event in group if event.seer == (KERNEL, who)]
               for who in dict.fromkeys(event.who for event in group)}
    for event in group:
        if event.kind == PACKET:
            sender = isinstance(event.source, Packet) and owners.get(event.source.ends[0], "")
            yield from kernels.pop(sender, [])
            yield event
    for events in kernels.values():
        yield from events
    yield from (event for event in group if event.kind == DAEMON)
