"""always - the checks that look at every scenario, whatever it is about, from its folder alone.

Shapes:  a folder of results in, findings out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from harness.bed.base.story import EVENTS, rows
from harness.bed.check import acquires, lifetimes, numbers
from harness.bed.check.acquires import Acquires, Step
from harness.bed.check.finding import Finding
from harness.bed.check.lifetimes import Lifetimes
from harness.bed.check.numbers import Numbers
from harness.bed.decode import kevents

CHECKS = (numbers.CHECK, lifetimes.CHECK, acquires.CHECK)
NETLINK = ".netlink.pcap"
# The fact of a note that a scenario declares an ACQUIRE with: the reqid.
DECLARED = "acquire"


def steps(folder: Path) -> list[Step]:
    """What was typed in nodes, and which ACQUIREs were declared to come."""
    return [Step(row["time"], row["node"], row["text"], row.get(DECLARED))
            for row in rows(folder / EVENTS) if row["kind"] == "command" or DECLARED in row]


class Always:
    """All three over a story, that may be looked at in parts: its captures begin anew then."""

    def __init__(self, hubs: frozenset[str]) -> None:
        self.hubs = hubs
        self.numbers = Numbers()
        self.lifetimes: dict[str, Lifetimes] = {}
        self.acquires: dict[str, Acquires] = {}

    def look(self, folder: Path, nodes: Mapping[bytes, str],
             vain: Collection[str] = ()) -> list[Finding]:
        """`nodes` by their link addresses; on the `vain` ones nothing may come up."""
        netlinks = {path.name.removesuffix(NETLINK): path
                    for path in sorted(folder.glob(f"*{NETLINK}"))}
        found = list(self.numbers.look(sorted({*folder.glob("*.pcap")} - {*netlinks.values()}),
                                       nodes))
        for node, path in netlinks.items():
            ages = self.lifetimes.setdefault(node, Lifetimes(node))
            asks = self.acquires.setdefault(node, Acquires(node, self.hubs))
            asks.vain = node in vain
            found += [*ages.look(path), *asks.look(kevents.read(node, path), steps(folder))]
        return found
