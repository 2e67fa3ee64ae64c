"""nursery - the process that scenarios' pytests are forked from, so that all is imported once.

It is forked itself, from a front door that has no threads yet, and has none. What it forks is as if
it had been started: a session, signals, words and environment of its own, a pipe for all it says.
Shapes:  over one socket come requests, each with the pipe and with a socket of its own, over which
the child's number and then its status are told. It ends when the front door does.
Errors:  ChildProcessError where it is not there any more.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

WORD, REQUEST = 64, 1 << 18
# Held back until a child has its own ways with them: what is sent to it at once is not lost.
ENDS = (signal.SIGTERM, signal.SIGHUP)


class Child:
    """A pytest that runs, or has run; negative is the signal that has ended it."""

    def __init__(self, told: socket.socket, said: BinaryIO) -> None:
        self._told, self.stdout = told, said
        self.returncode: int | None = None
        self.pid = self._next()

    def _next(self) -> int:
        word = self._told.recv(WORD)
        if not word:
            raise ChildProcessError("the process that starts the scenarios has ended")
        return int(word)

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            self.returncode = self._next()
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Nursery:
    """The front door's end of it."""

    def __init__(self, run: Callable[[Sequence[str]], int]) -> None:
        self._one = threading.Lock()
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sys.stdout.flush()
        sys.stderr.flush()
        if not os.fork():
            self._requests.close()
            _leave(lambda: _serve(theirs, run))
        theirs.close()

    def start(self, words: Sequence[str], where: Path, environment: Mapping[str, str],
              processor: int) -> Child:
        """One that runs these words of pytest there, on that processor."""
        request = json.dumps([list(words), str(where), dict(environment), processor])
        ours, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read, write = os.pipe()
        try:
            with told, self._one:
                socket.send_fds(self._requests, [request.encode()], [write, told.fileno()])
        except OSError as error:
            os.close(read)
            raise ChildProcessError("the process that starts the scenarios has ended") from error
        finally:
            os.close(write)
        return Child(ours, os.fdopen(read, "rb", 0))


def tests(words: Sequence[str]) -> int:
    import pytest

    return int(pytest.main(list(words)))


def _leave(work: Callable[[], int]) -> NoReturn:
    """The end of a forked process: nothing of whom it was forked from is gone back to."""
    status = 1
    try:
        status = work()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _serve(requests: socket.socket, run: Callable[[Sequence[str]], int]) -> int:
    """Fork until the front door has gone; Ctrl-C is its affair."""
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _read_all()
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([requests, wake], [], [])
        if wake in ready:
            os.read(wake, WORD)
            _tell_ended(running)
        if requests not in ready:
            continue
        request, given, _, _ = socket.recv_fds(requests, REQUEST, 2)
        if not request:
            return 0
        said, told = given[0], socket.socket(fileno=given[1])
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            for one in (requests, told, *running.values()):
                one.close()
            os.close(wake)
            os.close(woken)
            _leave(lambda: _begin(request, said, interrupt, run))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        os.close(said)
        told.send(str(pid).encode())
        running[pid] = told


def _read_all() -> None:
    """What every one of them reads; here, and not above, for it is nothing to the front door."""
    gc.disable()
    import pytest  # noqa: F401

    from harness.bed.engine import by_pytest, stand  # noqa: F401
    from harness.bed.stage import bed  # noqa: F401

    gc.freeze()
    gc.enable()


def _tell_ended(running: dict[int, socket.socket]) -> None:
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            with running.pop(found[0]) as told, suppress(OSError):
                told.send(str(os.waitstatus_to_exitcode(found[1])).encode())


def _begin(request: bytes, said: int, interrupt: object,
           run: Callable[[Sequence[str]], int]) -> int:
    """Become what `/usr/bin/python3 -m pytest` would be."""
    words, where, environment, processor = json.loads(request)
    os.setsid()
    os.sched_setaffinity(0, {processor})
    for number in (signal.SIGCHLD, *ENDS):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
    signal.signal(signal.SIGINT, interrupt)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.close(said)
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)
    sys.stderr = sys.__stderr__ = open(2, "w", 1, errors="backslashreplace", closefd=False)
    sys.argv, sys.dont_write_bytecode = ["pytest", *words], True
    sys.path.insert(0, where)
    os.chdir(where)
    os.environ.update(environment)
    status = run(words)
    # As at the end of any Python: what pytest has kept for then.
    atexit._run_exitfuncs()
    return status
