"""wire - the tester's UDP socket: what it sends, what it hears, what nobody has asked for yet.

It sits on any datagram socket with sendto, recvfrom and settimeout, in a guest or not.
Errors:  NotHeard says what was waited for and what came instead; Heard what should not have come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from harness.tester.ike import message
from harness.tester.ike.message import Message
from harness.tester.ike.numbers import PORT
from harness.tester.ike.payloads import Malformed

ROOM = 1 << 16


class NotHeard(AssertionError):
    """What had to come did not come in time."""


class Heard(AssertionError):
    """What must not come came."""


class Socket(Protocol):
    def sendto(self, octets: bytes, where: tuple) -> None: ...

    def recvfrom(self, room: int) -> tuple[bytes, tuple]: ...

    def settimeout(self, limit: float) -> None: ...


class Wire:
    """Between `own` and `peer`; `clock` counts the seconds that a wait has."""

    def __init__(self, socket: Socket, own: str, peer: str, clock: Callable[[], float]) -> None:
        self.socket, self.own, self.peer, self.clock = socket, own, peer, clock
        self.kept: list[Message] = []
        self.seen: list[str] = []

    def send(self, octets: bytes) -> None:
        self.socket.sendto(octets, (self.peer, PORT))

    def hear(self, fits: Callable[[Message], bool], within: float, what: str) -> Message:
        """The first message that fits, of those that came before too."""
        end = self.clock() + within
        while True:
            for one in self.kept:
                if fits(one):
                    self.kept.remove(one)
                    return one
            if not self._next(end):
                others = "; ".join(map(str, self.kept)) or "nothing"
                raise NotHeard(f"waited {within:g} s for {what}; came: {others}")

    def silent(self, fits: Callable[[Message], bool], within: float) -> None:
        """Nothing that fits comes for so long."""
        end = self.clock() + within
        while self._next(end):
            pass
        for one in self.kept:
            if fits(one):
                raise Heard(f"{one} came, which should not have")

    def forget(self) -> None:
        """What came and nobody asked for is nobody's any more."""
        while self._next(self.clock()):
            pass
        self.kept.clear()

    def _next(self, end: float) -> bool:
        """Keep the next datagram; False when the time is over."""
        left = end - self.clock()
        if left < 0:
            return False
        self.socket.settimeout(left)
        try:
            octets, (sender, port, *_) = self.socket.recvfrom(ROOM)
        except (TimeoutError, BlockingIOError):
            return False
        if sender != self.peer or port != PORT:
            raise Malformed(f"an IKE message from {sender} port {port}, not {self.peer} 500")
        self.kept.append(message.parse(octets))
        return True
