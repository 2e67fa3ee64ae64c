"""ike_ours - how the testbed drives our own iked. ike_strongswan.py has the same functions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.bed.base.wait import Fact
from harness.bed.decode.ike_wire import Ike
from harness.bed.decode.xfrm import Dump

if TYPE_CHECKING:
    from harness.bed.node.host import Host

NAME, PID = "iked", "/run/iked.pid"


def start(host: Host) -> None:
    _launch(host, "ipsec start")


def restart(host: Host) -> None:
    _launch(host, "ipsec restart")


def _launch(host: Host, typed: str) -> None:
    keys = host.place.results / f"{host.name}.ike.keys"
    host.daemon(typed, f"env IKEKEYLOGFILE={keys} {typed} --log {host.log(NAME)}")


def stop(host: Host) -> None:
    host.typed("ipsec stop")


def running(host: Host) -> Fact:
    return host.runs(NAME, PID)


def status(host: Host) -> dict:
    return json.loads(host.run("ipsec statusall --json"))


def expected(ours: Dump, _host: Host) -> Dump:
    """What a dump has to show where ours has to show `ours`."""
    return ours


def ike_spis(host: Host) -> frozenset[str]:
    """The SPIs of every established IKE_SA."""
    found = re.findall(r"IKE SPIs: (\w{16})_i\*? (\w{16})_r", host.run("ipsec statusall"))
    return frozenset(spi for pair in found for spi in pair)


def leave_keys(_host: Host, _messages: Callable[[], list[Ike]]) -> None:
    """iked has written the keys of its IKE_SAs itself."""


def rekey(host: Host, name: str) -> None:
    """Rekey a CHILD_SA or an IKE_SA from this side."""
    host.typed(f"ipsec stroke rekey {name}")
