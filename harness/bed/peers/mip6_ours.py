"""mip6_ours - how the testbed drives our own mip6d."""

from __future__ import annotations

from shlex import quote

from harness.bed.base.wait import Fact
from harness.bed.decode.cleartext import Allow
from harness.bed.decode.xfrm import Dump
from harness.bed.node.host import Host

PID = "/run/mip6d.pid"


class Mip6d:
    NAME, grace = "mip6d", 0.0

    def __init__(self, host: Host) -> None:
        self.host = host

    def start(self) -> None:
        self.host.daemon(self.NAME, f"{self.NAME} -l {quote(str(self.host.log(self.NAME)))}")

    def stop(self) -> None:
        self.host.story.command(self.host.name, f"kill $(cat {PID})")
        self.host.kill(self.host.pid_in(PID), "TERM")

    def pids(self) -> list[int]:
        return self.host.called(self.NAME)

    def running(self) -> Fact:
        return self.host.runs(self.NAME, PID)

    def allowed(self) -> list[Allow]:
        return []

    def expected(self, ours: Dump, seen: Dump) -> Dump:
        return ours
