"""canon - one text for one kernel state, whatever kernel, iproute2 or daemon printed it.

The canonical form looks like `ip xfrm state` and `ip xfrm policy`, sorted, without counters and
clocks. SPIs and keys have names by role, so that two dumps of different runs can be compared and
yet identity is kept: one value has one name in states and policies, on every node and at every
checkpoint of a scenario. A value that comes later in the same role is its next generation (#2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.bed.check.canon_text import (
    algorithm_text, policy_lines, state_lines, template_lines, text,
)
from harness.bed.decode.facts import (
    ANY, IPSEC, Dump, Policy, State, Template, changed, selector_text,
)

__all__ = ["Names", "Roles", "Use", "algorithm_text", "canonical", "named", "policy_lines",
           "state_lines", "template_lines", "text"]

NO_SPI = "0x00000000"
KINDS = {"transport": "mh", "tunnel": "tunnel"}
SELECTOR_KINDS = {
    ("transport", "ipv6-icmp"): "icmp",
    ("transport", None): "host",
    ("tunnel", "mobility-header"): "tunnel-mh",
}


@dataclass(frozen=True)
class Roles:
    """Who is who: the home agent's address, and each mobile node's home address and name."""

    ha: str
    mobiles: Mapping[str, str]


@dataclass(frozen=True)
class Use:
    """What one template of a node wants its SA for, and whose it is."""

    owner: str | None
    kind: str
    mode: str
    reqid: int
    ends: frozenset[str | None]

    def agreement(self, state: State) -> int:
        """How many of mode, reqid and ends a state shares; two of three make it the state's use."""
        return (self.mode == state.mode) + (self.reqid == state.reqid) + (
            self.ends == frozenset(state.endpoints()))



def _host(prefix: str) -> str | None:
    address, _, length = prefix.partition("/")
    return address if length == ("128" if ":" in address else "32") else None


class Uses:
    """The uses of one node's templates, found by two of mode, reqid and ends at a time."""

    def __init__(self, found: Iterable[Use]) -> None:
        self.by_two: dict[tuple, Use] = {}
        for use in found:
            for key in self._keys(use.mode, use.reqid, use.ends):
                best = self.by_two.get(key)
                if best is None or use.kind > best.kind:
                    self.by_two[key] = use

    @staticmethod
    def _keys(mode: str, reqid: int, ends: frozenset) -> tuple[tuple, ...]:
        return (mode, reqid), (mode, ends), (reqid, ends), (mode, reqid, ends)

    def of(self, state: State) -> Use | None:
        """The use that agrees most, of equals the one whose kind is last in the alphabet."""
        keys = self._keys(state.mode, state.reqid, frozenset(state.endpoints()))
        found = [self.by_two[key] for key in keys if key in self.by_two]
        return max(found, key=lambda use: (use.agreement(state), use.kind), default=None)


