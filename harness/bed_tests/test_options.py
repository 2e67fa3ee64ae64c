"""What can be typed: options that do not go together, and prompts that nobody would come by."""

from __future__ import annotations

import errno
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.bed import options, run
from harness.bed.base.job import Job
from harness.bed.base.story import Story
from harness.bed.engine.kernel import Unfit
from harness.bed.node.agent import Agent
from harness.bed.node.frames import Refused
from harness.bed.node.node import Process
from harness.bed.stage.debugger import Debugger


def parsed(text: str):
    return options.parse(text.split())


@pytest.mark.parametrize("text, sentence", [
    ("--pause-at mvoed coa-change", "no checkpoint mvoed in coa-change: there are established"),
    ("--gdb iked --valgrind coa-change", "leave one out"),
    ("--gdb ikde coa-change", "--gdb takes .* not ikde: .* programs iked, mip6d, charon"),
    ("--gdb mooon/iked coa-change", "not mooon/iked: nodes are moon, carol"),
    ("--shell mooon coa-change", "there is no node mooon: there are moon"),
    ("matrix coa-change", "matrix runs scenarios of its own: ./run-tests.sh matrix"),
    ("matrix --bless", "matrix does not go with --bless: leave that out"),
    ("matrix --moon-ike=strongswan", "matrix does not go with --moon-ike: leave"),
    ("kernels --kernel=6.1 --repeat 2", "kernels does not go with --repeat and --kernel: leave"),
    ("kernels --native", "kernels does not go with --native: leave that out"),
    ("sweep coa-change --pause-at moved", "sweep does not go with --pause-at: leave that out"),
    ("sweep coa-change --keep --gdb iked", "sweep does not go with --keep and --gdb: leave"),
])
def test_what_would_never_stop_the_story_is_refused(text, sentence, monkeypatch):
    monkeypatch.setattr(run.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(Unfit, match=sentence):
        run.chosen(parsed(text))


def test_gdb_that_is_not_installed_says_what_to_type(monkeypatch):
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    with pytest.raises(Unfit, match="apt-get install gdb"):
        run.chosen(parsed("--gdb iked coa-change"))


@pytest.mark.parametrize("text", ["--native --pause-at moved", "--native --gdb iked",
                                  "--native --kernel x"])
def test_what_wants_a_guest_does_not_go_with_the_host_s_kernel(text):
    with pytest.raises(Unfit):
        run.check_kernel(parsed(text))


@pytest.mark.parametrize("text, sentence", [
    ("--modules x", "--modules goes with --kernel"), ("--yes", "--yes goes with --bless"),
    ("--repeat x", "x is not a number from 1 up"), ("-j 0", "0 is not a number from 1 up"),
    ("--shard 5/4", "5/4 is not I/N with I from 1 to N")])
def test_what_cannot_be_meant_is_one_line_of_usage_and_one_sentence(text, sentence, capsys):
    with pytest.raises(SystemExit):
        parsed(text)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and said[1].endswith(sentence)


def test_a_prompt_without_a_scenario_is_one_of_establishment():
    assert [one.name for one in run.chosen(parsed("--keep"))] == ["establishment"]


@pytest.mark.parametrize("text, at_the_end", [
    ("--shell moon", True), ("--shell moon --pause-at moved", False), ("--pause-at moved", False),
    ("--shell moon --shell-on-failure", False)])
def test_shell_names_the_node_of_the_other_prompts(text, at_the_end):
    assert options.only_shell(parsed(text)) is at_the_end
    assert options.interactive(parsed(text))


def test_a_run_that_nobody_looks_at_has_no_console(tmp_path):
    assert not options.interactive(parsed("coa-change"))
    assert not Job("story", tmp_path, tmp_path, tmp_path).interactive
    assert Job("story", tmp_path, tmp_path, tmp_path, gdb="iked").interactive


@pytest.mark.parametrize("wanted, node, attached", [
    ("iked", "carol", True), ("moon/iked", "carol", False), ("moon/iked", "moon", True),
    ("mip6d", "moon", False)])
def test_gdb_takes_the_daemon_that_is_named(wanted, node, attached):
    debugger = Debugger(Story(), wanted)
    asked = []

    def pids_of(daemon: str) -> list[int]:
        asked.append(node)
        raise LookupError
    host = SimpleNamespace(name=node, pids_of=pids_of)
    try:
        debugger.started(host, "iked")
    except LookupError:
        pass
    assert bool(asked) is attached


class Line:
    """An agent's line on which every process has ended."""

    def __init__(self, number: int) -> None:
        self.on: dict = {}
        self.number = number

    def request(self, *_: object) -> None:
        raise Refused(self.number, "KILL: process 757")


def test_whoever_has_left_gdb_before_the_story_ends_fails_nothing():
    debugger = Debugger(Story(), "iked")
    debugger.process = Process("gdb", 757, Path("/"), Agent(Line(errno.ESRCH)))
    debugger.end()
    assert debugger.process is None
    with pytest.raises(Refused):
        Process("gdb", 757, Path("/"), Agent(Line(errno.EPERM))).kill()
