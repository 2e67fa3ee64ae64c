"""mip6_umip - how the testbed drives any mip6d with UMIP's command line.

It has neither pid file nor control socket: its processes are known by their session, and that it
is ready by the kernel. With a debug level and without a log file it stays where it was started and
says there what it does.
Errors:  NoPeer says in one sentence why a program is no such mip6d.
"""

from __future__ import annotations

import re
import subprocess
from functools import cache
from typing import NamedTuple

from harness.bed.base.wait import Fact, until
from harness.bed.decode.cleartext import Allow
from harness.bed.decode.xfrm import Dump
from harness.bed.node.host import Host
from harness.bed.node.mobile import Mobile
from harness.bed.node.node import Process
from harness.bed.peers import umip_conf, umip_dump
from harness.bed.peers.packages import NoPeer

CONF = "/etc/mip6d.conf"
# For -V, on this machine: it bounds a program that never ends, not a slow machine.
PATIENCE, READY = 60, 60
# Its timers before a binding update are longer than ours; and after a home-coming its unsolicited
# advertisement does not override, so that the router finds a node that has left after 9 s only.
GRACE = 15.0
LONGEST = 200
# "mipv6-daemon (MIPL Mobile IPv6 for Linux) 2.0.2-umip-0.4", "mip6d (perigee v0.1)"
VERSION = re.compile(r"[\w-]*mip[\w-]* \(([^)]+)\)(?:.*?(\d+)\.(\d+)$)?", re.IGNORECASE)
NEWER = (1, 0)
OURS = "perigee"
# Raw sockets of the node by local address and protocol, in hex: 135 is the mobility header.
RAW, MH_SOCKET = "/proc/thread-self/net/raw6", re.compile(r"^ *\d+: \w+:0087 ", re.MULTILINE)


class Product(NamedTuple):
    """What -V says that a program is; of "2.0.2-umip-0.4" the version is the last part."""

    name: str
    version: tuple[int, ...]

    @property
    def ours(self) -> bool:
        """Ours by another path."""
        return self.name.startswith(OURS)


@cache
def product(program: str) -> Product:
    """UMIP says it on standard error, with exit status 1."""
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
    return Product(found[1], tuple(int(part) for part in found.groups()[1:] if part))


class Umip:
    NAME = "mip6d"

    def __init__(self, program: str, host: Host) -> None:
        self.program, self.host = program, host
        self.started: Process | None = None

    def start(self) -> None:
        """It does not detach when it is ready, as ours does: that is waited for, or its end."""
        host = self.host
        if isinstance(host, Mobile) and not product(self.program).ours:
            # Its block stops neighbour discovery: what it knows of its router is gone after 10 s.
            host.await_advertisements()
        host.write(CONF, umip_conf.translate(host.read(CONF) or "", host.texts))
        command = [self.program, "-c", CONF, "-d", "1"]
        host.story.command(host.name, " ".join(command))
        self.started = host.keep(self.NAME, [*host.place.wrapper, *command])
        ready = self.running()
        until(Fact(ready.says, lambda: ready.missing() if self.pids() else None), READY,
              host.story.clock)
        if not self.pids():
            raise NoPeer(f"{host.name}: {self.program}: {ready.missing()}")

    def stop(self) -> None:
        self.host.signal(self.NAME, "TERM")

    def pids(self) -> list[int]:
        """Its session; a program whose end is not told yet has not ended."""
        if not self.started:
            return []
        untold = [self.started.pid] if self.started.status() is None else []
        return self.host.session(self.started) or untold

    def running(self) -> Fact:
        """It runs, hears mobility headers, and the kernel admits home address options for it."""
        def missing() -> str | None:
            if not self.pids():
                return self._last_words()
            if not MH_SOCKET.search(self.host.read(RAW) or ""):
                return "it has no socket for mobility headers"
            found = any(s.proto == "hao" and s.wildcard for s in self.host.xfrm().states)
            return None if found else "the kernel has no wildcard state for home addresses"
        return Fact(f"{self.program} runs on {self.host.name}", missing)

    def _last_words(self) -> str:
        status = self.started.status() if self.started else None
        said = self.host.log_text(self.NAME).strip().splitlines()
        ended = "it was not started" if status is None else f"it has ended with status {status}"
        return f"{ended}, its last words: {said[-1]}" if said else ended

    @property
    def grace(self) -> float:
        return 0.0 if product(self.program).ours else GRACE

    def allowed(self) -> list[Allow]:
        why = "its tunnel device has a link-local address, and the kernel solicits routers there"
        return [] if product(self.program).ours else [Allow(why, dst="ff02::/16")]

    def expected(self, ours: Dump, seen: Dump) -> Dump:
        kind = product(self.program)
        if kind.ours:
            return ours
        return umip_dump.theirs(ours, kind.version >= NEWER, seen.policies)
