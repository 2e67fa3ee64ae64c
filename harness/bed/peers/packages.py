"""peers - other people's daemons, downloaded as Debian packages and unpacked, never installed.

They conflict with each other and bring services, so their files lie under build/peers/NAME. They
are downloaded on the host, once: a guest has no network.
Errors:  NoPeer says what could not be had and what to type.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from harness.bed.base import command, places
from harness.bed.base.command import Tell, quietly

PREFIX = "peer-"
STRONGSWAN = "strongswan"
VERSION = "5.9.8*"
APT = ("apt-get", "-q", "-o", "APT::Sandbox::User=")


class NoPeer(RuntimeError):
    """The peer cannot be had; the message says what to type."""


def folder(top: Path, name: str) -> Path:
    return places.build(top) / "peers" / name


def packages(top: Path) -> list[str]:
    rows = (line.split("\t") for line in (top / "packages.txt").read_text().splitlines())
    return [row[1] for row in rows if row[0] == "peer"]


def unpack(top: Path, tell: Tell = quietly) -> None:
    """Have strongSwan under build/peers, whole or not at all; does nothing if it is there."""
    target = folder(top, STRONGSWAN)
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fresh.", dir=target.parent) as work:
        fresh = Path(work) / STRONGSWAN
        fresh.mkdir()
        tell(f"download: {STRONGSWAN} {VERSION} of Debian, for build/peers")
        _download([f"{name}={VERSION}" for name in packages(top)], Path(work), tell)
        for package in sorted(Path(work).glob("*.deb")):
            _run(["dpkg-deb", "-x", str(package), str(fresh)], Path(work),
                 f"{package.name} cannot be unpacked")
        fresh.rename(target)


def _download(wanted: list[str], work: Path, tell: Tell) -> None:
    """With the machine's package lists; where those do not know the version, with own ones."""
    failure = "strongSwan's packages cannot be downloaded"
    try:
        _run([*APT, "download", *wanted], work, failure, tell)
    except NoPeer:
        apt = [*APT, "-o", f"Dir::State={work}/state", "-o", f"Dir::Cache={work}/cache",
               "-o", "Dir::State::status=/var/lib/dpkg/status"]
        for name in ("state/lists/partial", "cache/archives/partial"):
            (work / name).mkdir(parents=True)
        _run([*apt, "update", "--error-on=any"], work, failure, tell)
        _run([*apt, "download", *wanted], work, failure, tell)


def _run(words: list[str], where: Path, failure: str, tell: Tell = quietly) -> None:
    said: list[str] = []
    try:
        status = command.lines(words, where, command.fetching(said, tell),
                               os.environ | {"LC_ALL": "C"})
    except FileNotFoundError:
        raise NoPeer(f"{failure}: there is no {words[0]}") from None
    if status:
        raise NoPeer(f"{failure}: {_reason(said)}; once a run has reached Debian's mirror, "
                     "build/peers keeps them")


def _reason(lines: list[str]) -> str:
    errors = [line.removeprefix("E: ") for line in lines if line.startswith("E: ")]
    return next(iter(errors or lines[-1:]), "no reason given")
