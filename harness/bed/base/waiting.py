"""waiting - a program of others that waits, its tables built, so that each run of it is a copy.

harness/guest/prefork.c is preloaded into it and does the other end. It waits at its first look for
a file of a name that is given; a copy goes on from there, in the folder that it is run in.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from harness.bed.base import places

PRELOAD = places.build(Path(__file__).resolve().parents[3]) / "guest/prefork.so"
HEAD, ANSWER = struct.Struct("=II"), struct.Struct("=i")


class Gone(RuntimeError):
    """It does not wait, or no more."""


class Waiting:
    def __init__(self, command: Sequence[str], env: Mapping[str, str], at: str) -> None:
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = env | {"LD_PRELOAD": str(PRELOAD), "PREFORK_AT": at}
        with theirs:
            self.process = subprocess.Popen(
                command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                cwd="/", env=os.environ | settings)
        self.lock = threading.Lock()

    def run(self, folder: Path) -> subprocess.CompletedProcess[str]:
        with TemporaryFile() as out, TemporaryFile() as err:
            _, status = os.waitpid(self._copy(folder, out, err), 0)
            return subprocess.CompletedProcess(
                self.process.args, os.waitstatus_to_exitcode(status), _text(out), _text(err))

    def _copy(self, folder: Path, out: IO[bytes], err: IO[bytes]) -> int:
        """The process id of a new one, a child of this process."""
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with open(os.devnull) as nothing, self.lock:
                socket.send_fds(self.line, [HEAD.pack(0, 0)], [
                    nothing.fileno(), out.fileno(), err.fileno(), place])
                answer = self.line.recv(ANSWER.size)
        except OSError as error:
            raise Gone(error.strerror) from error
        finally:
            os.close(place)
        if len(answer) < ANSWER.size or ANSWER.unpack(answer)[0] < 0:
            raise Gone("it does not wait")
        return ANSWER.unpack(answer)[0]

    def end(self) -> None:
        """Whatever else has the line from a fork."""
        self.line.close()
        self.process.kill()
        self.process.wait()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


class Often:
    """What has been run, by its words and the program's path; it waits from the second time on."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.all: dict[tuple[str | None, ...], Waiting | None] = {}
        atexit.register(self.end)

    def run(self, folder: Path, command: Sequence[str], env: Mapping[str, str], at: str
            ) -> subprocess.CompletedProcess[str] | None:
        """How a copy ended; None where there is none, and the program has to be started."""
        known = (shutil.which(command[0]), *command)
        with self.lock:
            if known not in self.all:
                self.all[known] = None
                return None
            if self.all[known] is None and PRELOAD.exists():
                with suppress(OSError):
                    self.all[known] = Waiting(command, env, at)
            waiting = self.all[known]
        with suppress(Gone):
            return waiting.run(folder) if waiting else None
        return None

    def end(self) -> None:
        with self.lock:
            for waiting in filter(None, self.all.values()):
                waiting.end()
            self.all.clear()


OFTEN = Often()
