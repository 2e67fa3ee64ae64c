"""acquires - a kernel asks for an SA only where the story has taken it away, or not made it yet.

An ACQUIRE in the middle of anything else is a hole: a packet met a policy whose SA was gone for a
moment. One is explained by the first use of a policy; by a step of the story after which SAs have
to be made anew (a daemon starts, ends or is killed, SAs are flushed), once for each such step and
each reqid; and by what the scenario declares. Where an SA stands that fits, nothing explains one.
Shapes:  kernel events in order of time and steps of the story in; findings out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

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
class Acquires:
    """One kernel in the course of the story, over all looks at its captures.

    `hubs` are the home agents; on a node that is `vain` nothing may come up, so it asks for ever.
    `used` are those that nothing explains any more.
    """

    node: str
    hubs: frozenset[str]
    vain: bool = False
    kernel: Kernel = field(default_factory=Kernel)
    used: set[Key] = field(default_factory=set)
    declared: list[int] = field(default_factory=list)
    start: float | None = None
    heard: int = 0

    def look(self, events: Iterable[KernelEvent], steps: Iterable[Step]) -> Iterator[Finding]:
        """A finding for each ACQUIRE among the events; `steps` are all since the beginning."""
        steps = sorted((step for step in steps if step.provokes), key=lambda step: step.time)
        for event in events:
            self.start = event.time if self.start is None else self.start
            while self.heard < len(steps) and steps[self.heard].time <= event.time:
                self._hears(steps[self.heard])
                self.heard += 1
            one = asked(event)
            why = self._unexplained(one) if one else None
            if why:
                sentence = f"{self.node}'s kernel asked for {one.words}, {why}"
                yield Finding(CHECK, self.node, sentence,
                              f"{event.time - self.start:.3f} s after its first event")
            self._applies(event)

    def _hears(self, step: Step) -> None:
        """A step here or at a peer explains one of each until SAs come, a declared one its own."""
        if step.reqid is not None:
            self.declared += [step.reqid] * (step.node == self.node)
        elif step.node == self.node or self.hubs & {step.node, self.node}:
            self.used.clear()

    def _applies(self, event: KernelEvent) -> None:
        """An SA that has come leaves its reqid nothing to be asked for."""
        before = self.kernel.spis
        self.kernel.apply(event)
        came = self.kernel.spis - before
        self.used |= {(s.reqid, s.mode) for s in self.kernel.sas.values() if s.spi in came}

    def _unexplained(self, one: Asked) -> str | None:
        if any((s.reqid, s.mode) == one.key and s.endpoints() == one.ends
               for s in self.kernel.sas.values()):
            return "which stands"
        if one.key not in self.used or self.vain:
            self.used.add(one.key)
        elif one.key[0] in self.declared:
            self.declared.remove(one.key[0])
        else:
            return "and nothing in the story explains it"
        return None
