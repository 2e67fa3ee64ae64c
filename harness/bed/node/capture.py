"""capture - every link and every node's netlink traffic, from first to last packet, as pcap files.

The guest's agent reads packet sockets in the nodes. A link is heard on rtr's bridge, netlink on a
nlmon device in each node; the testbed's own questions to the kernel are left out.
"""

from __future__ import annotations

from pathlib import Path

from harness.bed.decode.pcap import ETHERNET, NETLINK
from harness.bed.node.agent import Agent
from harness.bed.node.node import Node


class Capture:
    def __init__(self, agent: Agent, folder: Path) -> None:
        self.agent, self.folder = agent, folder
        self.links: dict[str, Path] = {}
        self.netlink: dict[str, Path] = {}
        self._heard: list[tuple[str, str, Path, int]] = []

    def hear_link(self, rtr: Node, link: str) -> None:
        self.links[link] = self.folder / f"{link}.pcap"
        self._hear(rtr.name, link, self.links[link], ETHERNET)

    def hear_netlink(self, node: Node) -> None:
        node.run("ip link add nlmon0 up type nlmon")
        self.netlink[node.name] = self.folder / f"{node.name}.netlink.pcap"
        self._hear(node.name, "nlmon0", self.netlink[node.name], NETLINK)

    def _hear(self, *tap: str | Path | int) -> None:
        self._heard.append(tap)
        self.agent.hear(*tap)

    def begin_anew(self) -> None:
        """What was captured so far is thrown away."""
        for tap in self._heard:
            self.agent.hear(*tap)

    def settle(self) -> None:
        """Return once every packet that was on its way is in its file."""
        self.agent.settle()
