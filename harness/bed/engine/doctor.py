"""doctor - what this machine lacks: for each gap the scenarios that it affects and what to type.

Facts are gathered once into a Machine, the checks are pure. A gap that scenarios or the build
suffer from makes the exit status 1; a note names what only an optional part wants. Nothing beyond
Python's own library is needed to run it.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.bed.engine import choice, guest, probe, suite
from harness.bed.engine.probe import Machine
from harness.bed.engine.suite import Scenario
from harness.bed.peers import packages as peers
from harness.bed.report.progress import Progress

TOP = Path(__file__).resolve().parents[3]
EVERYTHING = "everything: no test can run"
BUILD, ALL = "everything that is compiled, so all scenarios and unit tests", "all scenarios"
NONE = "no scenario"
MEMORY = 400 << 20


@dataclass(frozen=True)
class Use:
    """What a package is for: in words, or by what the scenarios that need it contain."""

    packages: str
    words: str = ""
    pattern: str = ""


# The first row that fits counts; a package without a row is needed by all scenarios.
USES = (
    Use("libcmocka-dev", "unit tests"),
    Use("tshark", "the ladder and the decrypted captures of", r"evidence|wire|ladder"),
    Use("python3-scapy", "tests of the testbed's own packets and checksums"),
    Use("python3-jinja2", "the page of a run"),
    Use("tcpdump", "looking at captures by hand"),
    Use("chromium", "the tests that look at the page of a run"),
    Use("poppler-utils", "the test that prints the page of a run"),
    Use("clang", "make fuzz"),
    Use("clang-format", "make lint: notes on format"),
    Use("shellcheck", "make lint: shell scripts"),
    Use("gdb", "--gdb"),
    Use("debian-archive-keyring", "kernels and peers that are fetched from Debian's mirror"),
    Use("git", "the name of the commit on the page of a run"),
    Use("lcov", "make coverage"),
    Use("mandoc", "make lint: manual pages"),
    Use("python3-hypothesis", "property tests of the canonical form"),
    Use("valgrind", "--valgrind, and two scenarios of SAN=1"),
)
ROLES = {"build": BUILD, "test": ALL, "run": ALL, "optional": "an optional part",
         "root": "running on another release of Debian"}


@dataclass(frozen=True)
class Gap:
    """`serious` makes the exit status; `type` is what a person types against it."""

    what: str
    affects: str
    type: str
    serious: bool = True


def named(scenarios: Iterable[Scenario], pattern: str) -> str:
    """The scenarios whose files contain `pattern`."""
    found = [one.name for one in scenarios
             if any(re.search(pattern, file.read_text(errors="replace"))
                    for file in sorted(one.tests.parent.rglob("*")) if file.is_file())]
    return ", ".join(found) or NONE


def affected(machine: Machine, role: str, package: str) -> str:
    use = next((one for one in USES if fnmatch.fnmatch(package, one.packages)), None)
    if not use:
        return ROLES.get(role, ALL)
    names = named(machine.scenarios, use.pattern) if use.pattern else ""
    return " ".join(filter(None, [use.words, names]))


def packages(machine: Machine) -> Iterator[Gap]:
    for role, name, lacking in machine.missing:
        words = lacking.replace(":", " ").replace("|", " or ")
        yield Gap(f"there is no {words} (Debian: {name})", affected(machine, role, name),
                  installing(machine, name), serious=role in ("build", "test", "run"))


def installing(machine: Machine, package: str) -> str:
    if not machine.apt:
        return (f"there is no apt-get here: install what this system calls {package}, or use a "
                "container: docker run -it debian:13")
    return f"{'' if machine.root else 'sudo '}apt-get install --no-install-recommends {package}"


def python(machine: Machine) -> Iterator[Gap]:
    if machine.python < (3, 11):
        yield Gap(f"/usr/bin/python3 is {'.'.join(map(str, machine.python))}, not 3.11 or newer",
                  EVERYTHING, "use Debian 12 or newer, for example: docker run -it debian:13")


def processor(machine: Machine) -> Iterator[Gap]:
    if machine.xsave > guest.XSTATE_ROOM and not machine.preload:
        yield Gap(f"this processor's XSAVE area has {machine.xsave} octets, the guest kernel's "
                  f"buffer {guest.XSTATE_ROOM}, and the preload that mends it is not built",
                  ALL, "make guest")


def space(machine: Machine) -> Iterator[Gap]:
    for folder, free, wanted, remedy in machine.space:
        if free < wanted:
            yield Gap(f"{folder} has {free >> 20} MB left, a guest needs {wanted >> 20}", ALL,
                      remedy)


def memory(machine: Machine) -> Iterator[Gap]:
    if machine.memory < MEMORY:
        yield Gap(f"{machine.memory >> 20} MB of memory are free, a guest takes up to "
                  f"{MEMORY >> 20}", ALL, "end other programs; -j 1 runs one guest at a time")


def permissions(machine: Machine) -> Iterator[Gap]:
    for folder in machine.unwritable:
        yield Gap(f"{folder} may not be written", ALL, f"sudo chown -R $(id -un) {folder}")
    if machine.noexec:
        yield Gap(f"{machine.noexec} is mounted noexec, the guest maps its memory from there", ALL,
                  "export TMPDIR=/var/tmp, or another folder whose file system may execute")


def guest_kernel(machine: Machine) -> Iterator[Gap]:
    if machine.kernel_fault:
        what, _, remedy = machine.kernel_fault.partition(": ")
        yield Gap(f"the guest's kernel: {what}", ALL,
                  remedy.removeprefix("type ") or "./run-tests.sh doctor --kernel PATH")
    elif machine.boot_fault:
        what, _, remedy = machine.boot_fault.partition(": ")
        yield Gap(f"a guest on kernel {machine.release} does not run: {what}", ALL,
                  remedy or "look at build/results/doctor/guest.log")
    for feature in machine.lacking:
        who = named(machine.scenarios, feature.pattern) if feature.pattern else ALL
        yield Gap(f"kernel {machine.release} cannot do {feature.name}", who, feature.remedy,
                  serious=who != NONE)


def peer(machine: Machine) -> Iterator[Gap]:
    for name in peers.NAMES:
        if name not in machine.peers:
            users = [one.name for one in machine.scenarios if name in peers.needed_by(one.name)]
            ends = ["--carol-ike", "--moon-ike"] if name == peers.STRONGSWAN else []
            subject = f"make conformance SUBJECT={name}"
            affected = ["./run-tests.sh matrix", *ends, *users] if users else [subject]
            typed = f"./run-tests.sh {users[0]}" if users else subject
            yield Gap(f"{name} is not yet unpacked under build/peers", ", ".join(affected),
                      f"with a network: {typed}, which fetches it", serious=False)


def other_kernels(machine: Machine) -> Iterator[Gap]:
    if not machine.kernels:
        yield Gap("there are no newer kernels under build/kernels", "./run-tests.sh kernels",
                  "with a network: ./run-tests.sh kernels, which fetches them", serious=False)


def native(machine: Machine) -> Iterator[Gap]:
    if machine.native_fault:
        yield Gap("the host's own kernel will not do: " + machine.native_fault.partition(": ")[0],
                  "--native only", machine.native_fault.partition(": ")[2].removeprefix("type "),
                  serious=False)


CHECKS = (
    ("Python", python), ("packages", packages), ("processor", processor), ("memory", memory),
    ("space", space), ("permissions and namespaces", permissions), ("guest", guest_kernel),
    ("peers", peer), ("newer kernels", other_kernels), ("native", native),
)


def examine(machine: Machine) -> list[tuple[str, list[Gap]]]:
    return [(name, list(check(machine))) for name, check in CHECKS]


def lines(examined: list[tuple[str, list[Gap]]], machine: Machine) -> Iterator[str]:
    for name, gaps in examined:
        if not gaps:
            yield f"ok    {name}{probe.words(machine, name)}"
        for gap in gaps:
            yield f"{'GAP ' if gap.serious else 'note'}  {gap.what}"
            yield f"        affects: {gap.affects}"
            yield f"        type: {gap.type}"
    serious = sum(gap.serious for _, gaps in examined for gap in gaps)
    notes = sum(not gap.serious for _, gaps in examined for gap in gaps)
    yield f"{serious} gaps, {notes} notes" if serious or notes else "nothing is missing"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run-tests.sh doctor", description=(
        "Say what this machine lacks, which scenarios that affects, and what to type."))
    parser.add_argument("--kernel", metavar="KERNEL",
                        help="the User Mode Linux binary to examine (the installed one)")
    parser.add_argument("--modules", type=Path, metavar="FOLDER", help="its modules by release")
    options = parser.parse_args(arguments)
    found = [*suite.scenarios(TOP), suite.kernel_tests(TOP)]
    with Progress(sys.stderr, threading.Lock()).doing(
            "looks at this machine, and boots a guest in which it tries what scenarios want"):
        machine = probe.machine(
            TOP, found, lambda: choice.chosen(TOP, options.kernel, options.modules))
    examined = examine(machine)
    print("\n".join(lines(examined, machine)))
    return 1 if any(gap.serious for _, gaps in examined for gap in gaps) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
