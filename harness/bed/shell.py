"""shell - a prompt inside a node, on the guest's second console, until it ends."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from harness.bed.node import CommandFailed

if TYPE_CHECKING:
    from harness.bed.bed import Bed

CONSOLE = "/dev/tty1"


def offer(bed: Bed, name: str) -> None:
    """Run a shell in the node `name` on the console; returns when it ends."""
    nodes = {**bed.hosts, "rtr": bed.rtr}
    if name not in nodes:
        raise CommandFailed(f"there is no node {name}; there are {', '.join(nodes)}")
    node = nodes[name]
    bed.story.note(f"a prompt in {name} waits on the console; 'exit' there ends the run")
    terminal = os.open(CONSOLE if os.path.exists(CONSOLE) else "/dev/tty", os.O_RDWR | os.O_NOCTTY)
    environment = os.environ | {"PATH": node.path, "PS1": f"{name}# ", "TERM": "xterm"}
    try:
        node.call(lambda: subprocess.run(
            ["setsid", "-c", "/bin/sh", "-i"], stdin=terminal, stdout=terminal, stderr=terminal,
            env=environment, check=False))
    finally:
        os.close(terminal)
