"""shell - a prompt inside a node, on the guest's second console, until it ends."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from harness.bed.kernel_log import KernelLog
from harness.bed.node import CommandFailed

if TYPE_CHECKING:
    from harness.bed.bed import Bed

CONSOLE = "/dev/tty1"
# What the host's side looks for in the story, to attach by itself.
WAITS = "a prompt waits at"


def offer(bed: Bed, name: str) -> None:
    """Run a shell in the node `name` on the console; returns when it ends."""
    nodes = {**bed.hosts, "rtr": bed.rtr}
    if name not in nodes:
        raise CommandFailed(f"there is no node {name}; there are {', '.join(nodes)}")
    node = nodes[name]
    terminal = os.open(CONSOLE, os.O_RDWR | os.O_NOCTTY)
    found = re.search(r"/dev/pts/\d+", KernelLog.find("Virtual console 1 assigned"))
    device = found[0] if found else "the console"
    bed.story.note(f"{WAITS} {device} in {name}; 'exit' there ends the run")
    environment = os.environ | {"PATH": node.path, "PS1": f"{name}# ", "TERM": "xterm"}
    try:
        node.call(lambda: subprocess.run(
            ["setsid", "-c", "/bin/sh", "-i"], stdin=terminal, stdout=terminal, stderr=terminal,
            env=environment, check=False))
    finally:
        os.close(terminal)
