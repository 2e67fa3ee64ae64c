"""command - a program of this machine that runs for longer than a moment, heard while it runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Tell = Callable[[str], None]


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def quietly(line: str) -> None:
    """For what nobody waits for."""


def lines(command: Sequence[str], where: Path, tell: Tell,
          env: Mapping[str, str] | None = None) -> int:
    """Run a program and pass its lines on while they come; its exit status."""
    with subprocess.Popen(command, cwd=where, env=env, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout
        for line in process.stdout:
            tell(line.rstrip("\n"))
    return process.returncode


# How the lines of apt-get begin that say what it fetches.
FETCHES = ("Get:", "Hit:", "Err:", "Fetched ")


def fetching(said: list[str], tell: Tell) -> Tell:
    """Keeps all lines of apt-get in `said` and passes on those that say what it fetches."""
    def told(line: str) -> None:
        said.append(line)
        if line.startswith(FETCHES):
            tell(f"  {line}")
    return told
