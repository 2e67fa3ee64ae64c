"""The line at the foot of a terminal, and what machines get instead of lines."""

from __future__ import annotations

import io
import json
import threading

from harness.bed.base.story import EVENTS, NOW, Story
from harness.bed.report.progress import CLEAR, Progress
from harness.bed.report.report import Outcome, Report


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_says_what_runs_and_what_it_waits_for(tmp_path):
    story = Story(io.StringIO())
    story.begin(tmp_path / EVENTS)
    line = Progress(Terminal(), threading.Lock(), total=3)
    with line.guest("coa-change", tmp_path):
        assert line.text(200) == "[0/3] coa-change 0 s: the guest starts"
        story.waits("carol is registered", 15)
        assert line.text(200) == (
            "[0/3] coa-change 0 s: waits up to 15 s until carol is registered")
        assert len(line.text(20)) == 20
        (tmp_path / NOW).write_text("")
        assert line.text(200).endswith("until carol is registered")
    assert line.text(200) == "[1/3] "


def test_what_is_said_stands_where_the_line_was():
    report = Report(Terminal())
    report.progress.drawn = True
    report.say("ok")
    assert report.out.getvalue() == f"{CLEAR}ok\n"


def test_the_line_is_drawn_and_gone_at_the_end():
    out = Terminal()
    line = Progress(out, threading.Lock())
    with line.shown(2):
        for _ in range(1000):
            if "[0/2]" in out.getvalue():
                break
            line._stop.wait(0.01)
    assert "[0/2]" in out.getvalue()
    assert out.getvalue().endswith(CLEAR)


def test_a_file_or_a_pipe_sees_no_line():
    line = Progress(io.StringIO(), threading.Lock())
    with line.shown(2):
        assert line._thread is None


def test_machines_get_each_outcome_and_the_sums_as_lines():
    machines = io.StringIO()
    report = Report(io.StringIO(), machines)
    report.add([Outcome("a::test_a", "passed", 1.5), Outcome("b", "failed", sentence="why")])
    report.summary()
    first, second, sums = map(json.loads, machines.getvalue().splitlines())
    assert (first["test"], first["outcome"], first["seconds"]) == ("a::test_a", "passed", 1.5)
    assert second["sentence"] == "why"
    assert (sums["passed"], sums["failed"], sums["skipped"]) == (1, 1, 0)
