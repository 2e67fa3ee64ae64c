"""ike_ours - how the testbed drives our own iked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from shlex import quote

from harness.bed.base.wait import Fact
from harness.bed.decode.ike_wire import Ike
from harness.bed.decode.xfrm import Dump
from harness.bed.node.host import Host

PID = "/run/iked.pid"


class Iked:
    NAME, POLICIES, ESP = "iked", False, "aes128-sha256"

    def __init__(self, host: Host) -> None:
        self.host = host

    def start(self) -> None:
        self._launch("ipsec start")

    def restart(self) -> None:
        self._launch("ipsec restart")

    def _launch(self, typed: str) -> None:
        keys = self.host.place.results / f"{self.host.name}.ike.keys"
        log = self.host.log(self.NAME)
        self.host.daemon(typed, f"env IKEKEYLOGFILE={quote(str(keys))} "
                                f"{typed} --log {quote(str(log))}")

    def stop(self) -> None:
        self.host.typed("ipsec stop")

    def running(self) -> Fact:
        return self.host.runs(self.NAME, PID)

    def pids(self) -> list[int]:
        return self.host.called(self.NAME)

    def status(self) -> dict:
        return json.loads(self.host.run("ipsec statusall --json"))

    def expected(self, ours: Dump, seen: Dump) -> Dump:
        return ours

    def ike_spis(self) -> frozenset[str]:
        found = re.findall(r"IKE SPIs: (\w{16})_i\*? (\w{16})_r", self.host.run("ipsec statusall"))
        return frozenset(spi for pair in found for spi in pair)

    def leave_keys(self, messages: Callable[[], list[Ike]]) -> None:
        """iked has written them itself."""

    def begin(self, name: str, packet: Callable[[], None]) -> None:
        packet()

    def close(self, name: str) -> None:
        self.host.start(["ipsec", "down", name], self.host.log("down"))

    def rekey(self, name: str) -> None:
        self.host.typed(f"ipsec stroke rekey {name}")
