"""strongswan_dump - what strongSwan's SAs look like in a dump where ours look otherwise.

Each known difference has a name and a reason. A node that runs strongSwan is held against the
expected dump with these applied, and with nothing else let pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.bed.base.topology import T0
from harness.bed.decode.xfrm import Dump, Selector, State


@dataclass(frozen=True)
class Difference:
    """`applies` gets a state and whether it is outbound; `change` makes ours theirs."""

    name: str
    reason: str
    applies: Callable[[State, bool], bool]
    change: Callable[[State], State]


def _between_its_ends(state: State) -> State:
    return replace(state, sel=Selector(f"{state.src}/128", f"{state.dst}/128"))


DIFFERENCES = (
    Difference(
        "outbound replay-window 0",
        "strongSwan 5.9.8 gives an outbound SA no window; ours follows the page: 32 both ways",
        lambda state, outbound: outbound,
        lambda state: replace(state, replay_window=0)),
    Difference(
        "selector on transport SAs",
        "strongSwan 5.9.8 sets the SA's selector from home address to home agent; ours leaves it "
        "open, as the page does",
        lambda state, outbound: state.mode == "transport",
        _between_its_ends),
)


def theirs(dump: Dump, node: str) -> Dump:
    """An expected dump of ours as it is expected from strongSwan on `node`."""
    return Dump([_theirs(state, node) for state in dump.states], dump.policies)


def _theirs(state: State, node: str) -> State:
    if state.proto != "esp":
        return state
    outbound = (state.src == T0.home_agent) == (node == "moon")
    for difference in DIFFERENCES:
        if difference.applies(state, outbound):
            state = difference.change(state)
    return state
