"""build - what must be made before a test can run, one maker at a time in a checkout."""

from __future__ import annotations

import compileall
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.command import Tell, lines, to_stderr
from harness.bed.peers import packages as peers

JOBS = "-j2"
TAIL = 30


class Broken(RuntimeError):
    """A step of the build failed; the message ends with what it printed last."""


@contextmanager
def _alone(top: Path, tell: Tell) -> Iterator[None]:
    folder = places.build(top)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("build: waits for another run that builds in this checkout")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _step(top: Path, title: str, command: list[str], tell: Tell) -> None:
    """Where there is something to do it says so, under its title and while it does it."""
    said: list[str] = []

    def told(line: str) -> None:
        if not said:
            tell(f"build: {title}")
        said.append(line)
        tell(line)

    if lines(command, top, told):
        tail = "\n".join(said[-TAIL:])
        raise Broken(f"{' '.join(command)} failed:\n{tail}")


def sanitized() -> list[str]:
    """SAN=1 of the environment, as an argument of make."""
    return ["SAN=1"] if os.environ.get("SAN") else []


# The daemons of each folder below build/, as they are told.
KINDS = {"": "the daemons", "ubsan": "the daemons, with checks of undefined behaviour",
         "cov": "the daemons, counting their lines"}


def programs(top: Path, plain: bool, needed: bool, counting: bool = False,
             tell: Tell = to_stderr) -> Path:
    """Make the daemons if `needed`: plain, counting their lines, or with fatal UBSan.

    Gives their folder.
    """
    kind = "cov" if counting else "" if plain else "ubsan"
    with _alone(top, tell):
        if needed:
            _step(top, KINDS[kind], ["make", "-s", JOBS, "SAN=",
                                     *([f"{kind.upper()}=1"] if kind else []), "all"], tell)
    return places.build(top) / kind / "bin"


def surroundings(top: Path, tell: Tell = to_stderr) -> None:
    """The guest's preload, the certificates, and Python's compiled files."""
    with _alone(top, tell):
        _step(top, "what a guest is started with", ["make", "-s", "guest"], tell)
        _step(top, "certificates", ["certs/make.sh"], tell)
    for folder, levels in (("harness", 0), ("harness/bed", 1)):
        compileall.compile_dir(top / folder, maxlevels=levels, quiet=2)


def peers_unpacked(top: Path, tell: Tell = to_stderr, names: Iterable[str] = (peers.STRONGSWAN,)
                   ) -> None:
    with _alone(top, tell):
        for name in names:
            peers.unpack(top, tell, name)


def unit_programs(top: Path, tell: Tell = to_stderr) -> None:
    with _alone(top, tell):
        _step(top, "what unit tests are linked with",
              ["make", "-s", JOBS, *sanitized(), "all"], tell)
