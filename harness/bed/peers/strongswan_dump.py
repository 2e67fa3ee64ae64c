"""strongswan_dump - what strongSwan's SAs look like in a dump where ours look otherwise.

Each known difference has a name, a reason and the version since when it is there. A node that runs
strongSwan is held against the expected dump with these applied, and with nothing else let pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.bed.base.topology import T0
from harness.bed.decode.xfrm import Dump, Selector, State


@dataclass(frozen=True)
class Difference:
    """`applies` gets a state and whether it is outbound; `change` makes ours theirs.

    `since` is strongSwan's version. What only some kernels tell is there on all of a node's SAs or
    on none: `told` finds it in a state that the node has.
    """

    name: str
    reason: str
    applies: Callable[[State, bool], bool]
    change: Callable[[State], State]
    since: tuple[int, ...] = ()
    told: Callable[[State], bool] | None = None


def _between_its_ends(state: State) -> State:
    return replace(state, sel=Selector(f"{state.src}/128", f"{state.dst}/128"))


def _directed(state: State) -> bool:
    return bool(state.dir)


DIRECTION = ("strongSwan from 6.0 on gives an SA its direction, which Linux from 6.10 on keeps; "
             "ours gives none, as the page does")
DIFFERENCES = (
    Difference(
        "outbound replay-window 0",
        "strongSwan gives an outbound SA no window; ours follows the page: 32 both ways",
        lambda state, outbound: outbound,
        lambda state: replace(state, replay_window=0)),
    Difference(
        "selector on transport SAs",
        "strongSwan sets the SA's selector from home address to home agent; ours leaves it "
        "open, as the page does",
        lambda state, outbound: state.mode == "transport",
        _between_its_ends),
    Difference(
        "direction out", DIRECTION,
        lambda state, outbound: outbound, lambda state: replace(state, dir="out"),
        since=(6,), told=_directed),
    Difference(
        "direction in", DIRECTION,
        lambda state, outbound: not outbound, lambda state: replace(state, dir="in"),
        since=(6,), told=_directed),
)


def known(version: tuple[int, ...]) -> list[Difference]:
    """What differs with this version of strongSwan."""
    return [one for one in DIFFERENCES if version >= one.since]


def theirs(ours: Dump, seen: Dump, node: str, version: tuple[int, ...]) -> Dump:
    """An expected dump of ours as it is expected from strongSwan on `node`, which had `seen`."""
    esp = [state for state in seen.states if state.proto == "esp"]
    there = [one for one in known(version)
             if one.told is None or any(one.told(state) for state in esp)]
    return Dump([_theirs(state, node, there) for state in ours.states], ours.policies)


def _theirs(state: State, node: str, there: list[Difference]) -> State:
    if state.proto != "esp":
        return state
    outbound = (state.src == T0.home_agent) == (node == "moon")
    for difference in there:
        if difference.applies(state, outbound):
            state = difference.change(state)
    return state
