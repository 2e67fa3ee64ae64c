"""attach - the user's terminal becomes that of a prompt or a debugger inside the guest.

Every way out gives the terminal back as it was: the end of the prompt, Ctrl-], the end of the run,
a signal, an error.
"""

from __future__ import annotations

import atexit
import os
import re
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from harness.bed.stage import shell

CHUNK = 4096
LEAVE = b"\x1d"
Tell = Callable[[str], None]


class Terminal:
    """Ours, raw from `begin` to `end`; the end may be told twice and comes with that of Python."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.before: list | None = None
        self._lock = threading.Lock()

    def begin(self) -> None:
        self.before = termios.tcgetattr(self.number)
        atexit.register(self.end)
        tty.setraw(self.number, termios.TCSADRAIN)
        raw = termios.tcgetattr(self.number)
        # The story's own lines end with a line feed only.
        raw[1] |= termios.OPOST | termios.ONLCR
        termios.tcsetattr(self.number, termios.TCSADRAIN, raw)

    def end(self) -> None:
        with self._lock:
            if self.before:
                termios.tcsetattr(self.number, termios.TCSADRAIN, self.before)
                self.before = None
                atexit.unregister(self.end)


class Attached(threading.Thread):
    """Our terminal at `device`, until that hangs up or somebody leaves."""

    def __init__(self, device: str) -> None:
        super().__init__(name=f"attached to {device}", daemon=True)
        self.device = device
        self._waked, self._wake = os.pipe()

    def run(self) -> None:
        try:
            attach(self.device, self._waked)
        except (OSError, termios.error):
            pass

    def leave(self) -> None:
        os.write(self._wake, b"x")
        self.join()


@contextmanager
def attaching(tell: Tell) -> Iterator[Tell]:
    """Passes console lines on; where one offers a prompt, attaches to it or says how to."""
    attached: list[Attached] = []

    def leave() -> None:
        while attached:
            attached.pop().leave()

    def told(line: str) -> None:
        if line.endswith(shell.GOES_ON):
            leave()
        tell(line)
        found = re.search(f"{shell.WAITS} (/dev/pts/\\d+)", line)
        if not found:
            return
        if attached and attached[0].is_alive() and attached[0].device != found[1] \
                or not sys.stdin.isatty():
            tell(f"attach to it from another terminal: ./run-tests.sh attach {found[1]}")
        elif not (attached and attached[0].is_alive()):
            attached[:] = [Attached(found[1])]
            attached[0].start()

    try:
        yield told
    finally:
        leave()


def attach(device: str, waked: int | None = None) -> None:
    """Copy between our terminal and `device` until that one hangs up or we leave."""
    left = False
    theirs = os.open(device, os.O_RDWR | os.O_NOCTTY)
    terminal = Terminal(sys.stdin.fileno())
    try:
        terminal.begin()
        # What waits there already is the prompt.
        tty.setraw(theirs, termios.TCSANOW)
        left = _copy(terminal.number, theirs, waked)
    finally:
        terminal.end()
        os.close(theirs)
    if left:
        print(f"\nit goes on without you: ./run-tests.sh attach {device} comes back to it")


def _copy(ours: int, theirs: int, waked: int | None) -> bool:
    """Until one end is gone or we are waked; true if the person has left by hand."""
    sources = [ours, theirs, *([] if waked is None else [waked])]
    while True:
        for ready in select.select(sources, [], [])[0]:
            try:
                data = os.read(ready, CHUNK)
            except OSError:
                return False
            if not data or ready == waked:
                return False
            if ready == ours and LEAVE in data:
                return True
            os.write(theirs if ready == ours else sys.stdout.fileno(), data)


def screen() -> list[int]:
    """Columns and rows of our terminal, 0 where there is none."""
    try:
        return list(os.get_terminal_size(sys.stdin.fileno()))
    except (OSError, ValueError):
        return [0, 0]


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not sys.stdin.isatty():
        print("run-tests.sh attach TERMINAL: from a terminal, to the one that a story names; "
              "Ctrl-] leaves it", file=sys.stderr)
        return 2
    try:
        attach(arguments[0])
    except (OSError, termios.error) as error:
        print(f"run-tests.sh attach: {arguments[0]}: {error.args[-1]}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _leave)
    sys.exit(main(sys.argv[1:]))
