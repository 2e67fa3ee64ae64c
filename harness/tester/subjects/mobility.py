"""mobility - a mip6d under test on its node: its configuration, and SAs with keys laid by hand.

The lists presuppose SAs that are there from the start; nothing negotiates any.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.bed.node.host import Host
from harness.tester.mip6.sas import Both, Sa
from harness.tester.subjects import ended

CONF = "/etc/mip6d.conf"
# What SAs are for: mobility headers, prefix discovery, payload.
MH, PREFIX, TUNNEL = "mobility headers", "prefix discovery", "payload"
MODES = {MH: "transport", PREFIX: "transport", TUNNEL: "tunnel"}
# The kind of IPsecPolicy of each.
KINDS = {MH: "Mh", PREFIX: "MobPfxDisc", TUNNEL: "TunnelPayload"}


def policies(agent: str, hoas: dict[str, int], without: str = "") -> str:
    """The IPsecPolicySet of every home address with the first of its reqids."""
    return "".join(
        f"IPsecPolicySet {{\n\tHomeAgentAddress {agent};\n\tHomeAddress {hoa}/64;\n"
        + "".join(f"\tIPsecPolicy {KINDS[what]} UseESP {reqid + at};\n"
                  for at, what in enumerate(MODES) if what != without)
        + "}\n" for hoa, reqid in hoas.items())


def pairs(agent: str, hoa: str, reqid: int) -> dict[str, Both]:
    """The SAs that such a set asks for."""
    return {what: Both(Sa(f"{what} to agent", hoa, agent, reqid + at, mode),
                       Sa(f"{what} to node", agent, hoa, reqid + at, mode))
            for at, (what, mode) in enumerate(MODES.items())}


class Mip6d:
    def __init__(self, host: Host) -> None:
        self.host = host

    def start(self, conf: str, sas: Iterable[Sa]) -> None:
        self.host.write(CONF, conf)
        self.host.run("ip -batch -", text="".join(f"xfrm state add {sa.words()}\n" for sa in sas))
        with ended.told(self.host, self.host.mip6.NAME, ended.STARTS_NOT):
            self.host.start_mip6()
            self.host.await_(self.host.mip6_running)

    def stop(self) -> None:
        """It must not have ended by itself before."""
        ended.end(self.host)
        self.host.run("ip xfrm state flush proto esp")
