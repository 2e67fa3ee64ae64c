"""tool - a program of others that reads for us: what it says, or that it broke.

What it says of that which it was handed is its word as a reader. Where it was ended, is not there,
lacks a protocol or memory, or says anything else, it has read nothing, and nobody can judge by it.
Errors:  Refused with its last words; Broke with how it ended.
"""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Mapping, Sequence

NO_MEMORY = os.strerror(errno.ENOMEM)


class Refused(RuntimeError):
    """It says what is wrong with what it was handed."""


class Broke(RuntimeError):
    """It could not do its work, which tells nothing about what it was handed."""


def output(name: str, command: Sequence[str], handed: Sequence[str],
           env: Mapping[str, str] | None = None) -> str:
    """What the program `name` prints. `handed` is how its words name what it was given."""
    try:
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", check=False)
    except OSError as error:
        raise Broke(f"{name} does not start: {error.strerror}") from error
    return said(name, done, handed)


def said(name: str, done: subprocess.CompletedProcess[str], handed: Sequence[str]) -> str:
    """The same of one that has ended."""
    if not done.returncode:
        return done.stdout
    if done.returncode < 0:
        raise Broke(f"{name} ended by signal {-done.returncode}")
    lines = done.stderr.strip().splitlines() or ["nothing"]
    if any(one in lines[-1] for one in handed) and NO_MEMORY not in lines[-1]:
        raise Refused(lines[-1])
    words = " ".join(" ".join(lines[-3:]).split())
    raise Broke(f"{name} ended with status {done.returncode}; its last words: {words}")
