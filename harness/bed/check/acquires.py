"""acquires - a kernel asks for an SA only where the story has taken it away, or not made it yet.

An ACQUIRE in the middle of anything else is a hole: a packet met a policy whose SA was gone for a
moment. One is explained by the first use of a policy; by a step of the story after which SAs have
to be made anew (a daemon starts, ends or is killed, SAs are flushed), once for each such step and
each reqid; and by what the scenario declares. Where an SA stands that fits, nothing explains one.
Shapes:  kernel events and steps of the story in, in order of time; findings out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.bed.check.finding import Finding
from harness.bed.check.replay import Kernel
from harness.bed.decode import kwords, nl, xfrm_nl
from harness.bed.decode.kevents import KernelEvent

CHECK = "acquires"
# What a person types after which SAs are gone or may be made anew.
PROVOKES = re.compile(r"ipsec (start|stop|restart|down|update|reload)\b|^kill (-KILL |\$)|^mip6d\b"
                      r"|^ip xfrm (state|policy) (flush|delete|deleteall)\b")
Key = tuple[int, str]


@dataclass(frozen=True)
class Step:
    """A command of the story, or with a `reqid` what the scenario declares to come."""

    time: float
    node: str
    text: str
    reqid: int | None = None

    @property
    def provokes(self) -> bool:
        return self.reqid is not None or bool(PROVOKES.search(self.text))


@dataclass(frozen=True)
class Asked:
    """An ACQUIRE: for which template, between which ends."""

    time: float
    key: Key
    ends: tuple[str, str]

    @property
    def words(self) -> str:
        return f"a {self.key[1]} SA with reqid {self.key[0]} from {self.ends[0]} to {self.ends[1]}"


def asked(event: KernelEvent) -> Asked | None:
    """What the kernel asks for; nothing for a policy without a template."""
    body = event.message.body
    if event.name != "ACQUIRE" or len(body) < kwords.ACQUIRE.size:
        return None
    ident, source, _, _ = kwords.ACQUIRE.unpack_from(body)
    attributes = dict(nl.attributes(body[280:]))
    tmpls = xfrm_nl.templates(attributes.get(kwords.A_TMPL, b""))
    if not tmpls:
        return None
    return Asked(event.time, (tmpls[0].reqid, tmpls[0].mode),
                 (nl.ip(source), nl.ip(xfrm_nl.ID.unpack(ident)[0])))


@dataclass
class Node:
    """One kernel in the course of the story, and for which reqids nothing explains an ACQUIRE."""

    name: str
    hub: str
    vain: bool
    kernel: Kernel = field(default_factory=Kernel)
    used: set[Key] = field(default_factory=set)
    declared: list[int] = field(default_factory=list)

    def hears(self, step: Step) -> None:
        """A step here or at a peer explains one of each until SAs come, a declared one its own."""
        if step.reqid is not None:
            self.declared += [step.reqid] * (step.node == self.name)
        elif step.node == self.name or self.hub in (step.node, self.name):
            self.used.clear()

    def applies(self, event: KernelEvent) -> None:
        """An SA that has come leaves its reqid nothing to be asked for."""
        before = self.kernel.spis
        self.kernel.apply(event)
        came = self.kernel.spis - before
        self.used |= {(s.reqid, s.mode) for s in self.kernel.sas.values() if s.spi in came}

    def judge(self, one: Asked) -> Finding | None:
        if any((s.reqid, s.mode) == one.key and s.endpoints() == one.ends
               for s in self.kernel.sas.values()):
            return self._finding(one, "which stands")
        if one.key not in self.used or self.vain:
            self.used.add(one.key)
        elif one.key[0] in self.declared:
            self.declared.remove(one.key[0])
        else:
            return self._finding(one, "and nothing in the story explains it")
        return None

    def _finding(self, one: Asked, why: str) -> Finding:
        return Finding(CHECK, self.name, f"{self.name}'s kernel asked for {one.words}, {why}")


def unexplained(kernels: Mapping[str, list[KernelEvent]], steps: Iterable[Step], hub: str,
                vain: Collection[str] = ()) -> list[Finding]:
    """`hub` is the home agent; on the nodes of `vain` nothing may come up, so they ask for ever."""
    steps = [step for step in steps if step.provokes]
    return [finding for name, events in kernels.items()
            for finding in _of_node(Node(name, hub, name in vain), events, steps)]


def _of_node(node: Node, events: list[KernelEvent], steps: list[Step]) -> Iterator[Finding]:
    waiting = sorted(steps, key=lambda step: step.time)
    start = min(one.time for one in (*waiting[:1], *events[:1])) if events else 0.0
    for event in events:
        while waiting and waiting[0].time <= event.time:
            node.hears(waiting.pop(0))
        one = asked(event)
        finding = node.judge(one) if one else None
        if finding:
            yield replace(finding, detail=f"{event.time - start:.3f} s after the story began")
        node.applies(event)
