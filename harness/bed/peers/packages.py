"""peers - other people's daemons, downloaded as Debian packages and unpacked, never installed.

They conflict with each other and bring services, so their files lie under build/peers/NAME. They
are downloaded on the host, once: a guest has no network.
Errors:  NoPeer says what could not be had and what to type.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from harness.bed.base import command, places
from harness.bed.base.command import Tell, quietly

PREFIX = "peer-"
STRONGSWAN, LIBRESWAN, OPENIKED = NAMES = ("strongswan", "libreswan", "openiked")
# What each consists of; what is in none of the others is strongSwan's.
OTHERS = {LIBRESWAN: ("libreswan", "libnss3-tools"), OPENIKED: ("openiked",)}
VERSIONS = {STRONGSWAN: "5.9.8*"}
# A scenario that runs others than strongSwan.
PLAIN = "peer-plain"
APT = ("apt-get", "-q", "-o", "APT::Sandbox::User=")
# What apt-get would install: "Inst libldns3 (1.8.3-1+b1 …)"; an update names the old version too.
INSTALLS = re.compile(r"^Inst (lib\S+) ")


class NoPeer(RuntimeError):
    """The peer cannot be had; the message says what to type."""


def folder(top: Path, name: str) -> Path:
    return places.build(top) / "peers" / name


def packages(top: Path, name: str = STRONGSWAN) -> list[str]:
    rows = (line.split("\t") for line in (top / "packages.txt").read_text().splitlines())
    listed = [row[1] for row in rows if row[0] == "peer"]
    elsewhere = {one for others in OTHERS.values() for one in others}
    return [one for one in listed
            if (one in OTHERS[name] if name in OTHERS else one not in elsewhere)]


def needed_by(scenario: str) -> tuple[str, ...]:
    """The peers that a scenario runs."""
    if not scenario.startswith(PREFIX):
        return ()
    return (LIBRESWAN, OPENIKED) if scenario == PLAIN else (STRONGSWAN,)


def libraries(root: Path) -> str:
    """Where the loader finds what an unpacked program needs beside the machine's own."""
    return ":".join(str(path) for path in sorted(
        [*root.glob("usr/lib/*-linux-gnu*"), *root.glob("lib/*-linux-gnu*")]))


def unpack(top: Path, tell: Tell = quietly, name: str = STRONGSWAN) -> None:
    """Have a peer under build/peers, whole or not at all; does nothing if it is there."""
    target = folder(top, name)
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fresh.", dir=target.parent) as work:
        fresh = Path(work) / name
        fresh.mkdir()
        version = VERSIONS.get(name, "")
        tell(f"download: {' '.join(filter(None, (name, version)))} of Debian, for build/peers")
        _download([f"{one}={version}" if version else one for one in packages(top, name)], name,
                  Path(work), tell)
        for package in sorted(Path(work).glob("*.deb")):
            _run(["dpkg-deb", "-x", str(package), str(fresh)], Path(work),
                 f"{package.name} cannot be unpacked")
        fresh.rename(target)


def _download(wanted: list[str], name: str, work: Path, tell: Tell) -> None:
    """With the machine's package lists; where those do not know the version, with own ones."""
    failure = f"the packages of {name} cannot be downloaded"
    try:
        _fetch(APT, wanted, name, work, failure, tell)
    except NoPeer:
        apt = (*APT, "-o", f"Dir::State={work}/state", "-o", f"Dir::Cache={work}/cache",
               "-o", "Dir::State::status=/var/lib/dpkg/status")
        for part in ("state/lists/partial", "cache/archives/partial"):
            (work / part).mkdir(parents=True)
        _run([*apt, "update", "--error-on=any"], work, failure, tell)
        _fetch(apt, wanted, name, work, failure, tell)


def _fetch(apt: tuple[str, ...], wanted: list[str], name: str, work: Path, failure: str,
           tell: Tell) -> None:
    """strongSwan's list is whole; the libraries of others are those that this machine lacks."""
    more: set[str] = set()
    if name in OTHERS:
        said = _run([*apt, "-s", "--no-install-recommends", "install", *wanted], work, failure)
        more = {found[1] for line in said if (found := INSTALLS.match(line))} - {*wanted}
    _run([*apt, "download", *wanted, *sorted(more)], work, failure, tell)


def _run(words: list[str], where: Path, failure: str, tell: Tell = quietly) -> list[str]:
    said: list[str] = []
    try:
        status = command.lines(words, where, command.fetching(said, tell),
                               os.environ | {"LC_ALL": "C"})
    except FileNotFoundError:
        raise NoPeer(f"{failure}: there is no {words[0]}") from None
    if status:
        raise NoPeer(f"{failure}: {_reason(said)}; once a run has reached Debian's mirror, "
                     "build/peers keeps them")
    return said


def _reason(lines: list[str]) -> str:
    errors = [line.removeprefix("E: ") for line in lines if line.startswith("E: ")]
    return next(iter(errors or lines[-1:]), "no reason given")
