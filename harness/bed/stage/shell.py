"""shell - a prompt inside a node on a console of the guest, which holds the story meanwhile.

In the prompt every node's name is a command: `moon ip xfrm state` runs there, `moon` alone is a
prompt there. The story goes on when the shell ends or a file RELEASE comes up in the results.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.bed.base import wait
from harness.bed.base.spelling import meant
from harness.bed.base.story import Story
from harness.bed.base.wait import Fact
from harness.bed.decode.kernel_log import KernelLog
from harness.bed.node.node import CommandFailed, Node
from harness.bed.stage import prompt

PROMPT, DEBUGGER = 1, 2
FOREVER = float("inf")
RELEASE, COMMANDS = "release", "prompt.sh"
# What the host's side looks for in the story, to attach by itself and to leave.
WAITS, GOES_ON = "waits at", "the story goes on"


@contextmanager
def console(number: int) -> Iterator[tuple[int, str]]:
    """A console of the guest: its descriptor, and the terminal that the host has given it."""
    terminal = os.open(f"/dev/tty{number}", os.O_RDWR | os.O_NOCTTY)
    try:
        found = re.search(r"/dev/pts/\d+", KernelLog.find(f"Virtual console {number} assigned"))
        yield terminal, found[0] if found else f"console {number}"
    finally:
        os.close(terminal)


class Prompt:
    """Prompts of one scenario; `wanted` names the node they are in, none for the first one."""

    def __init__(self, results: Path, story: Story, wanted: str | None,
                 screen: Sequence[int] = (0, 0)) -> None:
        self.results, self.story, self.wanted = results, story, wanted
        self.screen = screen

    def offer(self, nodes: Mapping[str, Node], why: str) -> None:
        """Hold the story with a prompt, in which the names of `nodes` are commands."""
        name = self.wanted or next(iter(nodes))
        if name not in nodes:
            raise CommandFailed(f"there is no node {name}: there are {', '.join(nodes)}"
                                f"{meant(name, nodes)}")
        node, release = nodes[name], self.results / RELEASE
        release.unlink(missing_ok=True)
        file = self.results / COMMANDS
        file.write_text(prompt.text({one: node.tid for one, node in nodes.items()}, file, why,
                                    self.screen))
        environment = os.environ | {"PATH": node.path} | prompt.environment(name, file)
        with console(PROMPT) as (terminal, device):
            self.story.note(f"{why}: a prompt in {name} {WAITS} {device}; the story goes on with "
                            f"'exit' there or with: touch {release}")
            process = node.call(lambda: subprocess.Popen(
                ["setsid", "-c", *prompt.words(file)], stdin=terminal, stdout=terminal,
                stderr=terminal, env=environment))
            wait.until(Fact("the prompt is left", lambda: (
                None if process.poll() is not None or release.exists() else "it is open")), FOREVER)
            process.kill()
            process.wait()
        self.story.note(GOES_ON)
