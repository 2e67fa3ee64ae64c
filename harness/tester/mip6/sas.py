"""sas - SAs whose keys are laid by hand, on the tester's side: packets sealed and opened.

Shapes:  an Sa is one direction; what is sealed in it is counted in it.
Errors:  Forged where a packet does not fit the keys of its SPI.
Source:  RFC 4303 section 2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.tester.ike import esp
from harness.tester.ike.keys import Pair
from harness.tester.ike.suites import Suite

PROTO = esp.ESP
SUITE = Suite()


@dataclass
class Sa:
    """From `src` to `dst`, as a policy with `reqid` asks for it; `mode` is ip(8)'s word."""

    name: str
    src: str
    dst: str
    reqid: int
    mode: str
    number: int = field(default=0, compare=False)

    @property
    def spi(self) -> bytes:
        return b"\x5a" + self._derived("spi", 3)

    @property
    def pair(self) -> Pair:
        return Pair(self._derived("integrity", SUITE.check.key), self._derived("cipher", SUITE.key))

    def _derived(self, what: str, size: int) -> bytes:
        return hashlib.sha256(f"{self.name} {self.src} {self.dst} {what}".encode()).digest()[:size]

    def seal(self, proto: int, text: bytes) -> bytes:
        self.number += 1
        return esp.seal(SUITE, self.pair, self.spi, self.number, proto, text)

    def unseal(self, octets: bytes) -> tuple[int, bytes]:
        return esp.unseal(SUITE, self.pair, octets)

    def words(self) -> str:
        """What ip(8) needs to lay it in a kernel."""
        return (f"src {self.src} dst {self.dst} proto esp spi 0x{self.spi.hex()} reqid {self.reqid}"
                f" mode {self.mode} auth-trunc hmac(sha256) 0x{self.pair.auth.hex()}"
                f" {SUITE.check.size * 8} enc cbc(aes) 0x{self.pair.encr.hex()}"
                + (" flag af-unspec" if self.mode == "tunnel" else ""))


@dataclass(frozen=True)
class Both:
    """A pair of SAs: towards the home agent, and towards the mobile node."""

    to_agent: Sa
    to_node: Sa

    def __iter__(self) -> Iterator[Sa]:
        return iter((self.to_agent, self.to_node))
