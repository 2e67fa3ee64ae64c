"""strongswan_status - what `ipsec statusall` of strongSwan says, as facts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

HEADING = "Security Associations"
IKE = re.compile(r"\s*(\S+)\[(\d+)\]: ESTABLISHED .*?, (\S+)\[.*\.\.\.(\S+)\[")
IKE_SPIS = re.compile(r"\s*\S+\[(\d+)\]: IKEv2 SPIs: (\w{16})_i\*? (\w{16})_r")
CHILD = re.compile(r"\s*(\S+)\{(\d+)\}:\s+INSTALLED, .*reqid (\d+), ESP SPIs: (\w{8})_i (\w{8})_o")


@dataclass
class IkeSa:
    name: str
    unique: int
    local: str
    remote: str
    spis: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class ChildSa:
    name: str
    unique: int
    reqid: int
    spi_in: str
    spi_out: str


@dataclass
class Status:
    ike: list[IkeSa] = field(default_factory=list)
    children: list[ChildSa] = field(default_factory=list)

    def child(self, reqid: int) -> ChildSa | None:
        """The newest CHILD_SA with this reqid."""
        fitting = [child for child in self.children if child.reqid == reqid]
        return max(fitting, key=lambda child: child.unique, default=None)


def read(text: str) -> Status:
    status = Status()
    for line in text.partition(HEADING)[2].splitlines():
        if found := IKE.match(line):
            status.ike.append(IkeSa(found[1], int(found[2]), found[3], found[4]))
        elif found := IKE_SPIS.match(line):
            next(sa for sa in status.ike if sa.unique == int(found[1])).spis = found[2], found[3]
        elif found := CHILD.match(line):
            status.children.append(
                ChildSa(found[1], int(found[2]), int(found[3]), found[4], found[5]))
    return status
