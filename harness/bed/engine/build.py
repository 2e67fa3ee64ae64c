"""build - what must be made before a test can run, one maker at a time in a checkout."""

from __future__ import annotations

import compileall
import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.bed.peers import packages as peers

JOBS = "-j2"


class Broken(RuntimeError):
    """A step of the build failed; the message ends with what it printed last."""


@contextmanager
def _alone(top: Path) -> Iterator[None]:
    (top / "build").mkdir(exist_ok=True)
    with (top / "build/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _step(top: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=top, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-30:])
        raise Broken(f"{' '.join(command)} failed:\n{tail}")


def sanitized() -> list[str]:
    """SAN=1 of the environment, as an argument of make."""
    return ["SAN=1"] if os.environ.get("SAN") else []


def programs(top: Path, plain: bool, needed: bool, counting: bool = False) -> Path:
    """Make the daemons if `needed`: plain, counting their lines, or with fatal UBSan.

    Gives their folder.
    """
    kind = "cov" if counting else "" if plain else "ubsan"
    with _alone(top):
        if needed:
            _step(top, "make", JOBS, "SAN=", *([f"{kind.upper()}=1"] if kind else []), "all")
    return top / "build" / kind / "bin"


def surroundings(top: Path) -> None:
    """The guest's preload, the certificates, and Python's compiled files."""
    with _alone(top):
        _step(top, "make", "guest")
        _step(top, "certs/make.sh")
    for folder, levels in (("harness", 0), ("harness/bed", 1)):
        compileall.compile_dir(top / folder, maxlevels=levels, quiet=2)


def peers_unpacked(top: Path) -> None:
    with _alone(top):
        peers.unpack(top)


def unit_programs(top: Path) -> None:
    with _alone(top):
        _step(top, "make", JOBS, *sanitized(), "all")


def lines(top: Path, command: list[str], tell: Callable[[str], None]) -> int:
    """Run a program and pass its lines on while they come; its exit status."""
    with subprocess.Popen(command, cwd=top, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as process:
        assert process.stdout
        for line in process.stdout:
            tell(line.rstrip("\n"))
    return process.returncode
