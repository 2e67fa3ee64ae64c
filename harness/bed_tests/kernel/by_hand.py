"""by_hand - what the daemons would put into both kernels, put there with ip(8).

Enough for the testbed to be tried without daemons: both SA pairs, the four policies
that use them, and the care-of address states of mobile node and home agent.
"""

from __future__ import annotations

from harness.bed.base.topology import T0
from harness.bed.node.host import Host
from harness.bed.node.topo import batch

HA, HOA = T0.home_agent, "2001:1::10"
AUTH = "auth-trunc hmac(sha1) 0x{0:040x} 96 enc cbc(aes) 0x{0:032x}"
SPIS = {"mh out": 0xc1, "mh in": 0xc2, "tunnel out": 0xc3, "tunnel in": 0xc4}


def states(coa: str) -> list[str]:
    """Both SA pairs, the same on both nodes: out is from the mobile node's side."""
    pairs = [("mh", HOA, 1, "transport", ""), ("tunnel", coa, 2, "tunnel", " flag af-unspec")]
    lines = []
    for name, end, reqid, mode, flag in pairs:
        for way, (src, dst) in {"out": (end, HA), "in": (HA, end)}.items():
            spi = SPIS[f"{name} {way}"]
            lines.append(f"xfrm state add src {src} dst {dst} proto esp spi {spi} reqid {reqid}"
                         f" mode {mode} replay-window 32{flag} {AUTH.format(spi)}")
    return lines


def policies(coa: str, mobile: bool, verb: str) -> list[str]:
    out, back = ("out", "in") if mobile else ("in", "out")
    tunnel = "tmpl src {} dst {} proto esp reqid 2 mode tunnel"
    lines = [
        f"src {HOA}/128 dst {HA}/128 proto 135 dir {out} priority 2 ptype main"
        " tmpl proto esp reqid 1 mode transport",
        f"src {HA}/128 dst {HOA}/128 proto 135 dir {back} priority 2 ptype main"
        " tmpl proto esp reqid 1 mode transport",
        f"src {HOA}/128 dst ::/0 dir {out} priority 10 ptype main {tunnel.format(coa, HA)}",
        f"src ::/0 dst {HOA}/128 dir {back} priority 10 ptype main {tunnel.format(HA, coa)}",
    ]
    if not mobile:
        lines.append(f"src {HOA}/128 dst ::/0 dir fwd priority 10 {tunnel.format(coa, HA)}")
    return [f"xfrm policy {verb} {line}" for line in lines]


def routing(coa: str, mobile: bool) -> list[str]:
    ways = [("hao", HOA, HA)] + ([] if mobile else [("route2", HA, HOA)])
    return [f"xfrm state add src {src} dst {dst} proto {proto} mode ro coa {coa}"
            f" sel src {src}/128 dst {dst}/128" for proto, src, dst in ways]


def register(host: Host, coa: str) -> None:
    mobile = host.member.hoa is not None
    home = [f"address add {HOA}/128 dev lo"] if mobile else []
    batch(host, [*home, *states(coa), *policies(coa, mobile, "add"), *routing(coa, mobile)])


def move(host: Host, old: str, new: str) -> None:
    """The same SAs between new outer addresses, as after a MIGRATE."""
    mobile = host.member.hoa is not None
    forget = [line.replace(" add ", " delete ").split(" reqid ")[0].split(" mode ")[0]
              for line in (*states(old), *routing(old, mobile))]
    batch(host, [*forget, *states(new), *policies(new, mobile, "update"), *routing(new, mobile)])


def clear(host: Host) -> None:
    home = [f"address del {HOA}/128 dev lo"] if host.member.hoa else []
    batch(host, [*home, "xfrm state flush", "xfrm policy flush ptype main"])
