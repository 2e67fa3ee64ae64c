"""probe - the facts that the doctor judges: what is installed, how much room there is, what boots.

Asking changes nothing but build/results/doctor, where a guest is booted for its features.
Shapes:  a Machine of plain facts, so that a test can make one up.
Errors:  what cannot be found out is a fact too, as a sentence.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.job import OWN, REAL, Job
from harness.bed.engine import clock, guest, kernel, native, stand
from harness.bed.engine.kernel import Kernel, Unfit
from harness.bed.engine.pace import QUIET
from harness.bed.engine.suite import Scenario
from harness.bed.node.frames import Gone
from harness.bed.node.node import PATH
from harness.bed.peers import packages as peers

ROLES = ("build", "test", "run", "optional", "root")
PACKAGES = Path(__file__).parents[2] / "packages"
FEATURE_LIMIT = 60.0
SA = "ip xfrm state add src 2001:1::1 dst 2001:1::2 proto esp spi {} mode {}"
KEY = "0x000102030405060708090a0b0c0d0e0f"


@dataclass(frozen=True)
class Feature:
    """Something that the kernel of a scenario must do, and a command that shows it.

    `pattern` finds the scenarios that want it by their text; without one all do.
    """

    name: str
    command: str
    pattern: str = ""
    remedy: str = "use another kernel: --kernel PATH"


FEATURES = (
    Feature("private network, mount and UTS namespaces", "unshare -m -n -u true"),
    Feature("veth pairs", "ip link add one type veth peer name two"),
    Feature("bridges", "ip link add name br0 type bridge"),
    Feature("netlink captures (nlmon)", "ip link add mon type nlmon"),
    Feature("IPv6 tunnels (ip6_tunnel)",
            "ip -6 tunnel add tun mode ip6ip6 local 2001:1::1 remote 2001:1::2 dev lo"),
    Feature("ESP with AES-CBC and HMAC-SHA1", SA.format("0x101", "tunnel")
            + f" enc 'cbc(aes)' {KEY} auth 'hmac(sha1)' {KEY}00010203"),
    Feature("ESP with HMAC-SHA2-256", SA.format("0x102", "transport")
            + f" enc 'cbc(aes)' {KEY} auth-trunc 'hmac(sha256)' {KEY}{KEY[2:]} 128"),
    Feature("ESP with AES-GCM", SA.format("0x103", "tunnel")
            + f" aead 'rfc4106(gcm(aes))' {KEY}00010203 128", r"gcm"),
    Feature("home address options (mip6)", "ip xfrm state add src 2001:1::1 dst 2001:1::2"
            " proto hao mode ro coa 2001:1::3"),
    Feature("policies of type sub", "ip xfrm policy add src ::/0 dst ::/0 proto 135 type 5"
            " dir out ptype sub"),
    Feature("packet rules on bridges (nf_tables)", "nft add table bridge one", r"\bnft\b|rtr\."),
    Feature("loss and delay on links (sch_netem)", "tc qdisc add dev lo root netem delay 1ms",
            r"netem|\blossy?\b|delay=|jitter"),
)


@dataclass(frozen=True)
class Machine:
    """`space` is rows of folder, free, wanted and what to do; faults are empty where all is well.

    `missing` is rows of role, package and what is lacking; `lacking` are features that failed.
    """

    scenarios: tuple[Scenario, ...]
    root: bool
    python: tuple[int, int]
    missing: tuple[tuple[str, str, str], ...]
    xsave: int
    preload: bool
    memory: int
    space: tuple[tuple[str, int, int, str], ...]
    unwritable: tuple[str, ...]
    noexec: str
    kernel_fault: str
    release: str
    boot_fault: str
    lacking: tuple[Feature, ...]
    peers: dict[str, str]
    kernels: tuple[str, ...]
    native_fault: str
    apt: bool = True


def machine(top: Path, scenarios: Iterable[Scenario], choose: Callable[[], Kernel]) -> Machine:
    """This one, without a guest if there is something that no guest can start with."""
    preload = clock.preload(top)
    if not preload.exists() and shutil.which("make") and shutil.which("cc"):
        subprocess.run(["make", "-s", "guest"], cwd=top, capture_output=True, check=False)
    found = Machine(
        scenarios=tuple(scenarios), root=os.geteuid() == 0, python=sys.version_info[:2],
        missing=tuple(missing(top)), preload=preload.exists(),
        xsave=guest.xsave_area(preload) if preload.exists() else 0,
        memory=_memory(), space=tuple(_space(top)), unwritable=tuple(_unwritable(top)),
        noexec=_noexec(guest.memory_folder()), kernel_fault="", release="", boot_fault="",
        lacking=(), peers=peers.unpacked(top),
        kernels=tuple(sorted(p.parent.name for p in places.build(top).glob("kernels/*/linux.uml"))),
        native_fault=_said(native.check), apt=bool(shutil.which("apt-get")))
    try:
        chosen = choose()
        kernel.check(chosen)
    except Unfit as error:
        return replace(found, kernel_fault=str(error))
    if found.unwritable or not found.preload:
        return replace(found, release=chosen.release)
    fault, lacking = boot(top, chosen)
    return replace(found, release=chosen.release, boot_fault=fault, lacking=lacking)


def missing(top: Path) -> Iterable[tuple[str, str, str]]:
    """What packages.txt lists and nothing here does: role, Debian package, what is lacking."""
    done = subprocess.run([PACKAGES, "missing", *ROLES], capture_output=True, text=True,
                          env=os.environ | {"LIST": str(top / "packages.txt")}, check=True)
    for line in done.stdout.splitlines():
        role, package, lacking = line.split("\t")
        yield role, package, lacking


def _memory() -> int:
    rows = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    return int(rows["MemAvailable"].split()[0]) << 10


def _space(top: Path) -> Iterable[tuple[str, int, int, str]]:
    memory = guest.memory_folder()
    yield (str(memory), _free(memory), guest.DISK,
           "export TMPDIR=/var/tmp, or another folder with room; for a container --shm-size=2g")
    folder = places.build(top)
    there = folder if folder.exists() else folder.parent
    yield str(there), _free(there), guest.RESULTS, (
        f"rm -r {places.results(top)}, or build elsewhere: export BUILD=FOLDER")


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free if folder.is_dir() else 0


def _unwritable(top: Path) -> Iterable[str]:
    for folder in (places.build(top), guest.memory_folder()):
        there = folder if folder.exists() else folder.parent
        try:
            tempfile.TemporaryFile(dir=there).close()
        except OSError:
            yield str(there)


def _noexec(folder: Path) -> str:
    return str(folder) if folder.is_dir() and guest.noexec(folder) else ""


def _said(check: Callable[[], None]) -> str:
    try:
        check()
    except Unfit as error:
        return str(error)
    return ""


def boot(top: Path, chosen: Kernel) -> tuple[str, tuple[Feature, ...]]:
    """Why a guest does not run, or the features that it does not have."""
    results = places.results(top) / "doctor"
    shutil.rmtree(results, ignore_errors=True)
    own = not clock.refusal(chosen, clock.preload(top))
    job = Job("doctor", top, results, places.build(top) / "bin", clock=OWN if own else REAL,
              limit=QUIET)
    results.mkdir(parents=True)
    job = replace(job, kernel=chosen.binary, modules=chosen.modules) if chosen.named else job
    try:
        guest_up = stand.up(job)
    except Gone as error:
        return str(error), ()
    lacking = tuple(one for one in FEATURES if guest_up.agent.run(
        "", ["sh", "-c", one.command], {"PATH": PATH}, FEATURE_LIMIT).status)
    guest_up.end()
    return "", lacking


def words(machine: Machine, check: str) -> str:
    """What is said beside a check that found no gap."""
    told = {
        "processor": f": XSAVE area of {machine.xsave} octets, "
                     + ("mended by the preload" if machine.xsave > guest.XSTATE_ROOM else
                        "small enough"),
        "memory": f": {machine.memory >> 20} MB free",
        "space": ": " + ", ".join(f"{row[1] >> 20} MB in {row[0]}" for row in machine.space),
        "guest": f": kernel {machine.release} runs and does all {len(FEATURES)} things asked of it",
        "peers": ": " + ", ".join(" ".join(one) for one in machine.peers.items()),
        "newer kernels": ": " + ", ".join(machine.kernels),
    }
    return told.get(check, "")
