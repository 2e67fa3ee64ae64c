"""bed - what a scenario holds in its hand: nodes, waits, checkpoints, traffic, and the end.

A stage with its wire and its judge; here is the end: nothing may be left, and nothing may have left
in the clear.
"""

from __future__ import annotations

from pathlib import Path

from harness.bed.base.job import Job
from harness.bed.base.story import Story
from harness.bed.base.topology import T0, Topology
from harness.bed.base.wait import Fact
from harness.bed.check import always, finding
from harness.bed.decode import cleartext, kernel_log, nlmon
from harness.bed.node import leftovers
from harness.bed.node.agent import Agent
from harness.bed.node.host import Host
from harness.bed.peers import registry
from harness.bed.stage.judge import Judge
from harness.bed.stage.stage import Failed


class Bed(Judge):
    def __init__(self, job: Job, results: Path, story: Story, agent: Agent, test: str = "",
                 topology: Topology = T0) -> None:
        super().__init__(job, results, story, agent, topology)
        agent.kernel_log()
        self.always = always.Always(frozenset(topology.agents))
        self.found: list[finding.Finding] = []
        self.known = finding.of_scenario(
            finding.known(job.top / "scenarios" / finding.TABLE, always.CHECKS),
            f"{job.scenario}::{test}")

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
                     *self._always(self._whole())]
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

    def chapter(self, name: str) -> None:
        """What a long story has shown so far is judged, and its captures begin anew.

        The evidence of the end is that of the last chapter, that of a failure is its own.
        """
        self.capture.settle()
        sentences = [*self._in_the_clear(), *self._always(whole=False)]
        if sentences:
            raise Failed("\n".join(f"before {name}: {one}" for one in sentences))
        self.capture.begin_anew()
        for host in self.hosts.values():
            host.run("ip xfrm state")  # the keys of what stands, for who opens the captures
        self.story.note(f"chapter: {name}")

    def _ours(self) -> set[str]:
        return {name for name, host in self.hosts.items()
                if isinstance(host.ike, registry.IKES[registry.OURS])}

    def _whole(self) -> bool:
        """Everything that is known of the scenario has to come about."""
        return self._ours() == {*self.hosts} and not self.job.fault

    def _always(self, whole: bool) -> list[str]:
        """What the checks of every scenario found, beside what is known of it."""
        nodes = {bytes.fromhex(host.member.mac.replace(":", "")): name
                 for name, host in self.hosts.items()}
        new = self.always.look(self.results, nodes, self.vain)
        self.found += new
        judged = finding.judged(self.found if whole else new, self.known, self._ours(), whole)
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
            self.dump(host, "end")
            host.ike.leave_keys(lambda: self.ike_messages(0.0))
        self.capture.settle()
        self.agent.notes(None)
        for node, path in self.capture.netlink.items():
            text = "".join(f"{line}\n" for line in nlmon.decode(path))
            (self.results / f"{node}.netlink.txt").write_text(text)
        for node in (*self.hosts.values(), self.rtr):
            node.close()
