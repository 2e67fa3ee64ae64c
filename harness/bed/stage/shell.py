"""shell - a prompt inside a node on a console of the guest, which holds the story meanwhile.

In the prompt every node's name is a command: `moon ip xfrm state` runs there, `moon` alone is a
prompt there. The story goes on when the shell ends or a file RELEASE comes up in the results.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.bed.base import wait
from harness.bed.base.spelling import meant
from harness.bed.base.story import Story
from harness.bed.base.wait import Fact
from harness.bed.decode import kernel_log
from harness.bed.node.node import CommandFailed, Node, Process
from harness.bed.stage import prompt

PROMPT, DEBUGGER = 1, 2
FOREVER = float("inf")
RELEASE, COMMANDS = "release", "prompt.sh"
# What the host's side looks for in the story, to attach by itself and to leave.
WAITS, GOES_ON = "waits at", "the story goes on"


def on_console(node: Node, number: int, words: list[str], settings: Mapping[str, str]
               ) -> tuple[Process, str]:
    """Start a program on a console of the guest; also the terminal that this machine gave it.

    That is there once the console has been opened.
    """
    pid = node.agent.spawn(node.name, words, node.environment | settings,
                           terminal=f"/dev/tty{number}")
    said = kernel_log.newest(node.agent.everything_said(), f"Virtual console {number} assigned")
    found = re.search(r"/dev/pts/\d+", said)
    return (Process(words[0], pid, node.place.results, node.agent),
            found[0] if found else f"console {number}")


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
        process, device = on_console(node, PROMPT, prompt.words(file),
                                     prompt.environment(name, file))
        self.story.note(f"{why}: a prompt in {name} {WAITS} {device}; the story goes on with "
                        f"'exit' there or with: touch {release}")
        wait.until(Fact("the prompt is left", lambda: (
            None if process.status() is not None or release.exists() else "it is open")),
            FOREVER, self.story.clock)
        if process.status() is None:
            process.kill()
        self.story.note(GOES_ON)
