"""always - the checks that look at every scenario, whatever it is about, from its folder alone.

Shapes:  a folder of results in, findings out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from harness.bed.base.story import EVENTS, rows
from harness.bed.check import acquires, lifetimes, numbers
from harness.bed.check.acquires import Step
from harness.bed.check.finding import Finding
from harness.bed.decode import kevents

CHECKS = (numbers.CHECK, lifetimes.CHECK, acquires.CHECK)
NETLINK = ".netlink.pcap"
# The fact of a note that a scenario declares an ACQUIRE with: the reqid.
DECLARED = "acquire"


def steps(folder: Path) -> list[Step]:
    """What was typed in nodes, and which ACQUIREs were declared to come."""
    return [Step(row["time"], row["node"], row["text"], row.get(DECLARED))
            for row in rows(folder / EVENTS) if row["kind"] == "command" or DECLARED in row]


def found(folder: Path, nodes: Mapping[bytes, str], hub: str,
          vain: Collection[str] = ()) -> list[Finding]:
    """`nodes` by their link addresses, the home agent, and where nothing may come up."""
    netlinks = {path.name.removesuffix(NETLINK): path
                for path in sorted(folder.glob(f"*{NETLINK}"))}
    links = sorted({*folder.glob("*.pcap")} - {*netlinks.values()})
    kernels = {node: kevents.read(node, path) for node, path in netlinks.items()}
    return [
        *numbers.reused(links, nodes),
        *(one for node, path in netlinks.items() for one in lifetimes.grown(node, path)),
        *acquires.unexplained(kernels, steps(folder), hub, vain)]
