"""adapter - what an adapter begins with: a file of Python that plugs a daemon into the tester.

    make conformance SUBJECT=examples/your-ci/adapter.py LIST=ikev2-en

It has a class `Driver(Adapter)` and says how the daemon is started, stopped and told to begin, and
what its configuration looks like; it does all through the node: `run` a command to its end, `keep`
a program that stays, `write` and `read` files. That an SA is there the kernel says. What it has no
command for stays as it is here, and the rows that need it fail with that sentence.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.bed.base.wait import Fact
from harness.bed.decode.ike_wire import Ike
from harness.bed.decode.xfrm import Dump
from harness.bed.node.host import Host
from harness.bed.peers import plain_conf
from harness.bed.peers.plain_conf import Plain


class Adapter:
    """NAME is the program's as `ps` shows it; POLICIES that it lays its own; ESP what it can do."""

    NAME = ""
    POLICIES, ESP = False, "aes128-sha256"

    def __init__(self, host: Host) -> None:
        self.host = host

    def plains(self) -> list[Plain]:
        """The connections that a test wants: both ends, their identities, proposals, timers.

        One, or with it one for datagrams alone, whose words are `leftprotoport`, `rightprotoport`.
        """
        return plain_conf.read(self.host.read("/etc/ipsec.conf") or "", self.host.texts)

    def start(self) -> None:
        """Configure and start it. /etc/ipsec.d has its certificate, its key and the CA's."""
        raise NotImplementedError(f"the adapter of {self.NAME} does not say how it starts")

    def stop(self) -> None:
        for pid in self.pids():
            self.host.kill(pid, "TERM")

    def restart(self) -> None:
        self.stop()
        self.host.await_(self.host.stopped(self.NAME))
        self.start()

    def running(self) -> Fact:
        """It answers IKE: somebody has UDP port 500."""
        ports = "/proc/thread-self/net/udp6"
        return Fact(f"{self.NAME} listens on {self.host.name}", lambda: (
            None if ":01F4 " in (self.host.read(ports) or "") else "nobody has UDP port 500"))

    def pids(self) -> list[int]:
        return self.host.called(self.NAME)

    def begin(self, name: str, packet: Callable[[], None]) -> None:
        packet()

    def rekey(self, name: str) -> None:
        raise NotImplementedError(f"{self.NAME} has no command that replaces {name}")

    def close(self, name: str) -> None:
        raise NotImplementedError(f"{self.NAME} has no command that closes {name}")

    def status(self) -> str:
        return ""

    def ike_spis(self) -> frozenset[str]:
        raise NotImplementedError(f"{self.NAME} does not tell the SPIs of its IKE_SAs")

    def expected(self, ours: Dump, seen: Dump) -> Dump:
        return ours

    def leave_keys(self, messages: Callable[[], list[Ike]]) -> None:
        """None: what is inside SK stays closed in the evidence."""
