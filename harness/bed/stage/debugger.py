"""debugger - gdb on one daemon of one node, on a console of its own, while the story goes on.

It is attached as soon as the daemon has started. The daemon stands still until the person types
`continue`; the waits of the story have all the patience for that.
"""

from __future__ import annotations

from harness.bed.base.story import Story
from harness.bed.base.wait import Fact, until
from harness.bed.node.host import Host
from harness.bed.node.node import Process
from harness.bed.stage import shell


class Debugger:
    """At most one gdb; `wanted` is PROGRAM, or NODE/PROGRAM where several nodes run it."""

    def __init__(self, story: Story, wanted: str) -> None:
        self.story = story
        self.wanted = wanted
        self.process: Process | None = None

    def started(self, host: Host, daemon: str) -> None:
        """A daemon has started; attach if it is the one."""
        if self.process or self.wanted not in (daemon, f"{host.name}/{daemon}"):
            return
        until(Fact(f"{daemon} runs", lambda: (
            None if host.pids_of(daemon) else "no such process")), 10, self.story.clock)
        pid = host.pids_of(daemon)[-1]
        self.process, device = shell.on_console(
            host, shell.DEBUGGER, ["gdb", "-q", "-p", str(pid)], {"TERM": "xterm"})
        self.story.note(f"gdb on {daemon} of {host.name} {shell.WAITS} {device}; "
                        "type continue there")

    def end(self) -> None:
        """Leave the daemon alone, before it is stopped as usual."""
        if self.process:
            self.process.kill()
            self.process = None
