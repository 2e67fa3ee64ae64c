"""netem - faults of a whole link: loss, delay, jitter, duplication, reordering, rate.

The kernel's own sch_netem, on both ends of every cable that is in the link, so that each direction
has the fault once. Random by nature: a scenario that declares loss tells statistics.
Units:   percent, milliseconds, and a rate as tc(8) writes it ("1mbit").
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.bed.base.story import Story
from harness.bed.node.mobile import Mobile
from harness.bed.node.node import Node


@dataclass(frozen=True)
class Conditions:
    loss: float = 0
    delay: float = 0
    jitter: float = 0
    duplicate: float = 0
    reorder: float = 0
    rate: str = ""

    def words(self) -> str:
        """As tc(8) wants it; what is reordered overtakes a delay, so there has to be one."""
        if self.reorder and not self.delay:
            raise ValueError("reorder needs a delay that packets can overtake")
        found = [
            f"delay {self.delay}ms {self.jitter}ms" if self.delay or self.jitter else "",
            f"loss {self.loss}%" if self.loss else "",
            f"duplicate {self.duplicate}%" if self.duplicate else "",
            f"reorder {self.reorder}%" if self.reorder else "",
            f"rate {self.rate}" if self.rate else "",
        ]
        return " ".join(filter(None, found))


@dataclass
class Counts:
    """What the queues saw: packets that passed, and those they took away."""

    passed: int = 0
    dropped: int = 0

    @property
    def share(self) -> float:
        """Dropped ones in percent."""
        total = self.passed + self.dropped
        return 100 * self.dropped / total if total else 0.0


class Link:
    """One link of the topology, with the nodes that are plugged into it."""

    def __init__(self, name: str, rtr: Node, nodes: list[Node], story: Story) -> None:
        self.name, self.rtr, self.nodes, self.story = name, rtr, nodes, story

    def _ends(self) -> Iterator[tuple[Node, str]]:
        """To the node and from it, where a frame enters the cable."""
        for node in self.nodes:
            yield self.rtr, node.plug if isinstance(node, Mobile) else node.name
            yield node, "eth0"

    @contextmanager
    def faults(self, **conditions: float | str) -> Iterator[Counts]:
        """The link is like that as long as the context lasts; the counts are right at its end."""
        words = Conditions(**conditions).words()
        self.story.note(f"link {self.name} from now on: {words}")
        counts = Counts()
        for node, device in self._ends():
            node.run(f"tc qdisc add dev {device} root netem {words}")
        try:
            yield counts
        finally:
            for node, device in self._ends():
                _count(node, device, counts)
                node.run(f"tc qdisc del dev {device} root")
            self.story.note(f"link {self.name} is well again: {counts.passed} packets passed, "
                            f"{counts.dropped} were dropped ({counts.share:.0f} %)")


def _count(node: Node, device: str, counts: Counts) -> None:
    for row in json.loads(node.run(f"tc -s -j qdisc show dev {device}")):
        counts.passed += row.get("packets", 0)
        counts.dropped += row.get("drops", 0)
