"""Programs that wait, loaded, to be run in a node: a run is as one that was started anew."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bed.node.frames import Refused, Request
from harness.bed_tests.agents import ENV, GUEST, PATIENCE, TOP, node_of, run, serving
from harness.bed_tests.channel import Channel

PRELOAD = GUEST / "prefork.so"
# Processes of the agent's whose program is ip, by number: what waits, and nothing else.
WAITING = "for p in /proc/[0-9]*; do [ \"$(cat $p/comm)\" = ip ] && echo ${p#/proc/}; done; true"
# A link of each node is its loopback, so its addresses tell where a run was.
ADDRESSES = ("ip", "-o", "addr")


@pytest.fixture(scope="module", autouse=True)
def made() -> None:
    subprocess.run(["make", "-s", "guest"], cwd=TOP, check=True)


@pytest.fixture
def line() -> Iterator[Channel]:
    with serving(PREFORK=str(PRELOAD)) as one:
        yield one


@pytest.fixture
def node(line: Channel) -> str:
    return node_of(line)


def waiting(line: Channel) -> list[int]:
    return [int(word) for word in run(line, "", "sh", "-c", WAITING)[1].split()]


def outcome(line: Channel, node: str, words: list[str], given: str = "") -> tuple:
    frame = line.request(Request.RUN, node, PATIENCE, given, words, ENV)
    return os.waitstatus_to_exitcode(frame.number()), *frame.fields[1:]


@pytest.mark.req("T-223")
def test_a_run_is_as_one_that_was_started_anew(line, node):
    runs: list[tuple[list[str], str]] = [
        (["ip", "-V"], ""), (["ip", "link"], ""), (["ip", "nonsense"], ""),
        (["ip", "-batch", "-"], "link set lo up\naddress add 2001:db8::1/128 dev lo\nlink\n"),
        (["ip", "-batch", "-"], "link set nothing up\n"), ([*ADDRESSES], ""), (["ip"], "")]
    here = [outcome(line, node, *one) for one in runs]
    assert len(waiting(line)) == 1
    with serving() as other:
        node_of(other)
        assert here == [outcome(other, node, *one) for one in runs]
        assert not waiting(other)
    assert len({status for status, *_ in here}) > 1 and b"2001:db8::1" in here[-2][1]


@pytest.mark.req("T-223")
def test_one_that_waits_serves_every_node_and_is_of_none(line, node):
    run(line, node, "ip", "link", "set", "lo", "up")
    first = waiting(line)
    assert b"inet6 ::1" in run(line, node, *ADDRESSES)[1]
    assert run(line, "", *ADDRESSES) == (0, b"")
    assert b"inet6 ::1" in run(line, node, *ADDRESSES)[1]
    assert waiting(line) == first and len(first) == 1
    for place in ("", node):
        assert not line.request(Request.PIDS, place).fields
    with pytest.raises(Refused, match="not one to be killed"):
        line.request(Request.KILL, first[0], signal.SIGKILL)


@pytest.mark.req("T-223")
def test_what_cannot_be_a_copy_is_started(line, node, tmp_path):
    assert run(line, node, *ADDRESSES)[0] == 0
    other = tmp_path / "ip"
    other.write_text("#!/bin/sh\necho another ip\n")
    other.chmod(0o755)
    frame = line.request(Request.RUN, node, PATIENCE, b"", ["ip"],
                         [f"PATH={tmp_path}:/usr/bin:/bin"])
    assert frame.fields[1] == b"another ip\n"
    long = [*ENV, "LONG=" + "n" * 40_000]
    frame = line.request(Request.RUN, node, PATIENCE, b"", ADDRESSES, long)
    assert frame.number() == 0 and frame.fields[1] == run(line, node, *ADDRESSES)[1] == b""
    assert run(line, node, "sh", "-c", "echo $PPID") == (0, b"1\n")


@pytest.mark.req("T-223")
@pytest.mark.parametrize("preload", [PRELOAD, Path("/nowhere.so"), GUEST / "umip-like.so"])
def test_where_none_waits_any_more_runs_go_on(preload):
    with serving(PREFORK=str(preload)) as line:
        node = node_of(line)
        for _ in range(3):
            assert run(line, node, "ip", "-V")[0] == 0
            for pid in waiting(line):
                run(line, "", "kill", "-KILL", str(pid))
