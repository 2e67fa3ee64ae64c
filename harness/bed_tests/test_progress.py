"""The line at the foot of a terminal, and what machines get instead of lines."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path

import pytest

from harness.bed.base import command
from harness.bed.base.story import EVENTS, NOW, Story
from harness.bed.engine import build
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


@pytest.mark.req("T-106")
def test_a_step_without_a_guest_has_its_words_at_the_foot():
    line = Progress(Terminal(), threading.Lock())
    with line.doing("builds the daemons"):
        assert line.text(80) == "builds the daemons: 0 s"
        with line.doing("lint"):
            assert line.text(80) == "lint: 0 s"
        with line.guest("coa-change", Path("/nowhere")):
            assert line.text(80).startswith("[0/0] coa-change")
        assert line.text(80) == "builds the daemons: 0 s"
    assert line._thread is None and not line.drawn


@pytest.mark.req("T-106")
def test_what_is_built_is_told_while_it_is_built_and_nothing_where_nothing_is(tmp_path):
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs/make.sh").write_text(
        "#!/bin/sh\n[ -e made ] || echo '  CERT carol'\n: >made")
    (tmp_path / "certs/make.sh").chmod(0o755)
    (tmp_path / "Makefile").write_text(
        "guest: out\n\nout:\n\t@echo '  CC   harness/guest/x.c'\n\t@touch out\n")
    said: list[str] = []
    build.surroundings(tmp_path, said.append)
    assert said == ["build: what a guest is started with", "  CC   harness/guest/x.c",
                    "build: certificates", "  CERT carol"]
    said.clear()
    build.surroundings(tmp_path, said.append)
    assert said == []


def test_a_step_that_fails_says_what_it_printed_last(tmp_path):
    (tmp_path / "Makefile").write_text("all:\n\t@echo 'x.c:1: error: no'\n\t@false\n")
    with pytest.raises(build.Broken, match="(?s)make .* failed:\n.*x.c:1: error: no"):
        build.unit_programs(tmp_path, lambda line: None)


@pytest.mark.req("T-106")
def test_what_apt_fetches_is_told_and_its_other_words_are_kept(tmp_path):
    said: list[str] = []
    kept: list[str] = []
    script = "echo Reading...; echo 'Get:1 http://m sid main [1 kB]'; echo 'E: no such suite' >&2"
    status = command.lines(["/bin/sh", "-c", script], tmp_path,
                           command.fetching(kept, said.append))
    assert (status, said) == (0, ["  Get:1 http://m sid main [1 kB]"])
    assert "E: no such suite" in kept


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
