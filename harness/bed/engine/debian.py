"""debian - packages of another Debian release, downloaded and unpacked, never installed.

apt works here with package lists, status and cache of its own in a folder that goes afterwards; of
the machine's settings only mirror, proxy and the archive's keys are used. No root is needed.
apt checks the mirror's index against the archive's keys and each package against that index; here
each package is held against the index once more, and what it was is told.
Errors:  NotHad says in one sentence what could not be had.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from harness.bed.base import command
from harness.bed.base.command import Tell, quietly

MIRROR = "http://deb.debian.org/debian/"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
TARGETS = ("apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages")
LIMIT = 600.0


class NotHad(RuntimeError):
    """A package cannot be had here."""


def mirror() -> str:
    """Where this machine's own packages come from."""
    try:
        done = subprocess.run(TARGETS, capture_output=True, text=True, check=False)
    except (FileNotFoundError, PermissionError):  # PATH may name folders that are closed to us
        raise NotHad("there is no apt-get") from None
    rows = (line.partition(" ") for line in done.stdout.splitlines())
    return next((uri for label, _, uri in rows if label == "Debian"), MIRROR)


def unpack(suite: str, packages: list[str], work: Path, target: Path,
           tell: Tell = quietly) -> list[str]:
    """Have the files of these packages of `suite` below `target`; `work` is an empty folder.

    Gives a line for each: its name, version and hash.
    """
    tell(f"download: {', '.join(packages)} of Debian {suite} from {mirror()}")
    _lists(suite, work, tell)
    (work / "debs").mkdir()
    _run(["apt-get", "-q", *_settings(work), "download", *packages], work / "debs", tell)
    origins = []
    for package in sorted((work / "debs").glob("*.deb")):
        origins.append(_checked(package, work))
        _run(["dpkg-deb", "-x", str(package), str(target)], work)
    return origins


def candidate(suite: str, package: str, tell: Tell = quietly) -> str:
    """The version of `package` that the mirror's signed index of `suite` has now."""
    with tempfile.TemporaryDirectory(prefix="perigee-index-") as name:
        work = Path(name)
        tell(f"asks {mirror()} which {package} Debian {suite} has")
        _lists(suite, work, tell)
        return _indexed(package, work)["Version"]


def _lists(suite: str, work: Path, tell: Tell) -> None:
    """The index of `suite`; NotHad unless the archive's keys have signed it."""
    if not Path(KEYS).exists():
        raise NotHad(f"there is no {KEYS}, which its index is checked against: "
                     "apt-get install debian-archive-keyring")
    for name in ("lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYS}] {mirror()} {suite} main\n")
    _run(["apt-get", "-q", *_settings(work), "update", "--error-on=any"], work, tell)


def _indexed(package: str, work: Path) -> dict[str, str]:
    """The fields that the signed index has for the newest version of a package."""
    done = subprocess.run(["apt-cache", *_settings(work), "show", "--no-all-versions", package],
                          capture_output=True, text=True, check=False)
    rows = (line.split(": ", 1) for line in done.stdout.splitlines() if line[:1].isalpha())
    found = {row[0]: row[1] for row in rows if len(row) == 2}
    if not {"Version", "SHA256"} <= found.keys():
        raise NotHad(f"the index has no {package}")
    return found


def _checked(file: Path, work: Path) -> str:
    """Its line of origin; NotHad where its octets are not those of the index."""
    package = file.name.partition("_")[0]
    indexed, mine = _indexed(package, work), hashlib.sha256(file.read_bytes()).hexdigest()
    if mine != indexed["SHA256"]:
        raise NotHad(f"{package} {indexed['Version']} from {mirror()} is not what the signed index "
                     f"says: SHA256 {mine}, expected {indexed['SHA256']}")
    return f"{package} {indexed['Version']} sha256 {mine}"


def _settings(work: Path) -> list[str]:
    settings = {
        "Dir::Etc::sourcelist": work / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null", "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State": work, "Dir::State::status": work / "status", "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "", "Acquire::Languages": "none", "Acquire::Retries": 1,
        "Acquire::http::Timeout": 20, "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _run(words: list[str], where: Path, tell: Tell = quietly) -> None:
    """The program tells what it fetches while it does; none may take longer than LIMIT."""
    said: list[str] = []
    try:
        status = command.lines(["timeout", f"{LIMIT:.0f}", *words], where,
                               command.fetching(said, tell), os.environ | {"LC_ALL": "C"})
    except (FileNotFoundError, PermissionError):  # PATH may name folders that are closed to us
        raise NotHad(f"there is no {words[0]}") from None
    if status == 124:
        raise NotHad(f"{words[0]} was not done after {LIMIT:.0f} s")
    if status in (126, 127):
        raise NotHad(f"there is no {words[0]}")
    if status:
        raise NotHad(reason("\n".join(said)))


def reason(said: str) -> str:
    """The first error of apt or dpkg, or its last line."""
    lines = said.strip().splitlines()
    errors = [line.removeprefix("E: ").strip() for line in lines if line.startswith("E: ")]
    return next(iter(errors or lines[-1:]), "no reason given")
