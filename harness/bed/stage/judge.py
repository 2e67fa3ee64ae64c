"""judge - checkpoints: every node's states and policies against what is expected, and what moved.

At a checkpoint everything that differs is collected before it fails.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.bed.base import wait
from harness.bed.base.job import Job
from harness.bed.base.story import Story
from harness.bed.base.topology import T0, Topology
from harness.bed.base.wait import Fact
from harness.bed.check import always, canon, columns, delta, golden, invariants
from harness.bed.check import expected as expected_files
from harness.bed.decode import cleartext
from harness.bed.decode.xfrm import Dump, DumpError, parse_dump
from harness.bed.node.agent import Agent
from harness.bed.node.host import Host
from harness.bed.stage.stage import Checkpoint, Failed
from harness.bed.stage.wire import Wire

# An exchange that is under way is over, and no repetition (after 4 s) is waited for.
SETTLE = 3.0
STATE_OF_IP = ("address show", "rule show", "route show table all", "neigh show",
               "neigh show proxy", "tunnel show")


class Judge(Wire):
    def __init__(self, job: Job, results: Path, story: Story, agent: Agent,
                 topology: Topology = T0) -> None:
        super().__init__(job, results, story, agent, topology)
        self.down: Collection[str] = ()
        self.vain: set[str] = set()
        self.mute: set[str] = set()
        self.warnings: list[str] = []
        self.allowed: list[cleartext.Allow] = []
        self.names = canon.Names(canon.Roles(self.home_agent, topology.mobiles))

    def checkpoint(self, name: str) -> None:
        """Hold every node's states and policies against expected/; say what moved."""
        point = Checkpoint(self.clock.time())
        dumps = {host.name: self.dump(host, name) for host in self._settled()}
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

    def dump(self, host: Host, name: str) -> Dump:
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
        seen = parse_dump(text)
        wanted = canon.text(host.mip6.expected(host.ike.expected(ours, seen), seen), node)
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

    def expect_unchanged(self, since: str) -> None:
        """Every node of the checkpoint `since` has the same states and policies as then."""
        for node, before in self.checkpoints[since].canonical.items():
            dump = self.dump(self.hosts[node], f"after-{since}")
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
