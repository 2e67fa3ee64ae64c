"""tools - shellcheck and clang-format, where they are installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from harness.lint.tree import Fault, files, scripts


def _run(root: Path, command: list[str], paths: list[Path]) -> str:
    """What a checker writes about the files; nothing if it or the files are not there."""
    if not paths or not shutil.which(command[0]):
        return ""
    names = [str(path.relative_to(root)) for path in paths]
    done = subprocess.run(
        [*command, *names], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def check(root: Path) -> Iterator[Fault]:
    output = _run(root, ["shellcheck", "--format=gcc"], list(scripts(root)))
    for found in re.finditer(r"^(\S+?):(\d+):\d+: (.*)$", output, flags=re.MULTILINE):
        yield Fault(found[1], int(found[2]), found[3])


def unformatted(root: Path) -> Iterator[Fault]:
    """The first line of each file that clang-format would write differently."""
    sources = list(files(root, ".c", ".h", under="src"))
    output = _run(root, ["clang-format", "--dry-run"], sources)
    seen = set()
    for found in re.finditer(r"^(\S+?):(\d+):\d+: warning:", output, flags=re.MULTILINE):
        if found[1] not in seen:
            seen.add(found[1])
            yield Fault(found[1], int(found[2]), "clang-format would write this differently")
