"""host - a node with daemons: what a person types there, and the facts a scenario waits for.

Facts come from the kernel first, then from the daemons' control sockets, from a log only where
the log line itself is the subject.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

from harness.bed.base.story import Story
from harness.bed.base.topology import Member
from harness.bed.base.wait import Fact, until
from harness.bed.decode.xfrm import State
from harness.bed.node.driver import IkeDriver, Mip6Driver
from harness.bed.node.node import Node, Place

READY = 60
REFUSALS = ("XfrmInTmplMismatch", "XfrmInNoPols", "XfrmInNoStates", "XfrmInPolBlock")


class Host(Node):
    """Whoever makes one gives it the drivers of its daemons."""

    ike: IkeDriver
    mip6: Mip6Driver

    def __init__(self, name: str, member: Member, place: Place, story: Story) -> None:
        super().__init__(name, place, story)
        self.member = member
        self.started: Callable[[Host, str], None] = lambda host, daemon: None
        self.daemons: set[str] = set()

    def log(self, daemon: str) -> Path:
        return self.place.results / f"{self.name}.{daemon}.log"

    def log_text(self, daemon: str) -> str:
        path = self.log(daemon)
        return path.read_text(errors="replace") if path.exists() else ""

    def daemon(self, shown: str, command: str) -> None:
        """Start a daemon that detaches; `shown` is what a person would type."""
        self.story.command(self.name, shown)
        self.run(" ".join((shlex.join(self.place.wrapper), command)).lstrip(), within=60)

    def start_ike(self) -> None:
        self.ike.start()
        self._has_started(self.ike.NAME)

    def restart_ike(self) -> None:
        self.ike.restart()
        self.started(self, self.ike.NAME)

    def stop_ike(self) -> None:
        self.daemons.discard(self.ike.NAME)
        self.ike.stop()

    def start_mip6(self) -> None:
        self.mip6.start()
        self._has_started(self.mip6.NAME)

    def stop_mip6(self) -> None:
        self.daemons.discard(self.mip6.NAME)
        self.mip6.stop()

    def _has_started(self, daemon: str) -> None:
        self.daemons.add(daemon)
        self.started(self, daemon)

    def gone(self) -> list[str]:
        """Daemons that were started, not stopped, and run no more."""
        return [daemon for daemon in sorted(self.daemons) if not self.pids_of(daemon)]

    def signal(self, daemon: str, name: str) -> None:
        """Stop, continue or kill a daemon, as a scenario's fault."""
        self.story.command(self.name, f"kill -{name} $(pidof {daemon})")
        for pid in self.pids_of(daemon):
            self.kill(pid, name)

    def pids_of(self, daemon: str) -> list[int]:
        """Every process of a daemon, whatever the name of its program."""
        for driver in (self.mip6, self.ike):
            if daemon == driver.NAME:
                return driver.pids()
        return self.called(daemon)

    def await_(self, fact: Fact) -> None:
        """For a driver whose daemon does not detach when it is ready."""
        until(fact, READY, self.story.clock)

    def pid_in(self, path: str) -> int:
        text = self.read(path)
        if not text:
            raise RuntimeError(f"{self.name} has no {path}: its daemon is not running")
        return int(text)

    def add_address(self, address: str) -> None:
        self.typed(f"ip addr add {address} dev eth0")

    def del_address(self, address: str) -> None:
        self.typed(f"ip addr del {address} dev eth0")

    def rekey(self, name: str) -> None:
        """NAME{reqid} is a CHILD_SA, NAME[number] an IKE_SA."""
        self.ike.rekey(name)

    def ike_status(self) -> dict:
        return self.ike.status()

    def mip6_status(self) -> dict:
        """What our own mip6d says of itself."""
        return json.loads(self.run("mip6d --status"))

    @property
    def ike_running(self) -> Fact:
        return self.ike.running()

    @property
    def mip6_running(self) -> Fact:
        return self.mip6.running()

    def own(self) -> frozenset[str]:
        """Its addresses; with the home address that its mip6d has put away until it runs again."""
        away = [self.member.hoa] if self.member.hoa and not self.mip6.pids() else []
        return frozenset([*(a.address for a in self.addresses()), *away])

    def runs(self, daemon: str, pid_file: str) -> Fact:
        def missing() -> str | None:
            text = self.read(pid_file)
            if not text or not text.strip():
                return f"no {pid_file}"
            alive = self.read(f"/proc/{int(text)}/comm") is not None
            return None if alive else f"{daemon} with process id {int(text)} is gone"
        return Fact(f"{daemon} runs on {self.name}", missing)

    def stopped(self, daemon: str) -> Fact:
        def missing() -> str | None:
            still = self.pids_of(daemon)
            return f"process {still[0]} still runs" if still else None
        return Fact(f"{daemon} has ended on {self.name}", missing)

    def address_usable(self, address: str) -> Fact:
        """The address is there, and duplicate address detection is over."""
        def missing() -> str | None:
            found = self.address(address)
            if not found:
                return f"{self.name} has no {address}"
            return None if found.usable else f"{address} is {', '.join(sorted(found.flags))}"
        return Fact(f"{address} is usable on {self.name}", missing)

    def logged(self, daemon: str, text: str) -> Fact:
        """A line of the daemon's log holds `text`."""
        def missing() -> str | None:
            lines = self.log_text(daemon).splitlines()
            if any(text in line for line in lines):
                return None
            return f"the last line is: {lines[-1]}" if lines else "its log is empty"
        return Fact(f"{self.name}'s {daemon} says \"{text}\"", missing)

    def counter(self, name: str) -> int:
        """One of the kernel's XFRM counters, such as XfrmInTmplMismatch."""
        text = self.read("/proc/thread-self/net/xfrm_stat") or ""
        return int(dict(line.split() for line in text.splitlines())[name])

    def esp(self, reqid: int) -> list[State]:
        return [s for s in self.xfrm().states
                if s.proto == "esp" and s.reqid == reqid and not s.larval]

    def spis(self, reqid: int) -> frozenset[str]:
        return frozenset(s.spi for s in self.esp(reqid) if s.spi)

    def rekeyed(self, reqid: int, before: frozenset[str]) -> Fact:
        """A pair of SAs with `reqid` stands and neither SPI is one of `before`."""
        def missing() -> str | None:
            now = self.spis(reqid)
            old = now & before
            if old:
                return f"SPI {', '.join(sorted(old))} still stands"
            return None if len(now) == 2 else f"there are {len(now)} SAs with reqid {reqid}"
        return Fact(f"the SAs with reqid {reqid} are new on {self.name}", missing)

    def ike_spis(self) -> frozenset[str]:
        """The SPIs of every established IKE_SA."""
        return self.ike.ike_spis()

    def ike_rekeyed(self, before: frozenset[str]) -> Fact:
        """One IKE_SA stands, and neither SPI is one of `before`."""
        def missing() -> str | None:
            now = self.ike_spis()
            old = now & before
            if old:
                return f"IKE SPI {', '.join(sorted(old))} still stands"
            return None if len(now) == 2 else f"there are {len(now) // 2} IKE_SAs"
        return Fact(f"the IKE_SA is new on {self.name}", missing)

    def pairs(self, reqid: int, number: int) -> Fact:
        """Exactly `number` pairs of SAs with `reqid` stand: two while a rekey is not over."""
        def missing() -> str | None:
            have = len(self.esp(reqid))
            return None if have == 2 * number else f"there are {have} SAs"
        return Fact(f"{number} pairs of SAs with reqid {reqid} stand on {self.name}", missing)

    def all_at(self, reqid: int, coa: str) -> Fact:
        """Every SA with `reqid` has `coa` as one of its ends."""
        def missing() -> str | None:
            return next((f"SA {s.spi} goes from {s.src} to {s.dst}"
                         for s in self.esp(reqid) if coa not in s.endpoints()), None)
        return Fact(f"every SA with reqid {reqid} on {self.name} is at {coa}", missing)

    def larval(self, reqid: int) -> Fact:
        """An ACQUIRE has left a state without keys."""
        def missing() -> str | None:
            found = any(s.larval and s.reqid == reqid for s in self.xfrm().states)
            return None if found else f"no larval state with reqid {reqid}"
        return Fact(f"a larval state with reqid {reqid} stands on {self.name}", missing)

    def texts(self, pattern: str) -> str:
        """The text of every file of the node that a pattern names."""
        found = self.agent.glob(self.name, pattern)
        return "\n".join(self.read(path) or "" for path in found)

    def link_local(self) -> str:
        return next(a.address for a in self.addresses()
                    if a.address.startswith("fe80:") and a.usable)

    def refused(self) -> int:
        """Packets that the kernel's inbound IPsec checks have dropped."""
        return sum(self.counter(name) for name in REFUSALS)

    def refuses(self, least: int) -> Fact:
        def missing() -> str | None:
            return None if self.refused() >= least else f"{self.refused()} are dropped"
        return Fact(f"{self.name}'s kernel has dropped {least} packets", missing)
