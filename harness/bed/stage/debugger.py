"""debugger - gdb on one daemon of one node, on a console of its own, while the story goes on.

It is attached as soon as the daemon has started. The daemon stands still until the person types
`continue`; the waits of the story have all the patience for that.
"""

from __future__ import annotations

import os
import subprocess

from harness.bed.base.story import Story
from harness.bed.base.wait import Fact, until
from harness.bed.node.host import Host
from harness.bed.stage import shell


class Debugger:
    """At most one gdb; `wanted` is PROGRAM, or NODE/PROGRAM where several nodes run it."""

    def __init__(self, story: Story, wanted: str) -> None:
        self.story = story
        self.wanted = wanted
        self.process: subprocess.Popen | None = None

    def started(self, host: Host, daemon: str) -> None:
        """A daemon has started; attach if it is the one."""
        if self.process or self.wanted not in (daemon, f"{host.name}/{daemon}"):
            return
        until(Fact(f"{daemon} runs", lambda: (
            None if host.pids_of(daemon) else "no such process")), within=10)
        pid = host.pids_of(daemon)[-1]
        with shell.console(shell.DEBUGGER) as (terminal, device):
            self.story.note(f"gdb on {daemon} of {host.name} {shell.WAITS} {device}; "
                            "type continue there")
            self.process = host.call(lambda: subprocess.Popen(
                ["setsid", "-c", "gdb", "-q", "-p", str(pid)], stdin=terminal, stdout=terminal,
                stderr=terminal, env=os.environ | {"TERM": "xterm"}))

    def end(self) -> None:
        """Leave the daemon alone, before it is stopped as usual."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
