"""plain_conf - a node's ipsec.conf with one host-to-host connection, as other daemons want it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.bed.peers import strongswan_conf

DEFAULT = "%default"


@dataclass(frozen=True)
class Plain:
    """One connection between two hosts, each with a certificate; proposals as strongSwan's."""

    name: str
    left: str
    right: str
    leftid: str
    rightid: str
    cert: str
    ike: str
    esp: str
    starts: bool
    tunnel: bool


def read(conf: str, include: Callable[[str], str]) -> Plain:
    parts = strongswan_conf.sections(list(strongswan_conf.inlined(conf, include)))
    common = dict(parts.get(DEFAULT, []))
    found = {name: common | strongswan_conf.resolved(parts, name) for name in parts}
    name, conn = next((name, conn) for name, conn in found.items() if "auto" in conn)
    return Plain(name, conn["left"], conn["right"], conn["leftid"], conn["rightid"],
                 conn["leftcert"].removesuffix(".pem"), conn["ike"].rstrip("!"),
                 conn["esp"].rstrip("!"), conn["auto"] == "start",
                 conn.get("type", "tunnel") == "tunnel")
