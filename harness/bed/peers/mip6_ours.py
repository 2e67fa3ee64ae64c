"""mip6_ours - how the testbed drives our own mip6d. mip6_umip.py has the same functions."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from harness.bed.base.wait import Fact
from harness.bed.decode.cleartext import Allow
from harness.bed.decode.xfrm import Dump

if TYPE_CHECKING:
    from harness.bed.node.host import Host

NAME, PID = "mip6d", "/run/mip6d.pid"


def start(host: Host) -> None:
    host.daemon(NAME, f"{NAME} -l {host.log(NAME)}")


def stop(host: Host) -> None:
    host.story.command(host.name, f"kill $(cat {PID})")
    os.kill(host.pid_in(PID), signal.SIGTERM)


def pids(host: Host) -> list[int]:
    return [pid for pid, comm in host.pids().items() if comm == NAME]


def running(host: Host) -> Fact:
    return host.runs(NAME, PID)


def allowed(_host: Host) -> list[Allow]:
    """What may leave the node in the clear, and why."""
    return []


def expected(ours: Dump, _host: Host) -> Dump:
    """What a dump has to show where ours has to show `ours`."""
    return ours
