"""peers - other people's daemons, downloaded as Debian packages and unpacked, never installed.

They conflict with each other and bring services, so their files lie under build/peers/NAME. They
are downloaded on the host, once: a guest has no network. Each is of the version that the machine's
release has; a driver asks which, and tells its differences by version. strongSwan 6 is Debian 13's
on any machine, and runs on the programs and libraries of a root of that release.
Errors:  NoPeer says what could not be had and what to type.
"""

from __future__ import annotations

import gzip
import os
import re
import tempfile
from pathlib import Path

from harness.bed.base import command, places
from harness.bed.base.command import Tell, quietly

PREFIX = "peer-"
STRONGSWAN, STRONGSWAN_6, LIBRESWAN, OPENIKED = NAMES = (
    "strongswan", "strongswan-6", "libreswan", "openiked")
# What each consists of; what is in none of the others is strongSwan's.
OTHERS = {LIBRESWAN: ("libreswan", "libnss3-tools"), OPENIKED: ("openiked",)}
# A scenario that runs others than strongSwan.
PLAIN = "peer-plain"
APT = ("apt-get", "-q", "-o", "APT::Sandbox::User=")
# The package whose changelog names the version of the whole.
MAIN = {STRONGSWAN: "strongswan-charon", STRONGSWAN_6: "strongswan-charon",
        LIBRESWAN: "libreswan", OPENIKED: "openiked"}
HEADLINE = re.compile(r"\S+ \((?:\d+:)?(\d+(?:\.\d+)*)")
# What apt-get would install: "Inst libldns3 (1.8.3-1+b1 …)"; an update names the old version too.
INSTALLS = re.compile(r"^Inst (lib\S+) ")


class NoPeer(RuntimeError):
    """The peer cannot be had; the message says what to type."""


def folder(top: Path, name: str) -> Path:
    return places.build(top) / "peers" / name


def release(build: Path) -> Path:
    """The root of Debian 13."""
    return build / "elsewhere/trixie"


def packages(top: Path, name: str = STRONGSWAN) -> list[str]:
    rows = (line.split("\t") for line in (top / "packages.txt").read_text().splitlines())
    listed = [row[1] for row in rows if row[0] == "peer"]
    elsewhere = {one for others in OTHERS.values() for one in others}
    return [one for one in listed
            if (one in OTHERS[name] if name in OTHERS else one not in elsewhere)]


def version(root: Path, name: str) -> tuple[int, ...]:
    """Of what is unpacked in `root`: (6, 0, 1) for 6.0.1-6+deb13u7."""
    changes = root / "usr/share/doc" / MAIN[name] / "changelog.Debian.gz"
    try:
        with gzip.open(changes, "rt", encoding="utf-8") as lines:
            headline = lines.readline()
    except (OSError, EOFError) as error:
        raise NoPeer(f"{changes} does not tell the version of {name}: {error}; type "
                     f"rm -r {root}, and the next run fetches it anew") from None
    if not (found := HEADLINE.match(headline)):
        raise NoPeer(f"{changes} does not begin with a version of {name}, but with "
                     f"{headline.strip()!r}; type rm -r {root}, and the next run fetches it anew")
    return tuple(int(number) for number in found[1].split("."))


def unpacked(top: Path) -> dict[str, str]:
    """The version of each peer that is there, as a person reads it."""
    return {name: _told(root, name) for name in NAMES if (root := folder(top, name)).is_dir()}


def _told(root: Path, name: str) -> str:
    try:
        return ".".join(map(str, version(root, name)))
    except NoPeer as error:
        return f"({error})"


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
    root = release(places.build(top)) if name == STRONGSWAN_6 else None
    if root and not (root / "usr").is_dir():
        raise NoPeer(f"{name} runs in a root of Debian 13, and {root} is not there: type "
                     "./run-tests.sh elsewhere trixie doctor as an ordinary user, which makes it")
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fresh.", dir=target.parent) as work:
        fresh = Path(work) / name
        fresh.mkdir()
        tell(f"download: {name} of Debian, for build/peers")
        _download(packages(top, name), name, Path(work), tell, root)
        for package in sorted(Path(work).glob("*.deb")):
            _run(["dpkg-deb", "-x", str(package), str(fresh)], Path(work),
                 f"{package.name} cannot be unpacked")
        fresh.rename(target)


def _download(wanted: list[str], name: str, work: Path, tell: Tell, root: Path | None) -> None:
    """With the machine's package lists; where those do not know the version, with own ones.

    With a `root` of another release, from where that one has its packages.
    """
    failure = f"the packages of {name} cannot be downloaded"
    try:
        if root:
            raise NoPeer("the machine's lists are of another release")
        _fetch(APT, wanted, name, work, failure, tell)
    except NoPeer:
        apt = (*APT, "-o", f"Dir::State={work}/state", "-o", f"Dir::Cache={work}/cache",
               "-o", f"Dir::State::status={root or ''}/var/lib/dpkg/status",
               "-o", f"Dir::Etc={root or ''}/etc/apt")
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
