"""agents - the guest's agent on this machine's kernel, in namespaces of its own, for its tests."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from harness.bed.base import places
from harness.bed.node import frames
from harness.bed.node.frames import Event, Refused, Request
from harness.bed_tests.channel import Channel

TOP = Path(__file__).parents[2]
GUEST = places.build(TOP) / "guest"
ALONE = ["unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--kill-child"]
AS_ROOT = ["--user", "--map-root-user"]
ENV = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
PATIENCE = 20_000


@cache
def alone() -> list[str]:
    """What gives a program namespaces of its own, or nothing where this user has no such right."""
    for words in (ALONE, [*ALONE, *AS_ROOT]):
        if not subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
            return words
    return []


@contextmanager
def serving(**settings: str) -> Iterator[Channel]:
    """A line to an agent with these settings, which has said hello; at the end it has to end."""
    ours, theirs = socket.socketpair()
    words = [*alone(), str(GUEST / "agent"), "--native", str(theirs.fileno())]
    with subprocess.Popen(words, pass_fds=(theirs.fileno(),),
                          env=os.environ | settings) as process:
        theirs.close()
        one = Channel(ours)
        hello = one.event()
        assert (hello.code, hello.number()) == (Event.HELLO, frames.PROTOCOL)
        assert hello.text(1) == os.uname().release
        yield one
        ours.close()
    assert process.returncode == 0


def node_of(line: Channel) -> str:
    """A node named carol, where this user may have one."""
    try:
        line.request(Request.NODE, "carol")
    except Refused as error:
        pytest.skip(f"no namespaces here: {error.strerror}")
    return "carol"


def run(line: Channel, where: str, *argv: str, given: bytes = b"") -> tuple[int, bytes]:
    frame = line.request(Request.RUN, where, PATIENCE, given, argv, ENV)
    return os.waitstatus_to_exitcode(frame.number()), frame.fields[1]
