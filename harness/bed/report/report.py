"""report - one line per test while they run, a summary at the end, and the same for machines."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from harness.bed.report import failure
from harness.bed.report.progress import Progress

WORDS = {"passed": "ok", "failed": "FAIL", "skipped": "skip"}


@dataclass(frozen=True)
class Outcome:
    """One test: `sentence` is the first differing fact, `reproduce` what to type."""

    test: str
    outcome: str
    seconds: float = 0.0
    sentence: str = ""
    reproduce: str = ""
    results: str = ""
    req: tuple[str, ...] = ()


class Report:
    """`machines` gets an object a line: each outcome, and the sums at the end. `folder` is that of
    the run once it has begun, `left_open` what it was asked for and has not done."""

    def __init__(self, out: TextIO = sys.stdout, machines: TextIO | None = None) -> None:
        self.out = out
        self.machines = machines
        self.outcomes: list[Outcome] = []
        self.folder: Path | None = None
        self.left_open = ""
        self.start = time.monotonic()
        self._lock = threading.Lock()
        self.progress = Progress(out, self._lock)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start

    def say(self, text: str) -> None:
        with self._lock:
            self.progress.clear()
            print(text, file=self.out, flush=True)

    @contextmanager
    def step(self, words: str) -> Iterator[Callable[[str], None]]:
        """Something that takes its time: `words` at the foot of a terminal, its lines above."""
        with self.progress.doing(words):
            yield self.say

    def _tell_machines(self, row: dict) -> None:
        if self.machines:
            with self._lock:
                print(json.dumps(row), file=self.machines, flush=True)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        for one in outcomes:
            self.outcomes.append(one)
            self.say(line(one))
            if one.outcome == "failed" and one.results:
                self._say_difference(one)
            self._tell_machines(asdict(one))

    def _say_difference(self, one: Outcome) -> None:
        """The lines about the first differing fact, where a dump differs."""
        text = failure.excerpt(failure.folder(one.results, one.test), self.out.isatty())
        if text:
            self.say(text)

    def of(self, scenario: str) -> list[Outcome]:
        """The outcomes of one scenario's tests."""
        return [one for one in self.outcomes
                if one.test == scenario or one.test.startswith(f"{scenario}::")]

    def count(self, outcome: str) -> int:
        return sum(one.outcome == outcome for one in self.outcomes)

    def summary(self) -> int:
        """The last lines; gives the exit status."""
        failed = [one for one in self.outcomes if one.outcome == "failed"]
        if failed:
            self.say("")
            self.say("first failure of each:")
        for one in failed:
            self.say(f"  {one.test}: {one.sentence}")
        first = next((text for one in failed if (text := prompt(one.reproduce))), None)
        if first:
            self.say(f"a prompt where the first fails: {first}")
        self.say(f"took {self.seconds:.1f} s")
        self.tell_sums()
        skipped = f", {self.count('skipped')} skipped" if self.count("skipped") else ""
        self.say(f"{self.count('passed')} passed, {len(failed)} failed{skipped}")
        if self.left_open:
            self.say(self.left_open)
        return 1 if failed or self.left_open or not self.outcomes else 0

    def tell_sums(self) -> None:
        """The last object for machines."""
        words = ("passed", "failed", "skipped")
        self._tell_machines({**{word: self.count(word) for word in words},
                             "seconds": round(self.seconds, 1)})

    def write(self, folder: Path) -> None:
        """req.jsonl for the trace of requirements."""
        rows = [json.dumps({**asdict(one), "req": list(one.req)}) for one in self.outcomes]
        (folder / "req.jsonl").write_text("".join(f"{row}\n" for row in rows))

    def write_junit(self, path: Path) -> None:
        from xml.etree import ElementTree

        suite = ElementTree.Element("testsuite", name="perigee", tests=str(len(self.outcomes)),
                                    failures=str(self.count("failed")),
                                    skipped=str(self.count("skipped")))
        for one in self.outcomes:
            case = ElementTree.SubElement(suite, "testcase", classname="perigee", name=one.test,
                                          time=f"{one.seconds:.2f}")
            if one.outcome != "passed":
                kind = "failure" if one.outcome == "failed" else "skipped"
                node = ElementTree.SubElement(case, kind, message=one.sentence)
                node.text = f"{one.reproduce}\n{one.results}"
        path.parent.mkdir(parents=True, exist_ok=True)
        ElementTree.ElementTree(suite).write(path, encoding="unicode", xml_declaration=True)


def prompt(reproduce: str) -> str:
    """The command that ends in a prompt where a scenario fails; none for what has no guest."""
    front, _, words = reproduce.partition("./run-tests.sh ")
    return "" if front or not words or words.startswith("sweep ") else (
        f"./run-tests.sh --shell-on-failure {words}")


def line(one: Outcome) -> str:
    text = f"{WORDS[one.outcome]:4}  {one.test}  {one.seconds:.1f} s"
    if one.outcome == "passed":
        return text
    if one.outcome == "skipped":
        return f"{text}: {one.sentence}"
    more = [f"        {label}: {value}" for label, value in
            (("reproduce", one.reproduce), ("results", one.results)) if value]
    return "\n".join([f"{text}: {one.sentence}", *more])
