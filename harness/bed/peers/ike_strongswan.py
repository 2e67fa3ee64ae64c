"""ike_strongswan - how the testbed drives Debian's strongSwan: 5.9.8, 6.0.1.

Its programs know fixed paths, so the unpacked tree is laid over /usr/lib inside the node, or over
all of the /usr of a root of its release; the node's own ipsec.conf is translated where it stands.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from harness.bed.base.wait import Fact
from harness.bed.decode.ike_wire import Ike
from harness.bed.decode.xfrm import Dump
from harness.bed.node.host import Host
from harness.bed.peers import (
    packages as peers, strongswan_conf, strongswan_dump, strongswan_keys, strongswan_status,
    umip_conf,
)

PID = "/run/charon.pid"
# A short name without odd characters, as options of a mount have to be.
LAYER, RELEASE = "/run/strongswan", "/run/release"
FIRST = "Starting IKE charon daemon"


class Charon:
    NAME, POLICIES, ESP = "charon", False, "aes128-sha256"
    PEER = peers.STRONGSWAN

    def __init__(self, host: Host) -> None:
        self.host = host
        self.root = host.place.peers / self.PEER

    def start(self) -> None:
        host = self.host
        self._move_in()
        policies = umip_conf.translate(host.read("/etc/mip6d.conf") or "", host.texts)
        conf = strongswan_conf.translate(
            host.read("/etc/ipsec.conf") or "", host.texts, strongswan_conf.reqids(policies))
        host.write("/etc/ipsec.conf", conf)
        host.write("/etc/strongswan.conf", strongswan_conf.settings(
            str(host.log(self.NAME)), str(self._secrets)))
        host.typed("ipsec start")

    def _move_in(self) -> None:
        """Programs and libraries where they look for each other, and their ipsec first in PATH.

        Without a syslog daemon the starter writes to the console, which is the story's.
        """
        root = self.root
        if not root.is_dir():
            raise peers.NoPeer(f"strongSwan is not unpacked in {root}")
        programs = f"{root}/usr/sbin"
        if self.host.path.startswith(programs):
            return
        self._lay_over(root)
        self.host.run("busybox mount -n -o bind /dev/null /dev/console")
        self.host.path = f"{programs}:{self.host.path}"

    def _lay_over(self, root: Path) -> None:
        self._bind(f"{root}/usr/lib", LAYER)
        self._overlay(f"{LAYER}:/usr/lib", "/usr/lib")

    def _bind(self, source: str, target: str) -> None:
        self.host.run(f"mkdir {target}")
        self.host.run(f"busybox mount -n -o bind {shlex.quote(source)} {target}")

    def _overlay(self, layers: str, target: str) -> None:
        self.host.run(f"busybox mount -n -t overlay -o ro,lowerdir={layers} overlay {target}")

    def stop(self) -> None:
        self.host.typed("ipsec stop")

    def restart(self) -> None:
        self.stop()
        self.start()

    def running(self) -> Fact:
        """It runs and has every connection of ipsec.conf."""
        host = self.host
        alive = host.runs(self.NAME, PID)
        wanted = strongswan_conf.loaded(host.read("/etc/ipsec.conf") or "")

        def missing() -> str | None:
            if lacking := alive.missing():
                return lacking
            log = host.log_text(self.NAME).rpartition(FIRST)[2]
            have = len(re.findall(r"added (?:configuration|child)", log))
            return None if have >= wanted else f"{have} of {wanted} connections are loaded"
        return Fact(f"{self.NAME} runs on {host.name}", missing)

    def pids(self) -> list[int]:
        return self.host.called(self.NAME)

    def status(self) -> strongswan_status.Status:
        return strongswan_status.read(self.host.run("ipsec statusall"))

    def expected(self, ours: Dump, seen: Dump) -> Dump:
        return strongswan_dump.theirs(
            ours, seen, self.host.name, peers.version(self.root, self.PEER))

    def ike_spis(self) -> frozenset[str]:
        return frozenset(spi for sa in self.status().ike for spi in sa.spis)

    @property
    def _secrets(self) -> Path:
        """Where charon logs the secrets of its IKE_SAs."""
        return self.host.place.results / f"{self.host.name}.{self.NAME}.secrets"

    def leave_keys(self, messages: Callable[[], list[Ike]]) -> None:
        if self._secrets.exists():
            lines = strongswan_keys.table(
                strongswan_keys.read(self._secrets.read_text()), messages())
            (self.host.place.results / f"{self.host.name}.ike.keys").write_text("".join(lines))

    def begin(self, name: str, packet: Callable[[], None]) -> None:
        packet()

    def close(self, name: str) -> None:
        self.host.start(["ipsec", "down", name], self.host.log("down"))

    def rekey(self, name: str) -> None:
        """strongSwan counts its SAs: the number in its own name is not the reqid."""
        reqid = re.search(r"\{(\d+)\}", name)
        known = self.status()
        sa = known.child(int(reqid[1])) if reqid else next(iter(known.ike), None)
        if not sa:
            raise RuntimeError(f"{self.host.name} has no {name} to rekey")
        number = f"{{{sa.unique}}}" if reqid else f"[{sa.unique}]"
        self.host.typed(f"ipsec stroke rekey {sa.name}{number}")


class Charon6(Charon):
    """Debian 13's, with the programs and libraries of a root of Debian 13."""

    PEER = peers.STRONGSWAN_6

    def _lay_over(self, root: Path) -> None:
        release = peers.release(self.host.place.peers.parent)
        self._bind(f"{root}/usr", LAYER)
        self._bind(f"{release}/usr", RELEASE)
        self._overlay(f"{LAYER}:{RELEASE}", "/usr")
