"""channel - a plain client of the agent, for its own tests: asks, waits, keeps what comes."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.bed.node.frames import (
    FAILED, FIRST_EVENT, LENGTH, WINDOW, Frame, Gone, Refused, Request, Value, pack, shortened,
    unpack,
)

PIECE = 1 << 16


class Channel:
    """One line. Events that come while an answer is waited for are kept, in order.

    `folder` is one that the agent sees too: long requests go through it. Without it they go as
    they are, which a guest's line cannot take.
    """

    def __init__(self, sock: socket.socket, folder: Path | None = None) -> None:
        self.sock = sock
        self.folder = folder
        self.events: deque[Frame] = deque()
        self.heard: Callable[[Frame], None] = self.events.append
        self._answers: dict[int, Frame] = {}
        self._rest = bytearray()
        self._last = self._files = 0
        self._unread: deque[tuple[int, int]] = deque()

    def send(self, request: Request, *fields: Value) -> int:
        """Ask, and do not wait; gives the id that answer() wants."""
        self._last = identifier = self._last + 1
        self._write(identifier, request, fields)
        return identifier

    def tell(self, request: Request, *fields: Value) -> None:
        """Ask for what is not answered; its error comes as an event FAULT."""
        self._write(0, request, fields)

    def answer(self, identifier: int) -> Frame:
        while identifier not in self._answers:
            self.receive()
        frame = self._answers.pop(identifier)
        if frame.code == FAILED:
            raise Refused(frame.number(), frame.text(1))
        return frame

    def request(self, request: Request, *fields: Value) -> Frame:
        return self.answer(self.send(request, *fields))

    def event(self) -> Frame:
        """The oldest event that nobody has had, waited for if there is none."""
        while not self.events:
            self.receive()
        return self.events.popleft()

    def receive(self) -> None:
        """One frame more, to where it belongs."""
        size, = LENGTH.unpack(self._take(LENGTH.size))
        frame = unpack(self._take(size))
        if frame.code >= FIRST_EVENT:
            self.heard(frame)
        else:
            self._has_read(frame.id)
            self._answers[frame.id] = frame

    def close(self) -> None:
        self.sock.close()

    def _write(self, identifier: int, request: Request, fields: Sequence[Value]) -> None:
        frame = pack(identifier, request, fields)
        if self.folder:
            frame = self._short(self.folder, identifier, frame)
            self._make_room(len(frame))
        self._put(identifier, frame)

    def _short(self, folder: Path, identifier: int, frame: bytes) -> bytes:
        """The frame, or one that names a file with its code and fields."""
        if len(frame) <= WINDOW:
            return frame
        self._files += 1
        return shortened(frame, identifier, folder / f".request.{self._files}")

    def _make_room(self, size: int) -> None:
        """Let the agent read what it was sent, if more would be too much for the line."""
        if size + sum(size for _, size in self._unread) > WINDOW:
            self._last = identifier = self._last + 1
            self._put(identifier, pack(identifier, Request.SYNC, []))
            self.answer(identifier)

    def _put(self, identifier: int, frame: bytes) -> None:
        self._unread.append((identifier, len(frame)))
        try:
            self.sock.sendall(frame)
        except OSError as error:
            raise Gone(f"the agent does not listen: {error.strerror}") from None

    def _has_read(self, identifier: int) -> None:
        """Requests are read in their order, so the agent has read all before this one too."""
        if any(one == identifier for one, _ in self._unread):
            while self._unread.popleft()[0] != identifier:
                pass

    def _take(self, size: int) -> bytes:
        while len(self._rest) < size:
            try:
                more = self.sock.recv(PIECE)
            except ConnectionError:
                more = b""
            if not more:
                raise Gone("the agent is gone")
            self._rest += more
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken
