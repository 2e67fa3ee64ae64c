"""attach - the user's terminal becomes that of a prompt or a debugger inside the guest."""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable

from harness.bed.stage import shell

CHUNK = 4096


def attaching(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Passes console lines on; where one offers a prompt, attaches to it or says how to."""
    attached: threading.Thread | None = None

    def told(line: str) -> None:
        tell(line)
        nonlocal attached
        found = re.search(f"{shell.WAITS} (/dev/pts/\\d+)", line)
        if not found:
            return
        if sys.stdin.isatty() and not (attached and attached.is_alive()):
            attached = threading.Thread(target=attach, args=(found[1],), daemon=True)
            attached.start()
        else:
            tell(f"attach to it from another terminal: ./run-tests.sh attach {found[1]}")
    return told


def attach(device: str) -> None:
    """Copy between our terminal and `device` until that one hangs up."""
    ours, theirs = sys.stdin.fileno(), os.open(device, os.O_RDWR | os.O_NOCTTY)
    before = termios.tcgetattr(ours)
    tty.setraw(ours)
    tty.setraw(theirs)
    try:
        while True:
            for ready in select.select([ours, theirs], [], [])[0]:
                data = os.read(ready, CHUNK)
                if not data:
                    return
                os.write(theirs if ready == ours else sys.stdout.fileno(), data)
    except OSError:
        return
    finally:
        termios.tcsetattr(ours, termios.TCSADRAIN, before)
        os.close(theirs)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not sys.stdin.isatty():
        print("run-tests.sh attach TERMINAL: from a terminal, to the one that a story names",
              file=sys.stderr)
        return 2
    try:
        attach(arguments[0])
    except (OSError, termios.error) as error:
        print(f"run-tests.sh attach: {arguments[0]}: {error.args[-1]}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
