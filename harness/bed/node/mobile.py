"""mobile - a mobile node: where it is, where its home agent thinks it is, and its SAs on both."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.bed.base.story import Story
from harness.bed.base.topology import Member
from harness.bed.base.wait import Fact, until
from harness.bed.decode.xfrm import Dump, State
from harness.bed.node import leftovers, topo
from harness.bed.node.host import Host
from harness.bed.node.node import Node, Place

# A set of scenarios/common/rtr/advertise.nft.
AWAITED, RADVD = "bridge advertise awaited", "/etc/radvd.conf"
# Seconds that a killed program may take to its end.
END = 5
INTERVALS = {"MinRtrAdvInterval": "3", "MaxRtrAdvInterval": "4"}
OFTEN = re.compile(rf"({'|'.join(INTERVALS)}) \w+;")


class Mobile(Host):
    def __init__(self, name: str, member: Member, place: Place, story: Story,
                 rtr: Node, home_agent: Host) -> None:
        super().__init__(name, member, place, story)
        self.rtr = rtr
        self.home_agent = home_agent
        self.hoa = member.hoa
        self.coa = member.coa
        self.plug = name
        self.seldom = ""

    def await_advertisements(self) -> None:
        """Have one every 4 s unasked, until an address goes that they would bring back."""
        self.seldom = self.rtr.read(RADVD) or ""
        self.rtr.run(f"nft add element {AWAITED} {{ ip6 }}")
        self._advertise(OFTEN.sub(lambda found: f"{found[1]} {INTERVALS[found[1]]};", self.seldom))

    def del_address(self, address: str) -> None:
        if self.seldom:
            self.rtr.run(f"nft flush set {AWAITED}")
            self._advertise(self.seldom)
            self.seldom = ""
        super().del_address(address)

    def _advertise(self, conf: str) -> None:
        self.rtr.write(RADVD, conf)
        for pid in self.rtr.called("radvd"):
            self.rtr.kill(pid, "KILL")
        until(Fact("radvd has ended on rtr", self._advertising), END, self.story.clock)
        topo.advertise(self.rtr)

    def _advertising(self) -> str | None:
        """One that is killed locks its pid file until it is gone, and keeps the next off."""
        still = self.rtr.called("radvd")
        return f"process {still[0]} still runs" if still else None

    def move_to(self, link: str) -> None:
        """Pull the cable out of one link and put it into another."""
        for step in (f"{self.name} down", f"{self.plug} master {link}", f"{self.name} up"):
            self.rtr.typed(f"ip link set {step}")

    def delete_outbound_tunnel(self) -> None:
        """Take the tunnel SA towards the home agent away behind the daemons' backs."""
        state = next(s for s in self.xfrm().states if s.proto == "esp" and s.mode == "tunnel"
                     and s.dst == self.home_agent.member.at and not s.larval)
        self.typed(f"ip xfrm state delete src {state.src} dst {state.dst} proto esp"
                   f" spi {state.spi}")

    @property
    def registered(self) -> Fact:
        """The home agent has accepted a binding, and both SA pairs stand on both nodes."""
        return self._registration(None)

    def registered_at(self, coa: str) -> Fact:
        return self._registration(coa)

    @property
    def at_home(self) -> Fact:
        """The binding is gone on both sides, and nothing blocks."""
        def missing() -> str | None:
            if _find(self.xfrm(), "hao", self.hoa, self.home_agent.member.at):
                return f"{self.name} still has a care-of address"
            if _find(self.home_agent.xfrm(), "route2", self.home_agent.member.at, self.hoa):
                return f"{self.home_agent.name} still has a binding for {self.hoa}"
            return self._blocked(self.xfrm())
        return Fact(f"{self.name} is at home", missing)

    def outbound_sas(self) -> list[State]:
        """Its SAs towards the home agent: for mobility headers and the tunnel."""
        return [s for s in self.xfrm().states
                if s.proto == "esp" and s.dst == self.home_agent.member.at and not s.larval]

    def binding(self) -> dict:
        """What the home agent's daemon says of this node's binding; empty if there is none."""
        entries = self.home_agent.mip6_status()["bc"]
        return next((e for e in entries if e["hoa"] == self.hoa), {})

    def refreshed(self, since: dict) -> Fact:
        """The home agent has accepted a later binding update than that of binding() `since`."""
        def missing() -> str | None:
            seq = self.binding().get("seq")
            return f"the last number is {seq}" if seq in (since["seq"], None) else None
        return Fact(f"{self.name}'s binding is refreshed", missing)

    @property
    def unbound(self) -> Fact:
        """The home agent has neither binding nor tunnel for it, and does not stand in for it."""
        def missing() -> str | None:
            agent = self.home_agent
            if _find(agent.xfrm(), "route2", self.home_agent.member.at, self.hoa):
                return f"{agent.name} still has a binding for {self.hoa}"
            left = leftovers.snapshot(agent)
            if self.hoa in left.proxies:
                return f"{agent.name} still answers for {self.hoa}"
            tunnels = [p for p in agent.xfrm().policies for t in p.tmpls
                       if t.mode == "tunnel" and self.hoa in f"{p.sel.src} {p.sel.dst}"]
            return f"{agent.name} still has tunnel policies for {self.hoa}" if tunnels else None
        return Fact(f"{self.home_agent.name} has no binding for {self.name}", missing)

    @property
    def blocked(self) -> Fact:
        """Nothing leaves from the home address."""
        return Fact(f"{self.name} blocks its payload", lambda: (
            None if self._blocked(self.xfrm()) else f"{self.name} has no block"))

    def updates(self) -> int:
        """How many binding updates its daemon has sent."""
        return self.mip6_status()["counters"]["bu_out"]

    def updates_sent(self, number: int, since: int = 0) -> Fact:
        """That many binding updates have been sent after the first `since`."""
        def missing() -> str | None:
            have = self.updates() - since
            return None if have >= number else f"there are {have}"
        return Fact(f"{self.name} has sent {number} binding updates", missing)

    @property
    def signalling_protected(self) -> Fact:
        """The transport SA pair for mobility headers stands on both nodes."""
        def missing() -> str | None:
            return next(self._without_pair("transport", self.hoa), None)
        return Fact(f"{self.name}'s mobility header SAs stand", missing)

    def _registration(self, coa: str | None) -> Fact:
        at = f" at {coa}" if coa else ""
        return Fact(f"{self.name} is registered{at}", lambda: self._unregistered(coa))

    def _unregistered(self, coa: str | None) -> str | None:
        mine, agents = self.xfrm(), self.home_agent.xfrm()
        hao = _find(mine, "hao", self.hoa, self.home_agent.member.at)
        if not hao:
            return f"{self.name} has no care-of address state for {self.hoa}"
        if coa and hao.coa != coa:
            return f"{self.name}'s care-of address is {hao.coa}"
        binding = _find(agents, "route2", self.home_agent.member.at, self.hoa)
        if not binding:
            return f"{self.home_agent.name} has no binding for {self.hoa}"
        if binding.coa != hao.coa:
            return f"{self.home_agent.name} has {self.hoa} at {binding.coa}"
        return self._blocked(mine) or next(self._unprotected(hao.coa), None)

    def _blocked(self, mine: Dump) -> str | None:
        blocks = [p for p in mine.policies if p.action == "block"]
        if not blocks:
            return None
        return f"{self.name} still blocks {blocks[0].sel.src} to {blocks[0].sel.dst}"

    def _unprotected(self, coa: str | None) -> Iterator[str]:
        yield from self._without_pair("transport", self.hoa)
        yield from self._without_pair("tunnel", coa)

    def _without_pair(self, mode: str, end: str | None) -> Iterator[str]:
        """What is missing of the pair of SAs between `end` and the home agent."""
        for node in (self, self.home_agent):
            states = [s for s in node.xfrm().states if s.proto == "esp" and s.mode == mode]
            for src, dst in ((end, self.home_agent.member.at), (self.home_agent.member.at, end)):
                if not any(s.endpoints() == (src, dst) and not s.larval for s in states):
                    yield f"{node.name} has no {mode} SA from {src} to {dst}"
            if any(s.larval and end in s.endpoints() for s in states):
                yield f"{node.name} has a larval {mode} SA for {end}"


def _find(dump: Dump, proto: str, src: str | None, dst: str | None) -> State | None:
    return next((s for s in dump.states if s.proto == proto and s.endpoints() == (src, dst)), None)
