"""invariants - what must hold at every checkpoint, without an expected file.

Each violated rule is a sentence. A scenario in which nothing may come up (for one home address or
at all) says so with `down`; then the opposite is checked: no SA stands for it. A node whose binding
is refused is `mute`: it has SAs for signalling, none for payload.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from harness.bed.check.canon import Names
from harness.bed.check.golden import policy_name
from harness.bed.decode.xfrm import Dump, Policy, State, Template, selector_text

UNSPECIFIED = "::"
EVERYTHING = ("everything",)


@dataclass(frozen=True)
class NodeFacts:
    """What one node says of itself: its dump and the addresses it has now."""

    dump: Dump
    addresses: frozenset[str]


@dataclass(frozen=True)
class Bed:
    """All nodes at one moment, and how to name an SA."""

    nodes: Mapping[str, NodeFacts]
    down: Collection[str]
    names: Names | None
    mute: Collection[str] = ()

    def policies(self, node: str) -> list[Policy]:
        return [p for p in self.nodes[node].dump.policies if not p.socket]

    def esp(self, node: str) -> list[State]:
        return [s for s in self.nodes[node].dump.states if s.proto == "esp" and not s.larval]

    def sa(self, state: State) -> str:
        if state.spi is None:
            return f"state {state.proto} {state.src} to {state.dst}"
        return f"state esp {self.names.spi(state.spi) if self.names else state.spi}"

    def is_down(self, policy: Policy) -> bool:
        hosts = {policy.sel.src.partition("/")[0], policy.sel.dst.partition("/")[0]}
        return self.down is EVERYTHING or bool(hosts & set(self.down))

    def addresses(self) -> set[str]:
        return {a for facts in self.nodes.values() for a in facts.addresses}


def _covers(prefix: str, address: str) -> bool:
    return ip_address(address) in ip_network(prefix, strict=False)


def _ends_fit(tmpl: Template, policy: Policy, state: State) -> bool:
    """A template without addresses takes those of the packet, that is of the selector."""
    pairs = ((tmpl.src, policy.sel.src, state.src), (tmpl.dst, policy.sel.dst, state.dst))
    return all(
        end == have if end != UNSPECIFIED else _covers(prefix, have)
        for end, prefix, have in pairs)


def _candidates(bed: Bed, node: str, policy: Policy, tmpl: Template) -> list[State]:
    """Live states that a template may use if the reqid is left aside."""
    return [
        s for s in bed.nodes[node].dump.states
        if s.proto == tmpl.proto and s.mode == tmpl.mode and not s.larval
        and (s.wildcard and tmpl.level == "use" or _ends_fit(tmpl, policy, s))
    ]


def _waits_for_peer(bed: Bed, node: str, policy: Policy) -> bool:
    """A home agent's policy for a mobile node that has not come yet: no state touches its host."""
    facts = bed.nodes[node]
    hosts = {prefix.partition("/")[0] for prefix in (policy.sel.src, policy.sel.dst)
             if prefix.endswith("/128")}
    peers = hosts - facts.addresses
    touched = {end for state in facts.dump.states for end in state.endpoints()}
    return bool(peers) and not peers & touched


def templates_resolve(bed: Bed, node: str) -> Iterator[str]:
    """Every template has its state, an optional one may use a wildcard."""
    for policy in bed.policies(node):
        excused = bed.is_down(policy) or _waits_for_peer(bed, node, policy)
        for tmpl in policy.tmpls:
            silent = node in bed.mute and tmpl.mode == "tunnel"
            if (excused or silent) and tmpl.level == "required":
                continue
            found = _candidates(bed, node, policy, tmpl)
            wanted = f"template {tmpl.proto} {tmpl.mode} {tmpl.src} to {tmpl.dst}"
            if not found:
                yield f"{node} {policy_name(policy)}: no state for {wanted} reqid {tmpl.reqid}"


PEER_FACTS: tuple[tuple[str, Callable[[State], object]], ...] = (
    ("source", lambda s: s.src),
    ("destination", lambda s: s.dst),
    ("mode", lambda s: s.mode),
    ("algorithms and keys", lambda s: s.algorithms),
)


def both_ends_agree(bed: Bed, node: str) -> Iterator[str]:
    """An SA of one node is the same SA on the other: carol's outbound is moon's inbound."""
    others = {name: {s.spi: s for s in bed.esp(name)} for name in bed.nodes if name != node}
    for state in bed.esp(node):
        peers = [(name, table[state.spi]) for name, table in others.items() if state.spi in table]
        if not peers:
            yield f"{node} {bed.sa(state)}: no other node has this SA"
        for name, peer in peers:
            yield from (
                f"{node} {bed.sa(state)}: {fact} {_plain(get(state))}, "
                f"{_plain(get(peer))} on {name}"
                for fact, get in PEER_FACTS if get(state) != get(peer))


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(f"{alg.name} {alg.key}" for alg in value)
    return str(value)


