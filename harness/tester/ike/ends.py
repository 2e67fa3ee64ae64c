"""ends - what the CHILD_SAs of an IKE_SA lie between.

Either side is a host that speaks for itself, or a gateway that speaks for a network. Between two
hosts packets go in transport mode, else in a tunnel.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from harness.tester.ike.payloads import Selector


@dataclass(frozen=True)
class Side:
    """What is spoken for, and one address of it."""

    net: str
    host: str

    @property
    def alone(self) -> bool:
        return ipaddress.ip_network(self.net).num_addresses == 1

    @property
    def selector(self) -> Selector:
        net = ipaddress.ip_network(self.net)
        return Selector(str(net[0]), str(net[-1]))


@dataclass(frozen=True)
class Ends:
    """The tester's side and the subject's."""

    own: Side
    peer: Side

    @property
    def transport(self) -> bool:
        return self.own.alone and self.peer.alone


def host(address: str) -> Side:
    return Side(f"{address}/128", address)
