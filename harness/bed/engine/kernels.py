"""kernels - the same scenarios on three kernels with the same expected files, and one table.

One is installed; the others are User Mode Linux packages of other releases, unpacked
under build/kernels/RELEASE with the C library that they want. Their ELF interpreter is a path of
the machine's; a copy of the binary names the one beside it instead.
Errors:  what cannot be had is a sentence in place of its column.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.command import Tell, quietly
from harness.bed.engine import debian, kernel
from harness.bed.engine.kernel import Kernel, Unfit
from harness.bed.report.report import Outcome

NAME, NOT_RUN = "kernels", "-"
SCENARIOS = ("establishment", "coa-change", "link-handover", "rekey-after-move", "overlap-moves",
             "late-migrate")
# What the newer kernels come from, and what their number begins with.
SUITES = {"bookworm": "6.1", "trixie": "6.12", "sid": "7"}
PACKAGES = ["user-mode-linux", "libc6"]
LIBRARIES = "usr/lib/x86_64-linux-gnu"
INTERPRETER = b"/lib64/ld-linux-x86-64.so.2\0"
OWN_INTERPRETER = b"lib/ld.so"
SUITE, ORIGIN = "suite", "origin"

Cells = Mapping[tuple[str, str], list[Outcome]]


def folder(top: Path) -> Path:
    return places.build(top) / "kernels"


def had(top: Path) -> dict[str, Kernel]:
    """The kernels that lie under build/kernels, by the Debian release that they come from."""
    found = sorted(folder(top).glob(f"*/{SUITE}"))
    return {path.read_text().strip(): kernel.at(path.parent / kernel.NAME, None) for path in found}


def fetch(top: Path, suite: str, tell: Tell = quietly) -> Kernel:
    """The kernel of `suite`, from build/kernels or from Debian's mirror; NotHad if neither does."""
    if suite in (here := had(top)):
        return here[suite]
    folder(top).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fresh.", dir=folder(top)) as name:
        work = Path(name)
        origins = debian.unpack(suite, PACKAGES, work / "apt", work / "root", tell)
        release = arrange(work / "root", work / "kernel")
        (work / "kernel" / SUITE).write_text(suite + "\n")
        (work / "kernel" / ORIGIN).write_text("".join(
            f"{line} of Debian {suite}\n" for line in reversed(origins)))
        target = folder(top) / release
        shutil.rmtree(target, ignore_errors=True)
        (work / "kernel").rename(target)
    return kernel.at(target / kernel.NAME, None)


def all_had(top: Path, tell: Tell = quietly) -> tuple[list[Kernel], dict[str, str]]:
    """The installed kernel and those of other releases; for what is not to be had the reason."""
    used, missing = [kernel.installed()], {}
    for suite, begin in SUITES.items():
        if used[0].release.startswith(f"{begin}."):
            continue
        try:
            used.append(fetch(top, suite, tell))
        except debian.NotHad as error:
            missing[suite] = str(error)
    return used, missing


def arrange(root: Path, target: Path) -> str:
    """Put binary, modules and C library of the unpacked packages as --kernel wants them."""
    (target / "lib").mkdir(parents=True)
    shutil.copy(root / LIBRARIES / "libc.so.6", target / "lib/libc.so.6")
    shutil.copy(root / LIBRARIES / "ld-linux-x86-64.so.2", target / OWN_INTERPRETER.decode())
    (root / "usr/lib/uml/modules").rename(target / "modules")
    binary = target / kernel.NAME
    binary.write_bytes(with_own_interpreter((root / "usr/bin" / kernel.NAME).read_bytes()))
    binary.chmod(0o755)
    try:
        found = kernel.at(binary, None)
        kernel.check(found)
        return found.release
    except Unfit as error:
        raise debian.NotHad(str(error)) from None


def with_own_interpreter(program: bytes) -> bytes:
    """The same program, started by `lib/ld.so` of its working folder; nothing in it moves."""
    if program.count(INTERPRETER) != 1:
        raise debian.NotHad("its kernel names no interpreter that could be replaced")
    return program.replace(INTERPRETER, OWN_INTERPRETER.ljust(len(INTERPRETER), b"\0"))


def verdict(outcomes: list[Outcome]) -> str:
    words = {one.outcome for one in outcomes}
    return "FAIL" if "failed" in words or not words else "ok" if "passed" in words else "skipped"


def table(cells: Cells, missing: Mapping[str, str]) -> Iterator[str]:
    """A row for each scenario, a column for each kernel, and why a cell is not ok."""
    releases = list(dict.fromkeys(release for _, release in cells))
    yield f"{'kernel':20}" + "".join(f"  {one:9}" for one in releases).rstrip()
    for scenario in dict.fromkeys(name for name, _ in cells):
        row = (verdict(cells[scenario, release]) if (scenario, release) in cells else NOT_RUN
               for release in releases)
        yield f"{scenario:20}" + "".join(f"  {word:9}" for word in row).rstrip()
    for (_, release), outcomes in cells.items():
        yield from (f"{release}  {one.test}: {one.sentence}" for one in outcomes
                    if one.outcome != "passed")
    for suite, why in missing.items():
        yield f"no kernel {SUITES[suite]} (Debian {suite}): {why}"
