"""traffic - numbered echo requests every 20 ms, and which of them were answered when.

Sent from a raw socket inside the node, so each one's time is known whether or not it could leave.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from harness.bed.base import stamp
from harness.bed.base.story import Story
from harness.bed.base.wait import Fact
from harness.bed.check.replay import Gap
from harness.bed.node.node import Node

INTERVAL = 0.02
PATIENCE = 1.0
ECHO_REQUEST, ECHO_REPLY = 128, 129
ECHO = struct.Struct("!BBHHH")
ICMP6_FILTER = 1


@dataclass
class Echo:
    """One request: times of the clock of time.time(); `refused` is the error at sending."""

    number: int
    sent: float
    answered: float | None = None
    refused: str | None = None


class Traffic:
    def __init__(self, node: Node, src: str, dst: str, story: Story) -> None:
        self.node, self.src, self.dst, self.story = node, src, dst, story
        self.echoes: list[Echo] = []
        self._id = node.tid & 0xFFFF
        self._sock = node.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        # A set bit blocks a type: let echo replies pass, nothing else.
        wanted = bytearray(b"\xff" * 32)
        struct.pack_into("=I", wanted, ECHO_REPLY // 32 * 4, 0xFFFFFFFF ^ 1 << ECHO_REPLY % 32)
        self._sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, bytes(wanted))
        stamp.enable(self._sock)
        self._sock.bind((src, 0))
        self._sock.setblocking(False)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="traffic", daemon=True)

    def __enter__(self) -> Traffic:
        self.story.command(self.node.name, f"ping -i {INTERVAL} -I {self.src} {self.dst}")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        self._sock.close()
        self.story.note(self.summary())

    def _loop(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            self._send()
            due += INTERVAL
            while (left := due - time.monotonic()) > 0:
                if select.select([self._sock], [], [], left)[0]:
                    self._receive()
        end = time.monotonic() + PATIENCE
        while self.echoes[-1].answered is None and (left := end - time.monotonic()) > 0:
            if select.select([self._sock], [], [], left)[0]:
                self._receive()

    def _send(self) -> None:
        number = len(self.echoes)
        echo = Echo(number, time.time())
        self.echoes.append(echo)
        data = ECHO.pack(ECHO_REQUEST, 0, 0, self._id, number & 0xFFFF) + bytes(56)
        try:
            self._sock.sendto(data, (self.dst, 0))
        except OSError as error:
            echo.refused = error.strerror

    def _receive(self) -> None:
        while True:
            try:
                data, when, _ = stamp.receive(self._sock, 2048)
            except OSError:
                return
            kind, _, _, ident, number = ECHO.unpack_from(data)
            if kind == ECHO_REPLY and ident == self._id and number < len(self.echoes):
                self.echoes[number].answered = when

    def answered(self, more: int) -> Fact:
        """`more` further requests have been answered from now on."""
        goal = self._answers() + more

        def missing() -> str | None:
            have = self._answers()
            return None if have >= goal else f"{goal - have} answers are missing"
        return Fact(f"{more} more pings are answered", missing)

    def _answers(self) -> int:
        return sum(echo.answered is not None for echo in self.echoes)

    @property
    def lost(self) -> list[Echo]:
        return [echo for echo in self.echoes if echo.answered is None]

    def lost_since(self, moment: float) -> list[Echo]:
        """Requests sent after `moment` (time.time()) that nobody answered."""
        return [echo for echo in self.lost if echo.sent > moment]

    def lost_outside(self, gaps: Iterable[Gap], since: float) -> list[Echo]:
        """Those of lost_since() that were not on their way in any of these times."""
        way = max((e.answered - e.sent for e in self.echoes if e.answered is not None), default=0.0)
        times = [(gap.start - way, gap.end or float("inf")) for gap in gaps]
        return [echo for echo in self.lost_since(since)
                if not any(start <= echo.sent <= end for start, end in times)]

    @property
    def gap(self) -> float:
        """The longest time from a request to the next answer, its own or a later one's, in seconds.

        Pauses of the sender, which shares the guest's one processor, are no gaps.
        """
        longest, next_answer = 0.0, None
        for echo in reversed(self.echoes):
            if echo.answered is not None:
                next_answer = min(echo.answered, next_answer or echo.answered)
            if next_answer is not None:
                longest = max(longest, next_answer - echo.sent)
        return longest

    def summary(self) -> str:
        return (f"{len(self.echoes)} echo requests from {self.src} to {self.dst}: "
                f"{len(self.lost)} lost, longest gap {1000 * self.gap:.0f} ms")
