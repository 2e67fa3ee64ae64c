"""bed - what a scenario holds in its hand: nodes, waits, checkpoints, traffic, and the end.

A bed owns every node, capture and file of one scenario. At a checkpoint everything that differs is
collected before it fails; at the end nothing may be left and nothing may have left in the clear.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.bed.base import wait
from harness.bed.base.job import Job
from harness.bed.base.spelling import meant
from harness.bed.base.story import EVENTS, Story
from harness.bed.base.topology import T0, Topology
from harness.bed.base.wait import Fact
from harness.bed.check import expected as expected_files
from harness.bed.check import (
    always, canon, columns, delta, finding, golden, invariants, timeline,
)
from harness.bed.decode import cleartext, esp_wire, ike_wire, kernel_log, nlmon
from harness.bed.decode.xfrm import Dump, DumpError, parse_dump
from harness.bed.faults.faults import Faults, Pick
from harness.bed.faults.netem import Link
from harness.bed.node import leftovers, topo
from harness.bed.node.agent import Agent
from harness.bed.node.capture import Capture
from harness.bed.node.host import Host
from harness.bed.node.mobile import Mobile
from harness.bed.node.node import Node, Place
from harness.bed.node.series import Series
from harness.bed.node.traffic import Traffic
from harness.bed.peers import registry
from harness.bed.stage.debugger import Debugger
from harness.bed.stage.shell import Prompt

SETTLE = 3.0
STATE_OF_IP = ("address show", "rule show", "route show table all", "neigh show",
               "neigh show proxy", "tunnel show")


class Failed(AssertionError):
    """One or more facts are not as they should be; the first line is the first fact."""


@dataclass
class Checkpoint:
    time: float
    canonical: dict[str, str] = field(default_factory=dict)


class Bed:
    def __init__(self, job: Job, results: Path, story: Story, agent: Agent,
                 test: str = "", topology: Topology = T0) -> None:
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
        self.down: Collection[str] = ()
        self.vain: set[str] = set()
        self.mute: set[str] = set()
        self.warnings: list[str] = []
        self.known = finding.of_scenario(
            finding.known(job.top / "scenarios" / finding.TABLE, always.CHECKS),
            f"{job.scenario}::{test}")
        self.variant = "."
        self.allowed: list[cleartext.Allow] = []
        self.agent.kernel_log()
        self.before: dict[str, leftovers.Snapshot] = {}
        self.place = Place(agent, job.tools, job.programs, job.top / "build/peers", results,
                           job.wrapper, job.settings)
        self.agent.notes(results)
        self.capture = Capture(agent, results)
        self.names = canon.Names(canon.Roles(self.home_agent, topology.mobiles))
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
                node.furnish(folder, self.job.top / "build/certs")

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
            host.ike = registry.IKES[ike](host)
        if mip6:
            host.mip6 = registry.mip6(mip6)(host)

    def prompt(self, why: str) -> None:
        """Hold the story with a prompt in a node."""
        self.desk.offer({**self.hosts, "rtr": self.rtr}, why)

    def _usable(self, host: Host) -> None:
        wanted = [a for a in host.member.addresses if ":" in a]
        for address in [*wanted, *filter(None, [host.member.coa])]:
            wait.until(host.address_usable(address), 15, self.clock)

    def start(self, *hosts: Host) -> None:
        """Both daemons of each host, iked first, as on the page."""
        for host in hosts:
            host.start_ike()
            self.wait(host.ike_running, within=5)
            host.start_mip6()

    def wait(self, fact: Fact, within: float) -> float:
        """Wait for a fact; gives the moment (of the guest's clock) from which it holds."""
        self.story.waits(fact.says, within * self.job.patience)
        try:
            took = wait.until(fact, within * self.job.patience, self.clock)
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

    def traffic(self, src: str, dst: str, node: Node | None = None) -> Traffic:
        """Numbered pings from `node`, or from the node that owns the home address `src`."""
        node = node or next(h for h in self.hosts.values() if h.member.hoa == src)
        return Traffic(node, src, dst, self.story)

    def link(self, name: str) -> Link:
        """A link, to be made lossy or slow: with bed.link("f1").faults(loss=30): …"""
        return self.faults.link(name)

    def message(self, kind: str, by: str, k: int = 1) -> Pick:
        """The k-th message of a kind from now on, to be dropped, doubled, held, …"""
        return self.faults.message(kind, by, k)

    def checkpoint(self, name: str) -> None:
        """Hold every node's states and policies against expected/; say what moved."""
        point = Checkpoint(self.clock.time())
        dumps = {host.name: self._dump(host, name) for host in self._settled()}
        self.names.learn(dumps)
        sentences = self._violations(dumps)
        self.story.event(
            "checkpoint", name, nodes=list(dumps), down=list(self.down), mute=sorted(self.mute),
            violations=sentences,
            addresses={node: sorted(self.hosts[node].own()) for node in dumps})
        for node, dump in dumps.items():
            text = canon.canonical(dump, self.names, node)
            point.canonical[node] = text
            (self.results / f"{node}.{name}.xfrm").write_text(text)
            sentences = sentences + self._against_expected(node, name, text)
        self.story.line(f"checkpoint {name}: " + ", ".join(
            f"{node} {len(d.states)} states {len(d.policies)} policies"
            for node, d in dumps.items()))
        self._tell_moved(name, point)
        self.checkpoints[name] = point
        if self.job.pause == name:
            self.prompt("\n".join([f"at checkpoint {name}", *sentences]))
        if sentences:
            raise Failed("\n".join(sentences))

    def _settled(self) -> list[Host]:
        """All hosts, once two looks at each kernel in a row have seen the same."""
        hosts = list(self.hosts.values())
        seen: list[list[Dump]] = []

        def moving() -> str | None:
            seen.append([host.xfrm() for host in hosts])
            still = len(seen) > 1 and seen[-1] == seen[-2]
            return None if still else "states and policies still change"
        wait.until(Fact("states and policies stand still", moving), SETTLE * self.job.patience,
                   self.clock)
        return hosts

    def _dump(self, host: Host, name: str) -> Dump:
        text = host.run("ip xfrm state") + host.run("ip xfrm policy")
        (self.results / f"{host.name}.{name}.raw.txt").write_text(text)
        state = host.run("ip -6 -force -batch -", text="\n".join(STATE_OF_IP) + "\n")
        (self.results / f"{host.name}.{name}.ip.txt").write_text(state)
        try:
            dump = parse_dump(text)
        except DumpError as error:
            raise Failed(f"{host.name}.{name}.raw.txt cannot be read: {error}") from None
        return Dump(dump.states, [p for p in dump.policies if not p.socket])

    def _violations(self, dumps: dict[str, Dump]) -> list[str]:
        facts = {
            node: invariants.NodeFacts(dump, self.hosts[node].own())
            for node, dump in dumps.items()}
        return invariants.check(facts, self.down, self.names, self.mute)

    def _against_expected(self, node: str, name: str, text: str) -> list[str]:
        file = f"{node}.{name}.xfrm"
        if self.job.bless:
            return []
        expected = self.job.top / "expected" / self.job.scenario / file
        try:
            return self._differences(expected, node, name, text)
        except (DumpError, UnicodeDecodeError) as error:
            return [f"expected/{self.job.scenario}/{file} cannot be read: {error}"]

    def _differences(self, expected: Path, node: str, name: str, text: str) -> list[str]:
        file = expected.name
        if not expected.exists():
            return [f"expected/{self.job.scenario}/{file} is missing: look at {file} in the "
                    f"results, then ./run-tests.sh --bless {self.job.scenario}"]
        host = self.hosts[node]
        ours = parse_dump(expected_files.text(expected))
        wanted = canon.text(host.mip6.expected(host.ike.expected(ours)), node)
        (self.results / f"{file}.expected").write_text(wanted)
        differences = golden.compare(wanted, text)
        if differences:
            (self.results / f"{file}.diff").write_text(columns.side_by_side(wanted, text))
        return [f"{name}: {difference}" for difference in differences]

    def _tell_moved(self, name: str, point: Checkpoint) -> None:
        if not self.checkpoints:
            return
        last = next(reversed(self.checkpoints))
        for node, after in point.canonical.items():
            before = self.checkpoints[last].canonical.get(node)
            if before is not None:
                text = delta.text(node, (last, name), before, after)
                (self.results / f"{node}.{name}.delta").write_text(text)
                self.story.details(f"{node}: {line.lstrip('# ')}" for line in text.splitlines()[1:])

    @property
    def timeline(self) -> timeline.Timeline:
        """All that happened so far, on one clock, to be asked what came when."""
        self.capture.settle()
        return timeline.build(self.results)

    def ike_messages(self, since: str | float) -> list[ike_wire.Ike]:
        """Every IKE message on any link after a checkpoint or a moment of the guest's clock."""
        self.capture.settle()
        start = self.checkpoints[since].time if isinstance(since, str) else since
        found = [m for path in self.capture.links.values() for m in ike_wire.messages(path)
                 if m.time > start]
        return sorted(found, key=lambda message: message.time)

    def expect_no_ike_messages(self, since: str) -> None:
        repeated = self._repeated(since)
        found = [m for m in self.ike_messages(since) if m.identity not in repeated]
        if found:
            raise Failed(f"{len(found)} IKE messages since {since}, the first is {found[0]}")
        self.story.note(f"no IKE message since {since}")

    def expect_esp_continues(self, link: str, moved: int) -> None:
        """On the link no ESP number is left out or repeated, and `moved` SAs changed their ends.

        A declared fault does leave one out, or repeats it.
        """
        self.capture.settle()
        path = self.capture.links[link]
        sentences = [] if self.faults.declared else list(esp_wire.breaks(path))
        spis = esp_wire.moved(path)
        if len(spis) != moved:
            sentences.append(f"{len(spis)} SAs went on between new addresses, not {moved}")
        if sentences:
            raise Failed("\n".join(sentences))
        self.story.note(f"{moved} SAs went on between new addresses, their numbers continued")

    def _repeated(self, since: str) -> set[tuple]:
        """What a declared fault may have sent once more: the messages before a checkpoint."""
        if not self.faults.declared:
            return set()
        return {m.identity for m in self.ike_messages(0.0)
                if m.time <= self.checkpoints[since].time}

    def expect_ike_exchanges(self, wanted: list[str]) -> None:
        """The requests of the whole run, repetitions left out, are these."""
        seen = {(m.spi_i, m.id, m.exchange): m for m in self.ike_messages(0.0) if not m.response}
        found = [m.exchange for m in seen.values()]
        if found != wanted:
            raise Failed(f"the IKE exchanges are {', '.join(found)}, not {', '.join(wanted)}")
        self.story.note(f"the IKE exchanges were {', '.join(found)}")

    def expect_unchanged(self, since: str) -> None:
        """Every node of the checkpoint `since` has the same states and policies as then."""
        for node, before in self.checkpoints[since].canonical.items():
            dump = self._dump(self.hosts[node], f"after-{since}")
            self.names.learn({node: dump})
            differences = golden.compare(before, canon.canonical(dump, self.names, node))
            if differences:
                raise Failed("\n".join(f"since {since}: {one}" for one in differences))
        self.story.note(f"nothing has changed since {since}")

    @contextmanager
    def expect_refused(self, host: Host) -> Iterator[None]:
        """What is sent meanwhile is dropped by the host's inbound IPsec checks, and counted."""
        before = host.refused()
        yield
        self.wait(Fact(f"{host.name} has dropped and counted it", lambda: (
            None if host.refused() > before else "no counter has moved")), within=2)

    def nothing_may_come_up(self, *hosts: Host) -> None:
        """From here on there is no SA at all, or none of these hosts ever has one.

        Their vain ACQUIREs may leave larval states behind.
        """
        if not hosts:
            self.down = invariants.EVERYTHING
        self.vain |= {host.name for host in hosts or self.hosts.values()}

    def may_only_signal(self, *hosts: Host) -> None:
        """From here on these hosts' bindings are refused: they have no SA for payload."""
        self.mute = {host.name for host in hosts}

    def kernel_may_warn(self, word: str, why: str) -> None:
        """A kernel warning with `word` is what the scenario provokes."""
        self.story.note(f"the kernel may warn of {word}: {why}")
        self.warnings.append(word)

    def may_acquire(self, host: Host, reqid: int, why: str) -> None:
        """From here on the host's kernel may ask once more for an SA with `reqid`."""
        self.story.note(f"{host.name}'s kernel may ask for an SA with reqid {reqid}: {why}",
                        node=host.name, **{always.DECLARED: reqid})

    def allow_cleartext(self, reason: str, **conditions: object) -> None:
        self.allowed.append(cleartext.Allow(reason, **conditions))

    def finish(self, within: float = 5) -> None:
        """Stop all daemons; nothing may be left, nothing may have gone in the clear."""
        if self.debugger:
            self.debugger.end()
        for host in self.hosts.values():
            self._stop_daemons(host)
        for host in self.hosts.values():
            self.wait(self._nothing_left(host), within)
        self.capture.settle()
        sentences = [*self.faults.missing(), *self._in_the_clear(), *self._sanitizers(),
                     *kernel_log.complaints(self.agent.kernel_log(), self.warnings),
                     *self._always()]
        if sentences:
            raise Failed("\n".join(sentences))
        self.story.note("nothing is left, nothing left in the clear")

    def _nothing_left(self, host: Host) -> Fact:
        hoas = frozenset(h.member.hoa for h in self.hosts.values() if h.member.hoa)
        vain = host.name in self.vain
        return Fact(f"nothing is left on {host.name}", lambda: next(
            iter(leftovers.left(host, self.before[host.name], hoas, vain)), None))

    def _stop_daemons(self, host: Host) -> None:
        for daemon, stop in ((host.mip6.NAME, host.stop_mip6), (host.ike.NAME, host.stop_ike)):
            if host.pids_of(daemon):
                stop()
                self.wait(host.stopped(daemon), within=10)

    def _in_the_clear(self) -> list[str]:
        mobiles = [host for host in self.hosts.values() if host.member.hoa]
        return [f"{link}: {sentence}"
                for link in self.topology.foreign for host in mobiles
                for sentence in cleartext.check_pcap(
                    self.capture.links[link], host.member.hoa,
                    [*self.allowed, *host.mip6.allowed()], host.member.mac)]

    def _always(self) -> list[str]:
        """What the checks of every scenario found, beside what is known of it."""
        nodes = {bytes.fromhex(host.member.mac.replace(":", "")): name
                 for name, host in self.hosts.items()}
        found = always.found(self.results, nodes, "moon", self.vain)
        ours = {name for name, host in self.hosts.items()
                if isinstance(host.ike, registry.IKES[registry.OURS])}
        whole = ours == {*self.hosts} and not self.job.fault
        judged = finding.judged(found, self.known, ours, whole)
        for line in judged.notes:
            self.story.note(line)
        return judged.sentences

    def _sanitizers(self) -> list[str]:
        """What UBSan or valgrind said about a daemon."""
        found = []
        for log in sorted(self.results.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()
            if log.name.startswith("valgrind."):
                # Errors stand behind ==PID==; --PID-- is valgrind talking of itself.
                found += [f"{log.name}: {line}" for line in lines if line.startswith("==")][:1]
            found += [f"{log.name}: {line}" for line in lines if "runtime error:" in line]
        return found

    def close(self) -> None:
        """Write what is left to write, and take every node down."""
        self.faults.close()
        for host in self.hosts.values():
            self._dump(host, "end")
            host.ike.leave_keys(lambda: self.ike_messages(0.0))
        self.capture.settle()
        self.agent.notes(None)
        for node, path in self.capture.netlink.items():
            text = "".join(f"{line}\n" for line in nlmon.decode(path))
            (self.results / f"{node}.netlink.txt").write_text(text)
        for node in (*self.hosts.values(), self.rtr):
            node.close()
