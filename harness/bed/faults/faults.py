"""faults - what a scenario breaks on purpose: links as a whole, or one message on a wire.

    with bed.link("f1").faults(loss=30) as counts: …
    lost = bed.message("IKE_AUTH response", by="moon").drop()
    …
    bed.wait(lost.happened, within=5)

A message is told by its kind (message.py), who sends it and the how-manieth it is, from the moment
of the declaration on. A fault that was declared and never came fails the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.bed.base.story import Story
from harness.bed.faults.netem import Link
from harness.bed.faults.relay import FATES, FOREVER, Fault, Relay
from harness.bed.node.host import Host
from harness.bed.node.mobile import Mobile
from harness.bed.node.node import Node

SEPARATOR = "."


class Pick:
    """One message; a verb says what becomes of it."""

    def __init__(self, faults: Faults, kind: str, by: str, k: int) -> None:
        self.faults, self.kind, self.by, self.k = faults, kind, by, k

    def _declare(self, fate: str, later: float = 0) -> Fault:
        return self.faults.declare(Fault(self.kind, self.by, self.k, fate, later))

    def drop(self) -> Fault:
        return self._declare("drop")

    def duplicate(self) -> Fault:
        return self._declare("duplicate")

    def hold(self, seconds: float = FOREVER) -> Fault:
        """Until `seconds` are over or its release() is called; later ones overtake it."""
        return self._declare("hold", seconds)

    def replay(self, after: float) -> Fault:
        """It passes, and once more `after` seconds later."""
        return self._declare("replay", after)

    def truncate(self) -> Fault:
        return self._declare("truncate")

    def flip(self) -> Fault:
        return self._declare("flip")


class Faults:
    """`hosts` may still grow."""

    def __init__(self, hosts: Mapping[str, Host], rtr: Node, story: Story) -> None:
        self.hosts, self.rtr, self.story = hosts, rtr, story
        self.relays: dict[str, Relay] = {}
        self.declared: list[Fault] = []

    def link(self, name: str) -> Link:
        """A link with the nodes that are in it by the topology."""
        nodes = [h for h in self.hosts.values() if h.member.link == name]
        return Link(name, self.rtr, list(nodes), self.story)

    def message(self, kind: str, by: str, k: int = 1) -> Pick:
        return Pick(self, kind, by, k)

    def declare(self, fault: Fault) -> Fault:
        self.story.note(f"declared: {fault}")
        relay = self._relay(self._wire(fault.by))
        self.declared.append(fault)
        relay.faults.append(fault)
        return fault

    def _wire(self, by: str) -> Mobile:
        """The mobile node's own, or for a home agent that of the first mobile node."""
        mobiles = [h for h in self.hosts.values() if isinstance(h, Mobile)]
        return next((h for h in mobiles if h.name == by), mobiles[0])

    def _relay(self, host: Mobile) -> Relay:
        if host.name not in self.relays:
            self.relays[host.name] = Relay(self.rtr, host)
        return self.relays[host.name]

    def arm(self, text: str | None) -> None:
        """A fault of a sweep, as spelled() writes it; once the nodes stand."""
        if text and not self.declared:
            self.declare(parsed(text))

    def missing(self) -> list[str]:
        """Declared faults that never came about."""
        return [f"the fault did not happen: {fault}, {fault.seen} such messages passed"
                for fault in self.declared if not fault.done]

    def close(self) -> None:
        for host, relay in self.relays.items():
            relay.close()
            self.story.note(f"the relay on {host}'s wire: {relay.passed} frames")


def spelled(kind: str, by: str, k: int, fate: str) -> str:
    """IKE_AUTH-request.carol.1.drop"""
    return SEPARATOR.join((kind.replace(" ", "-"), by, str(k), fate))


# Seconds in a sweep: longer than the first repetition of an IKE message there, or than a BU's.
LATER = {"hold": 1.5, "replay": 1.0}


def parsed(text: str) -> Fault:
    kind, by, k, fate = text.split(SEPARATOR)
    if fate not in FATES:
        raise ValueError(f"{fate} is no fault; there are {', '.join(FATES)}")
    return Fault(kind.replace("-", " "), by, int(k), fate, LATER.get(fate, 0))
