"""umip_dump - what UMIP's policies look like in a dump where ours look otherwise.

Each known difference has a name and a reason. A node that runs UMIP is held against the expected
dump with these applied, and with nothing else let pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from harness.bed.decode.xfrm import Dump, Policy

ANY, MH, ICMP = "::/0", "mobility-header", "ipv6-icmp"
BU, BA = 5, 6
NEIGHBOURS = (135, 136)


@dataclass(frozen=True)
class Difference:
    """`applies` gets a policy of ours; `change` makes it theirs, or gives None: they have none."""

    name: str
    reason: str
    applies: Callable[[Policy], bool]
    change: Callable[[Policy], Policy | None]


def _wildcard(policy: Policy) -> bool:
    return policy.sel.src == policy.sel.dst == ANY


def _admits_signalling(policy: Policy) -> bool:
    return (policy.ptype, policy.dir, policy.sel.proto) == ("sub", "in", MH)


def _typed(policy: Policy) -> Policy:
    kind = BU if _wildcard(policy) else BA
    return replace(policy, sel=replace(policy.sel, type=kind))


DIFFERENCES = (
    Difference(
        "type in inbound policies",
        "UMIP admits binding updates and acknowledgements by their type, which kernels from 6.12 "
        "on do not match in received packets; ours leaves the type out",
        _admits_signalling, _typed),
    Difference(
        "one template in the wildcard",
        "without a type ours shadows the wildcard for routing headers, so it has both templates",
        lambda policy: _admits_signalling(policy) and _wildcard(policy),
        lambda policy: replace(policy, tmpls=policy.tmpls[:1])),
    Difference(
        "block of everything",
        "while no registration stands UMIP blocks everything that leaves, ours what leaves from "
        "the home address",
        lambda policy: policy.action == "block" and policy.sel.dst == ANY,
        lambda policy: replace(policy, sel=replace(policy.sel, src=ANY))),
    Difference(
        "no signalling policies at home",
        "at home nothing is added to mobility headers: ours keeps their policies without a "
        "template, UMIP deletes them",
        lambda policy: (policy.ptype == "sub" and policy.sel.proto == MH and not policy.tmpls
                        and ANY not in (policy.sel.src, policy.sel.dst)),
        lambda policy: None),
)
NEWER = (
    Difference(
        "priority 13 of tunnel policies",
        "UMIP 1.0 puts them behind its policies for neighbour discovery",
        lambda policy: any(tmpl.mode == "tunnel" for tmpl in policy.tmpls),
        lambda policy: replace(policy, priority=13)),
)


def theirs(ours: Dump, newer: bool = False, seen: Iterable[Policy] = ()) -> Dump:
    """An expected dump of ours as it is expected from UMIP, `newer` from 1.0 on.

    1.0 has main policies for neighbour discovery too: of what is `seen` they are let pass.
    """
    differences = (*DIFFERENCES, *NEWER) if newer else DIFFERENCES
    changed = (_theirs(policy, differences) for policy in ours.policies)
    more = [policy for policy in seen if newer and _finds_neighbours(policy)]
    return Dump(ours.states, [policy for policy in changed if policy] + more)


def _finds_neighbours(policy: Policy) -> bool:
    return ((policy.ptype, policy.dir, policy.action) == ("main", "out", "allow")
            and policy.sel.proto == ICMP and policy.sel.type in NEIGHBOURS and not policy.tmpls)


def _theirs(policy: Policy, differences: Iterable[Difference]) -> Policy | None:
    changed: Policy | None = policy
    for difference in differences:
        if changed and difference.applies(changed):
            changed = difference.change(changed)
    return changed
