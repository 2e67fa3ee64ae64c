"""ike_strongswan - how the testbed drives Debian's strongSwan 5.9.8, with ike_ours.py's functions.

Its programs know fixed paths, so the unpacked tree is laid over /usr/lib inside the node; the
node's own ipsec.conf is translated where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.bed.base.wait import Fact
from harness.bed.decode.ike_wire import Ike
from harness.bed.decode.xfrm import Dump
from harness.bed.node.node import MS_BIND, mount
from harness.bed.peers import (
    packages as peers, strongswan_conf, strongswan_dump, strongswan_keys, strongswan_status,
    umip_conf,
)

if TYPE_CHECKING:
    from harness.bed.node.host import Host

NAME, PID = "charon", "/run/charon.pid"
FIRST = "Starting IKE charon daemon"
MS_RDONLY = 1


def start(host: Host) -> None:
    _move_in(host)
    policies = umip_conf.translate(host.read("/etc/mip6d.conf") or "", host.texts)
    conf = strongswan_conf.translate(
        host.read("/etc/ipsec.conf") or "", host.texts, strongswan_conf.reqids(policies))
    host.write("/etc/ipsec.conf", conf)
    host.write("/etc/strongswan.conf", strongswan_conf.settings(
        str(host.log(NAME)), str(_secrets(host))))
    host.typed("ipsec start")


def _move_in(host: Host) -> None:
    """Programs and libraries where they look for each other, and their ipsec first in PATH.

    Without a syslog daemon the starter writes to the console, which is the story's.
    """
    root = host.place.peers / peers.STRONGSWAN
    if not root.is_dir():
        raise peers.NoPeer(f"strongSwan is not unpacked in {root}")
    programs = f"{root}/usr/sbin"
    if host.path.startswith(programs):
        return
    host.call(mount, "overlay", "/usr/lib", "overlay", MS_RDONLY,
              f"lowerdir={root}/usr/lib:/usr/lib")
    host.call(mount, "/dev/null", "/dev/console", "none", MS_BIND)
    host.path = f"{programs}:{host.path}"


def stop(host: Host) -> None:
    host.typed("ipsec stop")


def restart(host: Host) -> None:
    stop(host)
    start(host)


def running(host: Host) -> Fact:
    """It runs and has every connection of ipsec.conf."""
    alive = host.runs(NAME, PID)
    wanted = strongswan_conf.loaded(host.read("/etc/ipsec.conf") or "")

    def missing() -> str | None:
        if lacking := alive.missing():
            return lacking
        log = host.log_text(NAME).rpartition(FIRST)[2]
        have = len(re.findall(r"added (?:configuration|child)", log))
        return None if have >= wanted else f"{have} of {wanted} connections are loaded"
    return Fact(f"{NAME} runs on {host.name}", missing)


def statusall(host: Host) -> str:
    return host.run("ipsec statusall")


def status(host: Host) -> strongswan_status.Status:
    return strongswan_status.read(statusall(host))


def expected(ours: Dump, host: Host) -> Dump:
    """What a dump has to show where ours has to show `ours`."""
    return strongswan_dump.theirs(ours, host.name)


def ike_spis(host: Host) -> frozenset[str]:
    """The SPIs of every established IKE_SA."""
    return frozenset(spi for sa in status(host).ike for spi in sa.spis)


def _secrets(host: Host) -> Path:
    """Where charon logs the secrets of its IKE_SAs."""
    return host.place.results / f"{host.name}.{NAME}.secrets"


def leave_keys(host: Host, messages: Callable[[], list[Ike]]) -> None:
    """Write a table of the IKE_SAs' keys for Wireshark; `messages` gives those of the whole run."""
    secrets = _secrets(host)
    if secrets.exists():
        lines = strongswan_keys.table(strongswan_keys.read(secrets.read_text()), messages())
        (host.place.results / f"{host.name}.ike.keys").write_text("".join(lines))


def rekey(host: Host, name: str) -> None:
    """Rekey `NAME[]`, an IKE_SA, or `NAME{REQID}`, a CHILD_SA, from this side.

    strongSwan counts its SAs: the number in its own name is not the reqid.
    """
    reqid = re.search(r"\{(\d+)\}", name)
    known = status(host)
    sa = known.child(int(reqid[1])) if reqid else next(iter(known.ike), None)
    if not sa:
        raise RuntimeError(f"{host.name} has no {name} to rekey")
    number = f"{{{sa.unique}}}" if reqid else f"[{sa.unique}]"
    host.typed(f"ipsec stroke rekey {sa.name}{number}")
