"""debian - packages of another Debian release, downloaded and unpacked, never installed.

apt works here with package lists, status and cache of its own in a folder that goes afterwards; of
the machine's settings only mirror, proxy and the archive's keys are used. No root is needed.
Errors:  NotHad says in one sentence what could not be had.
"""

from __future__ import annotations

import os
import subprocess
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
           tell: Tell = quietly) -> None:
    """Have the files of these packages of `suite` below `target`; `work` is an empty folder."""
    tell(f"download: {', '.join(packages)} of Debian {suite} from {mirror()}")
    for name in ("lists/partial", "cache/archives/partial", "debs"):
        (work / name).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYS}] {mirror()} {suite} main\n")
    apt = ["apt-get", "-q", *_settings(work)]
    _run([*apt, "update", "--error-on=any"], work, tell)
    _run([*apt, "download", *packages], work / "debs", tell)
    for package in sorted((work / "debs").glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(target)], work)


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
