"""Attaching to the terminal of a prompt: every way out gives ours back as it was."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bed.engine import attach


@pytest.mark.parametrize("arguments", [[], ["/dev/pts/1", "/dev/pts/2"]])
def test_it_says_what_it_wants(arguments, capsys):
    assert attach.main(arguments) == 2
    assert capsys.readouterr().err.startswith("run-tests.sh attach TERMINAL: ")


def test_a_terminal_that_is_not_there_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(attach.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(attach.sys.stdin, "fileno", lambda: 0, raising=False)
    gone = str(tmp_path / "gone")
    assert attach.main([gone]) == 2
    assert capsys.readouterr().err == f"run-tests.sh attach: {gone}: No such file or directory\n"


# What the run does: it tells a line that offers a prompt, and later one that ends it.
RUN_TEXT = """
import sys, signal
from harness.bed.engine import attach
def interrupt(*_): raise KeyboardInterrupt
signal.signal(signal.SIGTERM, interrupt)
signal.signal(signal.SIGHUP, interrupt)
with attach.attaching(print) as tell:
    tell("1.00  a prompt in carol waits at {device}; the story goes on with 'exit'")
    attach.signal.pause()
"""
RUN = ["-c", RUN_TEXT]
COMMAND = ["-m", "harness.bed.engine.attach", "{device}"]


class Person:
    """At a terminal of his own; `guest` is our end of the prompt's terminal."""

    def __init__(self, words: list[str]) -> None:
        self.own, self.terminal = pty.openpty()
        self.guest, self.prompt = pty.openpty()
        tty.setraw(self.prompt)
        self.before = termios.tcgetattr(self.terminal)
        device = os.ttyname(self.prompt)
        self.process = subprocess.Popen(
            [sys.executable, *(word.replace("{device}", device) for word in words)],
            stdin=self.terminal, stdout=self.terminal, stderr=self.terminal,
            cwd=Path(__file__).parents[2])

    def sees(self, wanted: bytes) -> bytes:
        seen = b""
        while wanted not in seen:
            seen += os.read(self.own, 4096)
        return seen

    def attached(self) -> None:
        """Both ways work, so the terminal is raw."""
        os.write(self.guest, b"carol# ")
        self.sees(b"carol# ")
        assert termios.tcgetattr(self.terminal) != self.before

    def hang_up(self) -> None:
        os.close(self.guest)
        os.close(self.prompt)


@pytest.fixture
def person(request) -> Iterator[Person]:
    one = Person(request.param)
    yield one
    one.process.kill()
    one.process.wait()


WAYS = {
    "Ctrl-]": lambda one: os.write(one.own, b"\x1d"),
    "the prompt hangs up": Person.hang_up,
    "SIGTERM": lambda one: one.process.send_signal(signal.SIGTERM),
    "SIGHUP": lambda one: one.process.send_signal(signal.SIGHUP),
}


@pytest.mark.req("T-107")
@pytest.mark.parametrize("person, way", [
    *((COMMAND, way) for way in WAYS), (RUN, "SIGTERM"), (RUN, "SIGHUP")], indirect=["person"],
    ids=[*(f"command-{way}" for way in WAYS), "run-SIGTERM", "run-SIGHUP"])
def test_every_way_out_gives_the_terminal_back(person, way):
    person.attached()
    WAYS[way](person)
    person.process.wait()
    assert termios.tcgetattr(person.terminal) == person.before


@pytest.mark.parametrize("person", [COMMAND], indirect=True)
def test_what_is_typed_reaches_the_prompt_letter_by_letter(person):
    person.attached()
    os.write(person.own, b"he\x7f")
    typed = b""
    while len(typed) < 3:
        typed += os.read(person.guest, 16)
    assert typed == b"he\x7f"


def test_the_terminal_is_ours_again_when_the_story_goes_on(monkeypatch):
    done: list[str] = []

    class Fake:
        def __init__(self, device: str) -> None:
            self.device = device

        def start(self) -> None:
            done.append(f"attached {self.device}")

        def is_alive(self) -> bool:
            return True

        def leave(self) -> None:
            done.append("left")

    monkeypatch.setattr(attach, "Attached", Fake)
    monkeypatch.setattr(attach.sys.stdin, "isatty", lambda: True, raising=False)
    with attach.attaching(done.append) as tell:
        offer = "a prompt in carol waits at /dev/pts/7; the story goes on with 'exit' there"
        for line in (offer, "the story goes on", offer, offer):
            tell(line)
    assert done == [offer, "attached /dev/pts/7", "left", "the story goes on",
                    offer, "attached /dev/pts/7", offer, "left"]
