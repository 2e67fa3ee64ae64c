"""line - the driver's end of the line to the agent inside the guest.

Every frame of the agent carries the guest's clocks, so the guest's time is known without a
question. While the driver owes an answer the guest's clock is held: it runs from the moment at
which a request was sent after all that came had been read and handled.
Errors:  those of frames.py.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from harness.bed.base.wait import Clock
from harness.bed.node.frames import (
    FAILED, FIRST_EVENT, LENGTH, WINDOW, Event, Frame, Gone, Refused, Request, Value, pack,
    shortened, unpack,
)

CHUNK, TICK = 1 << 18, 1.0
# A long request, one at a time: it has been read before the next one leaves.
REQUEST = ".request"


class Ledger(Protocol):
    """Where the guest's clock sees what the driver has written and read."""

    def gives(self, octets: int, seen: int) -> None:
        """So many octets are about to be written; `seen` in all have been read."""


class Line(Clock):
    """One end of the line.

    Long requests go through `folder`, which the agent sees too. `patience` is called now and
    then, and may give up; `epitaph` says why the other end is no more.
    """

    def __init__(self, sock: socket.socket, ledger: Ledger | None, folder: Path,
                 patience: Callable[[], None] = lambda: None,
                 epitaph: Callable[[], str] = lambda: "the guest is gone") -> None:
        self.sock, self.ledger, self.folder = sock, ledger, folder
        self.patience, self.epitaph = patience, epitaph
        self._ready = selectors.DefaultSelector()
        self._ready.register(sock, selectors.EVENT_READ)
        self._rest = bytearray()
        self._answers: dict[int, Frame] = {}
        self._events: deque[tuple[int, Frame]] = deque()  # each with what was read before it
        self._handling = False
        self._id = self._read = self._seen = 0
        self._stamps, self._when = (0, 0), time.monotonic()
        self._asked = self._when
        self.on: dict[int, Callable[[Frame], None]] = {Event.FAULT: _fault}

    def request(self, code: Request, *values: Value) -> Frame:
        """Ask, and wait for the answer; events are handled meanwhile."""
        self._id += 1
        mine = self._id
        self._send(mine, code, values)
        while mine not in self._answers:
            self.turn()
        answer = self._answers.pop(mine)
        if answer.code == FAILED:
            raise Refused(answer.number(), answer.text(1))
        return answer

    def post(self, code: Request, *values: Value) -> None:
        """Ask without an answer; what fails is told as an event."""
        self._send(0, code, values)

    def turn(self) -> None:
        """Handle one event, or else wait for what comes next."""
        if self._events and not self._handling:
            self._handle(self._events.popleft()[1])
            return
        if self._seen != self._handled():
            self.post(Request.GO)
        while not self._ready.select(TICK):
            self._ask_patience()
        if time.monotonic() - self._asked > TICK:
            self._ask_patience()
        try:
            data = self.sock.recv(CHUNK)
        except ConnectionError:
            data = b""
        if not data:
            raise Gone(self.epitaph())
        self._take(data)

    def _ask_patience(self) -> None:
        """Also where words come and come: what they say may never end."""
        self._asked = time.monotonic()
        self.patience()

    def _send(self, ident: int, code: Request, values: Iterable[Value]) -> None:
        data = pack(ident, code, list(values))
        if len(data) > WINDOW:
            data = shortened(data, ident, self.folder / REQUEST)
        self._seen = self._handled()
        if self.ledger:
            self.ledger.gives(len(data), self._seen)
        try:
            self.sock.sendall(data)
        except ConnectionError:
            raise Gone(self.epitaph()) from None

    def _take(self, data: bytes) -> None:
        self._read += len(data)
        self._rest += data
        while len(self._rest) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(self._rest)[0]
            if len(self._rest) < end:
                return
            self._keep(unpack(bytes(self._rest[LENGTH.size:end])))
            del self._rest[:end]

    def _handled(self) -> int:
        """How much nothing is owed for: an event that waits is owed what it will cause."""
        return self._events[0][0] if self._events else self._read

    def _keep(self, frame: Frame) -> None:
        self._stamps, self._when = (frame.realtime, frame.monotonic), time.monotonic()
        if frame.code >= FIRST_EVENT:
            self._events.append((self._read - len(self._rest), frame))
        else:
            self._answers[frame.id] = frame

    def _handle(self, event: Frame) -> None:
        self._handling = True
        try:
            self.on.get(event.code, lambda _: None)(event)
        finally:
            self._handling = False

    def _since(self) -> float:
        """A held clock stands still; one that is not held has gone on."""
        return 0.0 if self.ledger else time.monotonic() - self._when

    @property
    def heard(self) -> float:
        """When the last frame came, on this machine's clock."""
        return self._when

    def time(self) -> float:
        return self._stamps[0] / 1e9 + self._since()

    def monotonic(self) -> float:
        return self._stamps[1] / 1e9 + self._since()

    def let_pass(self, seconds: float, least: float = 0) -> None:
        self.request(Request.PASS, *(-int(-each * 1000 // 1) for each in (seconds, least)))

    def close(self) -> None:
        self._ready.close()
        self.sock.close()


def _fault(event: Frame) -> None:
    raise Gone(f"the agent says: {event.text()}")
