"""stage - the nodes of one scenario, the time that passes on them, and what is broken on purpose.

Nodes, captures and files belong to it; what is seen on links and held against expected files is the
affair of those who come after it (wire.py, judge.py, bed.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.bed.base import places, wait
from harness.bed.base.job import Job
from harness.bed.base.spelling import meant
from harness.bed.base.story import EVENTS, Story
from harness.bed.base.topology import T0, Topology
from harness.bed.base.wait import Fact
from harness.bed.faults.faults import Faults, Pick
from harness.bed.faults.netem import Link
from harness.bed.node import leftovers, topo
from harness.bed.node.agent import Agent
from harness.bed.node.capture import Capture
from harness.bed.node.host import Host
from harness.bed.node.mobile import Mobile
from harness.bed.node.node import Node, Place
from harness.bed.node.series import Series
from harness.bed.node.traffic import INTERVAL, Traffic
from harness.bed.peers import registry
from harness.bed.stage.debugger import Debugger
from harness.bed.stage.shell import Prompt


# A link is there, its router is asked (1 s), answers (0.5 s), no duplicate is found (2 s).
USABLE = 5.0


class Failed(AssertionError):
    """One or more facts are not as they should be; the first line is the first fact."""


@dataclass
class Checkpoint:
    time: float
    canonical: dict[str, str] = field(default_factory=dict)


class Stage:
    def __init__(self, job: Job, results: Path, story: Story, agent: Agent,
                 topology: Topology = T0) -> None:
        self.job = job
        self.topology = topology
        self.cn, self.home_agent = topology.correspondent, topology.home_agent
        topology.write(results)
        self.agent, self.clock = agent, story.clock
        self.results = results
        self.story = story
        story.begin(results / EVENTS, job.clock)
        self.hosts: dict[str, Host] = {}
        self.checkpoints: dict[str, Checkpoint] = {}
        self.variant = "."
        self.before: dict[str, leftovers.Snapshot] = {}
        self.place = Place(agent, job.tools, job.programs, places.build(job.top) / "peers", results,
                           job.wrapper, job.settings)
        self.agent.notes(results)
        self.capture = Capture(agent, results)
        self.debugger = Debugger(story, job.gdb) if job.gdb else None
        self.rtr = self._router()
        self.faults = Faults(self.hosts, self.rtr, story)
        self.desk = Prompt(results, story, job.prompt, job.screen)

    def _router(self) -> Node:
        rtr = Node("rtr", self.place, self.story)
        self._furnish(rtr)
        topo.build_router(rtr, self.topology)
        for link in self.topology.links:
            self.capture.hear_link(rtr, link)
        topo.advertise(rtr)
        return rtr

    def _furnish(self, node: Node) -> None:
        own = self.job.scenario
        swept = ("sweep",) if self.job.fault else ()
        for layer in ("common", *swept, own, f"{own}/{self.variant}"):
            folder = self.job.top / "scenarios" / layer / node.name
            if folder.is_dir():
                node.furnish(folder, places.build(self.job.top) / "certs")

    def nodes(self, *names: str, variant: str = ".") -> tuple[Host, ...]:
        """The named nodes, plugged in and with usable addresses.

        `variant` is a folder of the scenario whose node files override the scenario's own.
        """
        self.variant = variant
        with wait.stopwatch(self.clock) as took:
            for name in names:
                self.hosts.get(name) or self._host(name)
            fresh = [host for host in self.hosts.values() if host.name not in self.before]
            with wait.stopwatch(self.clock) as waited:
                for host in fresh:
                    self._usable(host)
            for host in fresh:
                self.before[host.name] = leftovers.snapshot(host)
            usable = waited()
            for name in sorted(self.hosts, key=lambda one: not self.hosts[one].member.hoa):
                self.hosts[name] = self.hosts.pop(name)
        self.story.note(f"nodes rtr, {', '.join(self.hosts)} stand after {took():.2f} s",
                        took=usable)
        self.faults.arm(self.job.fault)
        return tuple(self.hosts[name] for name in names)

    def _host(self, name: str) -> Host:
        members = self.topology.members
        member = members.get(name)
        if not member:
            raise Failed(f"there is no node {name}: there are {', '.join(members)}"
                         f"{meant(name, members)}")
        if member.hoa:
            agent = self.hosts.get(member.agent) or self._host(member.agent)
            host: Host = Mobile(name, member, self.place, self.story, self.rtr, agent)
        else:
            host = Host(name, member, self.place, self.story)
        self.give(host, self.job.ikes.get(name, registry.OURS),
                  self.job.mip6s.get(name, registry.OURS))
        if self.debugger:
            host.started = self.debugger.started
        self.hosts[name] = host
        self._furnish(host)
        self.capture.hear_netlink(host)
        topo.attach(self.rtr, host, member)
        if host.read("/etc/radvd.conf"):
            topo.advertise(host)
        return host

    def give(self, host: Host, ike: str | None = None, mip6: str | None = None) -> None:
        """Whose daemons the host runs from now on: an IKE daemon by name, a mip6d by program."""
        if ike:
            host.ike = registry.ike(ike)(host)
        if mip6:
            host.mip6 = registry.mip6(mip6)(host)

    def prompt(self, why: str) -> None:
        """Hold the story with a prompt in a node."""
        self.desk.offer({**self.hosts, "rtr": self.rtr}, why)

    def _usable(self, host: Host) -> None:
        wanted = [a for a in host.member.addresses if ":" in a]
        for address in [*wanted, *filter(None, [host.member.coa])]:
            wait.until(host.address_usable(address), USABLE * self.job.patience, self.clock)

    def start(self, *hosts: Host) -> None:
        """Both daemons of each host, iked first, as on the page."""
        for host in hosts:
            host.start_ike()
            self.wait(host.ike_running, within=5)
            host.start_mip6()

    def wait(self, fact: Fact, within: float) -> float:
        """Wait for a fact; gives the moment (of the guest's clock) from which it holds."""
        limit = within * self.job.patience + max(
            (host.mip6.grace for host in self.hosts.values()), default=0.0)
        self.story.waits(fact.says, limit)
        try:
            took = wait.until(fact, limit, self.clock)
        except wait.NotInTime as error:
            gone = [f"{daemon} of {host.name} no longer runs" for host in self.hosts.values()
                    for daemon in host.gone()]
            raise wait.NotInTime("; ".join([str(error), *gone])) from None
        self.story.waited(fact.says, took)
        return self.clock.time()

    def series(self, name: str) -> Series:
        """Waits of one kind whose times are told as statistics."""
        return Series(name, self.story, self.job.patience)

    def hold(self, seconds: float, why: str) -> None:
        """Time passes because the story wants it to, not to be sure of anything."""
        self.story.note(f"{seconds:g} s pass: {why}", took=seconds)
        self.clock.let_pass(seconds)

    def traffic(self, src: str, dst: str, node: Node | None = None,
                every: float = INTERVAL) -> Traffic:
        """Numbered pings from `node`, or from the node that owns the home address `src`."""
        node = node or next(h for h in self.hosts.values() if h.member.hoa == src)
        return Traffic(node, src, dst, self.story, every)

    def link(self, name: str) -> Link:
        """A link, to be made lossy or slow: with bed.link("f1").faults(loss=30): …"""
        return self.faults.link(name)

    def message(self, kind: str, by: str, k: int = 1) -> Pick:
        """The k-th message of a kind from now on, to be dropped, doubled, held, …"""
        return self.faults.message(kind, by, k)
