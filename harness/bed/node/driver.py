"""driver - what a node knows of the daemons that run on it; drivers are in peers/.

A driver belongs to one node and does its work through the node's commands, files and signals only,
so it does not matter from where it is driven.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from harness.bed.base.wait import Fact
from harness.bed.decode.cleartext import Allow
from harness.bed.decode.ike_wire import Ike
from harness.bed.decode.xfrm import Dump


class Driver(Protocol):
    """Any daemon. NAME is what scenarios and its log are called by."""

    NAME: str

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def running(self) -> Fact: ...

    def pids(self) -> list[int]: ...

    def expected(self, ours: Dump, seen: Dump) -> Dump:
        """What a dump has to show where ours has to show `ours`; `seen` is the dump itself."""


class IkeDriver(Driver, Protocol):
    """POLICIES says that it lays policies of its own, ESP what it can protect packets with."""

    POLICIES: bool
    ESP: str

    def restart(self) -> None: ...

    def status(self) -> Any:
        """What the daemon says of itself."""

    def ike_spis(self) -> frozenset[str]:
        """The SPIs of every established IKE_SA."""

    def begin(self, name: str, packet: Callable[[], None]) -> None:
        """Begin NAME; `packet` sends one that its policy covers, for who begins by that."""

    def rekey(self, name: str) -> None:
        """Rekey `NAME{REQID}`, a CHILD_SA, or `NAME[NUMBER]`, an IKE_SA, from this side."""

    def close(self, name: str) -> None:
        """Begin to close `NAME{*}`, CHILD_SAs, or `NAME[*]`, IKE_SAs; it does not wait for it."""

    def leave_keys(self, messages: Callable[[], list[Ike]]) -> None:
        """Have the keys of its IKE_SAs in NODE.ike.keys; `messages` gives those of the run."""


class Mip6Driver(Driver, Protocol):
    @property
    def grace(self) -> float:
        """By how many seconds every wait is longer than with ours."""

    def allowed(self) -> list[Allow]:
        """What may leave the node in the clear, and why."""
