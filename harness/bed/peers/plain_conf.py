"""plain_conf - a node's ipsec.conf, connection by connection, as other daemons want it.

Connections stand in the file's order; that which the others lie beside is the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.bed.peers import strongswan_conf

DEFAULT = "%default"


@dataclass(frozen=True)
class Plain:
    """One connection between two hosts, each with a certificate; proposals as strongSwan's.

    `words` are all that the connection says, as strongSwan calls them.
    """

    name: str
    left: str
    right: str
    leftid: str
    rightid: str
    cert: str
    starts: bool
    tunnel: bool
    words: Mapping[str, str]

    def proposals(self, which: str) -> list[list[str]]:
        """Of "ike" or "esp", each a list of words."""
        return [one.split("-") for one in self.words[which].rstrip("!").split(",")]


    @property
    def ignored(self) -> bool:
        """It is not to be loaded."""
        return self.words["auto"] == "ignore"


def read(conf: str, include: Callable[[str], str]) -> list[Plain]:
    parts = strongswan_conf.sections(list(strongswan_conf.inlined(conf, include)))
    common = dict(parts.get(DEFAULT, []))
    found = {name: common | strongswan_conf.resolved(parts, name) for name in parts}
    return [_plain(name, conn) for name, conn in found.items()
            if name != DEFAULT and "auto" in conn]


def _plain(name: str, conn: Mapping[str, str]) -> Plain:
    return Plain(name, conn["left"], conn["right"], conn["leftid"], conn["rightid"],
                 conn["leftcert"].removesuffix(".pem"), conn["auto"] == "start",
                 conn.get("type", "tunnel") == "tunnel", conn)
