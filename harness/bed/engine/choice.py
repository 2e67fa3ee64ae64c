"""choice - which kernel a run takes: a word that stands for one, a path, or the fastest at hand.

From version 7 on User Mode Linux watches its processes by seccomp instead of ptrace, which costs
half of the processor time. Such a kernel is taken once it has been fetched; without one it is
Debian's installed one.
Errors:  Unfit says what could not be had and what to type.
"""

from __future__ import annotations

import re
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.command import Tell, quietly
from harness.bed.engine import debian, kernel, kernels
from harness.bed.engine.kernel import Kernel, Unfit

INSTALLED, FASTEST = "installed", "fastest"
VERSION = re.compile(r"\d+(\.\d+)*")
SECCOMP = (7,)
# Which release of Debian has the kernel whose number begins so.
RELEASES = {"6.1": "bookworm", "6.12": "trixie", "7": "sid"}


def number(release: str) -> tuple[int, ...]:
    """What sorts kernels: the numbers that a release begins with."""
    numbers = re.match(r"[\d.]*", release)
    return tuple(int(part) for part in (numbers[0] if numbers else "").split(".") if part)


def begins(release: str, version: str) -> bool:
    """Whether 6.1.176 is a 6.1; 6.12 is none."""
    wanted = number(version)
    return number(release)[:len(wanted)] == wanted


def fastest(top: Path) -> Kernel | None:
    """The newest at hand that has the seccomp mode."""
    fit = [one for one in kernels.had(top).values() if number(one.release) >= SECCOMP]
    return max(fit, key=lambda one: number(one.release), default=None)


def default(top: Path) -> Kernel:
    return fastest(top) or kernel.installed()


def chosen(top: Path, said: str | None, modules: Path | None = None, tell: Tell = quietly
           ) -> Kernel:
    """What `said` stands for; what has not been fetched is fetched if it was asked for."""
    if not said:
        return default(top)
    if said == INSTALLED:
        return kernel.installed()
    if said == FASTEST:
        return fastest(top) or _fetched(top, "sid", said, tell)
    if VERSION.fullmatch(said) and not Path(said).exists():
        return _version(top, said, tell)
    return kernel.at(Path(said), modules)


def _version(top: Path, said: str, tell: Tell) -> Kernel:
    here = list(kernels.had(top).values())
    try:
        here.insert(0, kernel.installed())
    except Unfit:
        pass
    for one in here:
        if begins(one.release, said):
            return one
    suite = next((suite for begin, suite in RELEASES.items() if begins(said, begin)), None)
    if not suite:
        raise Unfit(f"--kernel {said}: there is no such User Mode Linux in Debian; "
                    f"there are {', '.join(RELEASES)}, {INSTALLED}, {FASTEST}, or a path")
    found = _fetched(top, suite, said, tell)
    if not begins(found.release, said):
        raise Unfit(f"--kernel {said}: Debian {suite} has {found.release}; type "
                    f"--kernel {found.release}, or rm -r {found.folder} to fetch it anew")
    return found


def _fetched(top: Path, suite: str, said: str, tell: Tell) -> Kernel:
    try:
        return kernels.fetch(top, suite, tell)
    except debian.NotHad as error:
        raise Unfit(f"--kernel {said} cannot be fetched from Debian {suite}: {error}; without a "
                    f"network type --kernel={INSTALLED}") from None


def origin(used: Kernel) -> str:
    """Where a kernel came from, as a run's results and its terminal have it."""
    if not used.named:
        return "installed"
    file = used.folder / kernels.ORIGIN
    return file.read_text().strip() if file.exists() else str(used.binary)


def newer(top: Path, tell: Tell = quietly) -> list[str]:
    """A sentence for each fetched kernel of which the mirror has another version by now."""
    found = []
    for suite, one in kernels.had(top).items():
        try:
            now = debian.candidate(suite, kernels.PACKAGES[0], tell)
        except debian.NotHad:
            continue
        if f"{kernels.PACKAGES[0]} {now} " not in f"{origin(one)} ":
            where = places.shown(one.folder, top)
            found.append(f"note: Debian {suite} has {kernels.PACKAGES[0]} {now} now, {where} is "
                         f"older: rm -r {where} and type the same again")
    return found
