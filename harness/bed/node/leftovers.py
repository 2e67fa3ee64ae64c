"""leftovers - a node before the daemons came, and what is left when they are gone."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from harness.bed.check.invariants import left_over
from harness.bed.decode import nl
from harness.bed.decode.xfrm import Dump
from harness.bed.node.node import Node

RTM_GETROUTE, RTM_GETNEIGH, RTM_GETRULE = 26, 30, 34
ROUTE_HEADER, NEIGH_HEADER, RULE_HEADER = 12, 12, 12
NDA_DST = 1
FRA_SRC, FRA_PRIORITY, FRA_TABLE = 2, 6, 15
RTA_DST, RTA_TABLE = 1, 15
NTF_PROXY = 0x08
TABLES = (253, 254, 255)
KEPT = ("radvd",)


@dataclass(frozen=True)
class Snapshot:
    links: frozenset[str]
    rules: frozenset[str]
    tables: frozenset[int]
    proxies: frozenset[str]


def _head(family: int, size: int) -> bytes:
    return bytes([family]) + bytes(size - 1)


def snapshot(node: Node) -> Snapshot:
    return Snapshot(frozenset(node.links()), _rules(node), _tables(node), _proxies(node))


def _rules(node: Node) -> frozenset[str]:
    found = node.route.dump(RTM_GETRULE, _head(socket.AF_INET6, RULE_HEADER))
    return frozenset(_rule(m.body) for m in found)


def _rule(body: bytes) -> str:
    words = dict(nl.attributes(body[RULE_HEADER:]))
    number = {kind: struct.unpack("=I", words[kind])[0]
              for kind in (FRA_PRIORITY, FRA_TABLE) if kind in words}
    source = f" from {nl.ip(words[FRA_SRC])}/{body[2]}" if FRA_SRC in words else ""
    return (f"rule {number.get(FRA_PRIORITY, 0)}{source} table {number.get(FRA_TABLE, body[4])}"
            f" action {body[7]}")


def _tables(node: Node) -> frozenset[int]:
    """Numbers of the routing tables that hold an IPv6 route, beside the kernel's own."""
    found = node.route.dump(RTM_GETROUTE, _head(socket.AF_INET6, ROUTE_HEADER))
    used = {struct.unpack("=I", dict(nl.attributes(m.body[ROUTE_HEADER:]))[RTA_TABLE])[0]
            for m in found}
    return frozenset(used - set(TABLES))


def _proxies(node: Node) -> frozenset[str]:
    head = struct.pack("=BxxxiHBB", socket.AF_INET6, 0, 0, NTF_PROXY, 0)
    found = node.route.dump(RTM_GETNEIGH, head)
    return frozenset(nl.ip(dict(nl.attributes(m.body[NEIGH_HEADER:]))[NDA_DST]) for m in found)


def left(node: Node, before: Snapshot, hoas: frozenset[str], down: bool) -> list[str]:
    """A sentence for each thing that is there now and was not there before.

    Where nothing may come up (`down`) the larval states of vain ACQUIREs expire by themselves.
    """
    now, name = snapshot(node), node.name
    dump = node.xfrm()
    mine = Dump([s for s in dump.states if not (down and s.larval)],
                [p for p in dump.policies if not p.socket])
    return [
        *left_over({name: mine}),
        *(f"{name}: link {link} left" for link in sorted(now.links - before.links)),
        *(f"{name}: {rule} left" for rule in sorted(now.rules - before.rules)),
        *(f"{name}: {rule} lost" for rule in sorted(before.rules - now.rules)),
        *(f"{name}: routes in table {table} left" for table in sorted(now.tables - before.tables)),
        *(f"{name}: proxy neighbour {a} left" for a in sorted(now.proxies - before.proxies)),
        *(f"{name}: home address {a.address} left"
          for a in node.addresses() if a.address in hoas),
        *(f"{name}: process {pid} ({comm}) left"
          for pid, comm in sorted(node.pids().items()) if comm not in KEPT),
    ]
