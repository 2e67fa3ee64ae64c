"""mip6_umip - how the testbed drives any mip6d with UMIP's command line, as mip6_ours.py does ours.

It has neither pid file nor control socket: its processes are known by their session, and that it
is ready by the kernel. With a debug level and without a log file it stays where it was started and
says there what it does.
Errors:  NoPeer says in one sentence why a program is no such mip6d.
"""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING

from harness.bed.base.wait import Fact, until
from harness.bed.decode.cleartext import Allow
from harness.bed.decode.xfrm import Dump
from harness.bed.node.node import Process
from harness.bed.peers import umip_conf, umip_dump
from harness.bed.peers.packages import NoPeer

if TYPE_CHECKING:
    from harness.bed.node.host import Host

NAME, CONF = "mip6d", "/etc/mip6d.conf"
PATIENCE, READY = 5, 60
LONGEST = 200
# "mipv6-daemon (MIPL Mobile IPv6 for Linux) 2.0.2-umip-0.4", "mip6d (perigee v0.1)"
VERSION = re.compile(r"[\w-]*mip[\w-]* \(([^)]+)\)", re.IGNORECASE)
OURS = "perigee"
# Raw sockets of the node by local address and protocol, in hex: 135 is the mobility header.
RAW, MH_SOCKET = "/proc/thread-self/net/raw6", re.compile(r"^ *\d+: \w+:0087 ", re.MULTILINE)


@cache
def product(program: str) -> str:
    """What -V says that the program is. UMIP says it on standard error, with exit status 1."""
    try:
        done = subprocess.run([program, "-V"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise NoPeer(f"{program} is no mip6d: -V does not end in {PATIENCE} s") from None
    except OSError as error:
        raise NoPeer(f"{program} cannot be run: {error.strerror}") from None
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    first = lines[0][:LONGEST] if lines else ""
    if not (found := VERSION.match(first)):
        raise NoPeer(f'{program} is no mip6d: -V says "{first}"')
    return found[1]


def start(host: Host) -> None:
    """It does not detach when it is ready, as ours does: here that is waited for, or its end."""
    product(host.mip6_program)
    host.write(CONF, umip_conf.translate(host.read(CONF) or "", host.texts))
    command = [host.mip6_program, "-c", CONF, "-d", "1"]
    host.story.command(host.name, " ".join(command))
    host.keep(NAME, [*host.place.wrapper, *command])
    ready = running(host)
    until(Fact(ready.says, lambda: ready.missing() if pids(host) else None), READY)
    if not pids(host):
        raise NoPeer(f"{host.name}: {host.mip6_program}: {ready.missing()}")


def stop(host: Host) -> None:
    host.signal(NAME, "TERM")


def _started(host: Host) -> Process | None:
    return next((one for one in reversed(host.processes) if one.name == NAME), None)


def pids(host: Host) -> list[int]:
    """Those of the session that the last start began."""
    started = _started(host)
    if not started:
        return []
    started.popen.poll()
    return [pid for pid in host.pids() if _session(pid) == started.popen.pid]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def running(host: Host) -> Fact:
    """It runs, hears mobility headers, and the kernel admits home address options for it."""
    def missing() -> str | None:
        if not pids(host):
            return _last_words(host)
        if not MH_SOCKET.search(host.read(RAW) or ""):
            return "it has no socket for mobility headers"
        found = any(s.proto == "hao" and s.wildcard for s in host.xfrm().states)
        return None if found else "the kernel has no wildcard state for home addresses"
    return Fact(f"{host.mip6_program} runs on {host.name}", missing)


def _last_words(host: Host) -> str:
    started = _started(host)
    status = started.popen.returncode if started else None
    said = host.log_text(NAME).strip().splitlines()
    ended = "it was not started" if status is None else f"it has ended with status {status}"
    return f"{ended}, its last words: {said[-1]}" if said else ended


def is_ours(host: Host) -> bool:
    """Ours by another path."""
    return product(host.mip6_program).startswith(OURS)


def allowed(host: Host) -> list[Allow]:
    """What may leave the node in the clear, and why."""
    why = "its tunnel device has a link-local address, and the kernel solicits routers there"
    return [] if is_ours(host) else [Allow(why, dst="ff02::/16")]


def expected(ours: Dump, host: Host) -> Dump:
    """What a dump has to show where ours has to show `ours`."""
    return ours if is_ours(host) else umip_dump.theirs(ours)
