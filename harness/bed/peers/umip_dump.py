"""umip_dump - what UMIP's policies look like in a dump where ours look otherwise.

Each known difference has a name and a reason. A node that runs UMIP is held against the expected
dump with these applied, and with nothing else let pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.bed.decode.xfrm import Dump, Policy

ANY, MH = "::/0", "mobility-header"
BU, BA = 5, 6


@dataclass(frozen=True)
class Difference:
    """`applies` gets a policy of ours; `change` makes it theirs."""

    name: str
    reason: str
    applies: Callable[[Policy], bool]
    change: Callable[[Policy], Policy]


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
)


def theirs(dump: Dump) -> Dump:
    """An expected dump of ours as it is expected from UMIP."""
    return Dump(dump.states, [_theirs(policy) for policy in dump.policies])


def _theirs(policy: Policy) -> Policy:
    for difference in DIFFERENCES:
        if difference.applies(policy):
            policy = difference.change(policy)
    return policy
