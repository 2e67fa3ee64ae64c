"""replay - a node's SAs and addresses as they were at any moment, from the events of its kernel.

Answers for how long a mobile node had no usable tunnel SA: one whose own end is an address that
the node had then.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from harness.bed.decode import nl, nlmon, rtmon, xfrm_nl
from harness.bed.decode.kevents import KernelEvent
from harness.bed.decode.xfrm import State

A_MIGRATE = 17
Key = tuple[str, str | None, str]


@dataclass
class Kernel:
    """One node's ESP SAs and usable addresses; apply() takes its events in order."""

    sas: dict[Key, State] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)

    def apply(self, event: KernelEvent) -> None:
        if event.family == socket.NETLINK_ROUTE:
            self._address(event.message)
        elif event.asked and not event.error and event.name in CHANGES:
            CHANGES[event.name](self, event.message)

    def _address(self, message: nl.Message) -> None:
        change = rtmon.address_change(message)
        if change:
            address, came, usable = change
            (self.addresses.add if came and usable else self.addresses.discard)(address)

    def put(self, message: nl.Message) -> None:
        state = xfrm_nl.state(message.body)
        if state.proto == "esp" and not state.larval:
            self.sas[state.proto, state.spi, state.dst] = state

    def delete(self, message: nl.Message) -> None:
        daddr, spi, family, proto = nlmon.SA_ID.unpack_from(message.body)
        self._take(xfrm_nl.protocol(proto), f"0x{socket.ntohl(spi):08x}",
                   xfrm_nl.address(daddr, family))

    def _take(self, proto: str, spi: str, dst: str) -> State | None:
        """Of SAs that overlap a MIGRATE moves one, and does not say which: its SPI tells."""
        key = (proto, spi, dst)
        if key not in self.sas:
            key = next((one for one in self.sas if one[:2] == key[:2]), key)
        return self.sas.pop(key, None)

    def flush(self, _: nl.Message) -> None:
        self.sas.clear()

    def migrate(self, message: nl.Message) -> None:
        attributes = dict(nl.attributes(message.body[64:]))
        for entry in xfrm_nl.migrations(attributes.get(A_MIGRATE, b"")):
            for key, state in list(self.sas.items()):
                if (state.mode, state.reqid, state.endpoints()) == (
                        entry.mode, entry.reqid, entry.old):
                    del self.sas[key]
                    src, dst = entry.new
                    self.sas[state.proto, state.spi, dst] = replace(state, src=src, dst=dst)

    def migrate_state(self, message: nl.Message) -> None:
        move = xfrm_nl.state_move(message.body)
        state = self._take(move.proto, move.spi, move.dst)
        if state:
            src, dst = move.new
            self.sas[move.proto, move.spi, dst] = replace(state, src=src, dst=dst)

    def usable(self, mode: str) -> bool:
        """Whether an SA of this mode leaves from an address that the node has."""
        return any(s.mode == mode and s.src in self.addresses for s in self.sas.values())

    @property
    def spis(self) -> set[str]:
        return {spi for _, spi, _ in self.sas}


CHANGES: dict[str, Callable[[Kernel, nl.Message], None]] = {
    "NEWSA": Kernel.put, "UPDSA": Kernel.put, "DELSA": Kernel.delete, "FLUSHSA": Kernel.flush,
    "MIGRATE": Kernel.migrate, "MIGRATE_STATE": Kernel.migrate_state,
}


@dataclass(frozen=True)
class Gap:
    """A time without an SA, in seconds since 1970; `end` None if it did not end."""

    start: float
    end: float | None

    @property
    def seconds(self) -> float:
        return (self.end if self.end is not None else float("inf")) - self.start


def gaps(events: Iterable[KernelEvent], mode: str = "tunnel") -> list[Gap]:
    """Every time without a usable SA, once there was one."""
    kernel, found = Kernel(), []
    had, since = False, None
    for event in events:
        kernel.apply(event)
        now = kernel.usable(mode)
        if now and since is not None:
            found.append(Gap(since, event.time))
            since = None
        if had and not now:
            since = event.time
        had = now
    return found + ([Gap(since, None)] if since is not None else [])


def replaced(events: Iterable[KernelEvent]) -> list[Gap]:
    """Each time between an SA's delete and its return under the same SPI."""
    kernel, found = Kernel(), []
    gone: dict[str, float] = {}
    for event in events:
        before = kernel.spis
        kernel.apply(event)
        now = kernel.spis
        found += [Gap(gone.pop(spi), event.time) for spi in sorted(now & gone.keys())]
        gone |= {spi: event.time for spi in before - now}
    return found