class Names:
    """Names of SPIs and keys of one scenario; learn() every checkpoint before naming it."""

    def __init__(self, roles: Roles, whole: bool = False) -> None:
        """`whole`: what is larval and what is not ESP has names too."""
        self.roles = roles
        self.whole = whole
        self.spis: dict[str, str] = {}
        self.keys: dict[tuple[str, str], str] = {}
        self.generations: dict[str, int] = {}

    def learn(self, dumps: Mapping[str, Dump]) -> None:
        """Name all values of one moment, by facts alone: the order of a dump plays no part."""
        found = {}
        ways = {state.spi: way for dump in dumps.values() for state in dump.states
                if (way := self._way(state))}
        for node in sorted(dumps, key=self._mobile_first):
            uses = Uses(self._uses(dumps[node].policies))
            for state in sorted(dumps[node].states, key=_oldest_first):
                if self._has_name(state):
                    way = self._way(state) or ways.get(state.spi) or f"to-{state.dst}"
                    found.setdefault((node, state), f"{self._role(node, state, uses)}.{way}")
        for (_, state), role in found.items():
            if state.spi:
                self._name(state, role)

    def _has_name(self, state: State) -> bool:
        if self.whole:
            return state.spi not in (None, NO_SPI)
        return state.proto == "esp" and not state.larval

    def spi(self, value: str) -> str:
        """The name of an SPI, or the SPI itself where no state of a checkpoint had it."""
        return self.spis.get(value, value)

    def key(self, kind: str, value: str) -> str:
        return self.keys.get((kind, value), value)

    def _mobile_first(self, node: str) -> tuple[bool, str]:
        return node not in self.roles.mobiles.values(), node

    def _uses(self, policies: Iterable[Policy]) -> list[Use]:
        return [
            self._use(policy, tmpl)
            for policy in policies for tmpl in policy.tmpls
            if tmpl.proto == "esp" or self.whole and tmpl.proto in IPSEC]

    def _use(self, policy: Policy, tmpl: Template) -> Use:
        hosts = frozenset({_host(policy.sel.src), _host(policy.sel.dst)})
        owner = next((self.roles.mobiles[host] for host in sorted(hosts - {None})
                      if host in self.roles.mobiles), None)
        kind = SELECTOR_KINDS.get((tmpl.mode, policy.sel.proto), KINDS.get(tmpl.mode, tmpl.mode))
        ends = frozenset({tmpl.src, tmpl.dst})
        return Use(owner, kind, tmpl.mode, tmpl.reqid, hosts if ends <= set(ANY) else ends)

    def _way(self, state: State) -> str | None:
        """Unknown where the home agent is no end; the other node may know better."""
        return {state.dst: "to-ha", state.src: "to-mn"}.get(self.roles.ha)

    def _role(self, node: str, state: State, uses: Uses) -> str:
        """mh, or carol.mh where the scenario has several mobile nodes."""
        best = uses.of(state)
        mobiles = self.roles.mobiles
        owner = next((mobiles[end] for end in state.endpoints() if end in mobiles),
                     best and best.owner)
        if node in mobiles.values():
            owner = owner or node
        kind = best.kind if best else KINDS.get(state.mode, state.mode)
        return f"{owner or 'stray'}.{kind}" if len(mobiles) > 1 else kind

    def _name(self, state: State, role: str) -> None:
        if state.spi not in self.spis:
            self.spis[state.spi] = f"spi:{self._generation(role)}"
        for alg in state.algorithms:
            if alg.key_bits and (alg.kind, alg.key) not in self.keys:
                name = self._generation(f"{role}.{alg.kind}")
                self.keys[alg.kind, alg.key] = f"key:{name}/{alg.key_bits}"

    def _generation(self, role: str) -> str:
        self.generations[role] = self.generations.get(role, 0) + 1
        return f"{role}#{self.generations[role]}"


def _oldest_first(state: State) -> tuple:
    """Of two new SAs in one role the one that has carried more is the older generation."""
    carried = max(state.seq or 0, state.oseq or 0)
    return (-carried, state.src, state.dst, state.reqid, state.mode, state.spi or "")


def named(dump: Dump, names: Names, whole: bool = False) -> Dump:
    """The facts of a dump under their names, in order; transient entries (larval, per-socket) are
    left out unless the dump is wanted whole."""
    states = [_named_state(s, names) for s in dump.states if whole or not s.larval]
    policies = [_named_policy(p, names) for p in dump.policies if whole or not p.socket]
    return Dump(sorted(states, key=_state_order), sorted(policies, key=_policy_order),
                dump.defaults)


def _named_state(state: State, names: Names) -> State:
    algorithms = tuple(
        changed(alg, key=names.key(alg.kind, alg.key)) for alg in state.algorithms)
    spi = names.spi(state.spi) if state.spi else None
    return changed(state, spi=spi, algorithms=algorithms)


def _named_policy(policy: Policy, names: Names) -> Policy:
    if not any(tmpl.spi for tmpl in policy.tmpls):
        return policy
    return changed(policy, tmpls=tuple(
        changed(tmpl, spi=tmpl.spi and names.spi(tmpl.spi)) for tmpl in policy.tmpls))


def _state_order(state: State) -> tuple:
    """By identity, not by address: a move changes lines, not their order."""
    return (state.proto, state.wildcard, state.spi or "", state.mode, state.src, state.dst,
            state.reqid, state.sel and selector_text(state.sel, True) or "")


def _policy_order(policy: Policy) -> tuple:
    sel = policy.sel
    return (policy.ptype, policy.dir, policy.priority, sel.src, sel.dst, sel.proto or "",
            -1 if sel.type is None else sel.type, policy.action, str(policy.tmpls),
            selector_text(sel, True), policy.socket, policy.if_id or 0)


def canonical(dump: Dump, names: Names, node: str) -> str:
    """The canonical text of one node at one checkpoint; names.learn() has seen the checkpoint."""
    return text(named(dump, names), node)
