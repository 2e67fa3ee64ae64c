"""places - where every node was at a checkpoint: the topology as rows that a page can draw.

Shapes:  made of the checkpoint's own record, the addresses that each node had; nothing is asked.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.bed.base.topology import T0

HOME = T0.members["moon"].link


@dataclass(frozen=True)
class Place:
    """A node on a link with an address; `came` if it was not there at the checkpoint before."""

    node: str
    address: str
    came: bool = False


@dataclass(frozen=True)
class Link:
    name: str
    prefix: str
    places: list[Place]

    @property
    def words(self) -> str:
        return "home link" if self.name == HOME else "foreign link"


Addresses = Mapping[str, Iterable[str]]


def of(addresses: Addresses, before: Addresses | None = None) -> list[Link]:
    """Every link with who is on it; `before` are the addresses of the checkpoint before."""
    was = {} if before is None else {node: set(_where(node, known))
                                     for node, known in before.items()}
    links = {name: Link(name, link.prefix, []) for name, link in T0.links.items()}
    for node, known in addresses.items():
        for link, address in _where(node, known):
            came = before is not None and (link, address) not in was.get(node, {(link, address)})
            links[link].places.append(Place(node, address, came))
    return list(links.values())


def moved(links: Iterable[Link]) -> bool:
    return any(place.came for link in links for place in link.places)


def words(links: Iterable[Link]) -> str:
    """carol on f1 with 2001::50, moon on hl with 2001:1::1"""
    return ", ".join(f"{place.node} on {link.name} with {place.address}"
                     for link in links for place in link.places)


def _where(node: str, addresses: Iterable[str]) -> list[tuple[str, str]]:
    """Links and addresses; a mobile node with an address of a foreign link is not at home."""
    hoa = T0.members[node].hoa if node in T0.members else None
    found = [(name, address) for address in addresses for name, link in T0.links.items()
             if ipaddress.ip_address(address) in ipaddress.ip_network(link.prefix)]
    away = [(name, address) for name, address in found if name != HOME]
    if hoa and away:
        return away
    return [pair for pair in found if pair[1] == hoa] or found
