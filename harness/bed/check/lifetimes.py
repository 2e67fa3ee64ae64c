"""lifetimes - no SA lives longer than when it was made (RFC 7296 2.8: keys have their time).

An SA is its SPI and its keys. It has a beginning and limits in seconds, which a kernel tells when
it is put in or read and in every dump; their sum may come down, never go up: an SA that is taken
away and put back has to bring its age along.
Shapes:  one after the other, a node's captures of netlink; findings, each time that an SA grows.
Units:   seconds since 1970, as the kernel counts them, without fractions.
"""

from __future__ import annotations

import math
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from harness.bed.check.finding import Finding
from harness.bed.decode import nl, pcap, xfrm_nl
from harness.bed.decode.xfrm import State

CHECK = "lifetimes"
NEWSA, UPDSA, REQUEST = 0x10, 0x1A, 0x1
# Inside a state: eight limits, then octets, packets, when it was added, when it was first used.
TIMES, TIMES_AT = struct.Struct("=8Q4Q"), 96
ADDED, USED = 10, 11
# An age as an attribute: octets, packets, when it was added, when it was first used.
LTIME_VAL, AGE = 9, struct.Struct("=16x2Q")
LIMITS = {"soft limit": (4, ADDED), "hard limit": (5, ADDED),
          "soft limit of use": (6, USED), "hard limit of use": (7, USED)}
UNLIMITED = (0, 2**64 - 1)
# Beginning and limits are whole seconds, each rounded by itself.
ROUNDED = 1


@dataclass(frozen=True)
class Sight:
    """An SA as the kernel told it; `times` are those of TIMES."""

    state: State
    updated: bool
    times: tuple[int, ...]

    @property
    def identity(self) -> tuple:
        return self.state.spi, self.state.algorithms

    def began(self, before: Sight | None) -> Sight:
        """The notice of an update has the beginning of the request, not that of the SA."""
        if not before or not self.updated:
            return self
        return replace(self, times=self.times[:ADDED] + before.times[ADDED:])

    def ends(self) -> dict[str, float]:
        """When each limit is reached; math.inf for one that is not set, or has not begun."""
        times = self.times
        return {name: times[begin] + times[limit]
                if times[limit] not in UNLIMITED and times[begin] else math.inf
                for name, (limit, begin) in LIMITS.items()}


def sights(capture: Path) -> Iterator[Sight]:
    """Every ESP SA with keys that a kernel took or told of: requests, notices, answers, dumps."""
    asked: dict[int, Sight] = {}
    for frame in pcap.frames(capture):
        if struct.unpack_from(">H", frame.octets, 14)[0] != socket.NETLINK_XFRM:
            continue
        for message in nl.messages(frame.octets[16:]):
            if message.type == nl.NLMSG_ERROR:
                sight = asked.pop(message.seq, None)
                if sight and message.body[:4] == bytes(4):
                    yield sight
            sight = _sight(frame.time, message)
            if sight and message.flags & REQUEST:
                asked[message.seq] = sight
            elif sight:
                yield sight


def _sight(time: float, message: nl.Message) -> Sight | None:
    """One message's; what is asked for begins at that moment, unless it brings its age along."""
    if message.type not in (NEWSA, UPDSA) or len(message.body) < xfrm_nl.SA_INFO.size:
        return None
    state = xfrm_nl.state(message.body)
    if state.proto != "esp" or state.larval:
        return None
    times = TIMES.unpack_from(message.body, TIMES_AT)
    if message.flags & REQUEST:
        age = dict(nl.attributes(message.body[xfrm_nl.SA_INFO.size:])).get(LTIME_VAL)
        times = times[:ADDED] + (AGE.unpack_from(age) if age else (int(time), 0))
    return Sight(state, message.type == UPDSA, times)


class Lifetimes:
    """The SAs of one node, over all looks at its captures."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.known: dict[tuple, Sight] = {}

    def look(self, capture: Path) -> Iterator[Finding]:
        """A finding for each time that an SA of the node was given more time than it had."""
        for sight in sights(capture):
            before = self.known.get(sight.identity)
            now = self.known[sight.identity] = sight.began(before)
            was, ends = (one.ends() if one else {} for one in (before, now))
            more = {name: ends[name] - end for name, end in was.items()
                    if ends[name] > end + ROUNDED}
            if more:
                yield _finding(self.node, sight.state, more)


def _finding(node: str, state: State, more: dict[str, float]) -> Finding:
    words = " and ".join(f"its {name} comes {seconds:g} s later" if seconds < math.inf
                         else f"its {name} is gone" for name, seconds in more.items())
    return Finding(CHECK, node, f"{node}'s {state.mode} SA with reqid {state.reqid} from "
                   f"{state.src} to {state.dst} was given more time than it had",
                   f"SPI {state.spi}: {words}")