def addresses_exist(bed: Bed, node: str) -> Iterator[str]:
    """No SA, template or care-of address on an address that its node no longer has."""
    own = bed.nodes[node].addresses
    for state in bed.nodes[node].dump.states:
        ends = [state.src, state.dst]
        yield from _lost(bed, node, f"{node} {bed.sa(state)}", ends, own)
        if state.coa:
            yield from _nowhere(bed, f"{node} {bed.sa(state)}", "care-of address", [state.coa])
    for policy in bed.policies(node):
        for tmpl in policy.tmpls:
            what = f"{node} {policy_name(policy)}: template {tmpl.proto}"
            yield from _lost(bed, node, what, [tmpl.src, tmpl.dst], own)


def _lost(bed: Bed, node: str, what: str, ends: list[str], own: Collection[str]) -> Iterator[str]:
    """One end is the node's own address, the other that of a node of the bed."""
    if UNSPECIFIED in ends:
        return
    if not set(ends) & set(own):
        yield f"{what}: {ends[0]} to {ends[1]}, and {node} has neither address"
    else:
        yield from _nowhere(bed, what, "end", ends)


def _nowhere(bed: Bed, what: str, role: str, addresses: list[str]) -> Iterator[str]:
    known = bed.addresses() | {UNSPECIFIED}
    yield from (f"{what}: {role} {a}, an address that no node has"
                for a in addresses if a not in known)


def reqids_agree(bed: Bed, node: str) -> Iterator[str]:
    """The reqid of the policy is the reqid of the SA, or the kernel never chooses it."""
    for state in bed.esp(node):
        fitting = {
            tmpl.reqid: policy
            for policy in bed.policies(node) for tmpl in policy.tmpls
            if (tmpl.proto, tmpl.mode) == (state.proto, state.mode)
            and _ends_fit(tmpl, policy, state)
        }
        if fitting and not fitting.keys() & {state.reqid, 0}:
            reqid, policy = next(iter(fitting.items()))
            yield (f"{node} {bed.sa(state)}: reqid {state.reqid}, "
                   f"but {reqid} in {policy_name(policy)}")


def none_is_larval(bed: Bed, node: str) -> Iterator[str]:
    """Where nothing may come up, vain ACQUIREs leave larval states."""
    if bed.down is EVERYTHING:
        return
    for state in bed.nodes[node].dump.states:
        if state.larval:
            sel = f" for {selector_text(state.sel)}" if state.sel else ""
            yield (f"{node}: larval state {state.proto} {state.src} to {state.dst} "
                   f"reqid {state.reqid}{sel}")


def spis_are_unique(bed: Bed, node: str) -> Iterator[str]:
    """Kernels from 6.12 on look an SPI up without its destination."""
    seen: dict[str, State] = {}
    for state in bed.esp(node):
        if state.spi in seen:
            yield f"{node} {bed.sa(state)}: SPI {state.spi} has two states"
        seen[state.spi] = state


def nothing_is_up(bed: Bed, node: str) -> Iterator[str]:
    """What is declared down has no SA."""
    down_reqids = {t.reqid for p in bed.policies(node) if bed.is_down(p) for t in p.tmpls}
    for state in bed.esp(node):
        touched = set(state.endpoints()) & set(bed.down) or state.reqid in down_reqids - {0}
        if bed.down is EVERYTHING or touched:
            yield f"{node} {bed.sa(state)}: stands although nothing may come up"


def the_mute_have_no_tunnel(bed: Bed, node: str) -> Iterator[str]:
    """Whose binding is refused has no SA for payload."""
    if node in bed.mute:
        yield from (f"{node} {bed.sa(state)}: stands although {node}'s binding is refused"
                    for state in bed.esp(node) if state.mode == "tunnel")


RULES: tuple[Callable[[Bed, str], Iterator[str]], ...] = (
    templates_resolve,
    both_ends_agree,
    addresses_exist,
    reqids_agree,
    none_is_larval,
    spis_are_unique,
    nothing_is_up,
    the_mute_have_no_tunnel,
)


def check(nodes: Mapping[str, NodeFacts],
          down: Collection[str] = (), names: Names | None = None,
          mute: Collection[str] = ()) -> list[str]:
    """Sentences, one for each violation. `down`: home addresses, or EVERYTHING; `mute`: nodes."""
    bed = Bed(nodes, down, names, mute)
    return [sentence for rule in RULES for node in nodes for sentence in rule(bed, node)]


def left_over(nodes: Mapping[str, Dump]) -> list[str]:
    """At the end of a scenario: every state and policy that should be gone."""
    sentences = []
    for node, dump in nodes.items():
        sentences += [f"{node}: state {s.proto} {s.src} to {s.dst} left" for s in dump.states]
        sentences += [f"{node}: {policy_name(p)} left" for p in dump.policies]
    return sentences
