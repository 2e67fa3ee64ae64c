"""tools - what other programs find: shellcheck, mandoc and clang-format, where they are installed.

Where one is not, a note says what nobody has looked at and what to type.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.lint.tree import Fault, files, scripts


@dataclass(frozen=True)
class Tool:
    """A program of the Debian package of the same name, what it looks at, and how it tells."""

    command: tuple[str, ...]
    what: str
    paths: Callable[[Path], list[Path]]
    found: str
    says: str = ""

    @property
    def package(self) -> str:
        return self.command[0]

    def faults(self, root: Path) -> Iterator[Fault]:
        output = _run(root, self.command, self.paths(root)) if shutil.which(self.package) else ""
        for found in re.finditer(self.found, output, flags=re.MULTILINE):
            yield Fault(found[1], int(found[2]), self.says or found[3])


SHELLCHECK = Tool(("shellcheck", "--format=gcc"), "shell scripts", lambda root: list(scripts(root)),
                  r"^(\S+?):(\d+):\d+: (.*)$")
MANDOC = Tool(("mandoc", "-Tlint", "-Wwarning"), "manual pages",
              lambda root: sorted((root / "docs/man").glob("*.[0-9]")),
              r"^mandoc: (\S+?):(\d+):\d+: (.*)$")
FORMAT = Tool(("clang-format", "--dry-run"), "C files",
              lambda root: list(files(root, ".c", ".h", under="src")),
              r"^(\S+?):(\d+):\d+: warning:", "clang-format would write this differently")
TOOLS = (SHELLCHECK, MANDOC, FORMAT)


def _run(root: Path, command: tuple[str, ...], paths: list[Path]) -> str:
    """What a checker writes about the files; nothing if they are not there."""
    if not paths:
        return ""
    names = [str(path.relative_to(root)) for path in paths]
    done = subprocess.run(
        [*command, *names], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def check(root: Path) -> Iterator[Fault]:
    for tool in (SHELLCHECK, MANDOC):
        yield from tool.faults(root)


def unformatted(root: Path) -> Iterator[Fault]:
    """The first line of each file that clang-format would write differently."""
    seen = set()
    for fault in FORMAT.faults(root):
        if fault.path not in seen:
            seen.add(fault.path)
            yield fault


def unseen(root: Path) -> Iterator[str]:
    """What nothing has looked at, because the program for it is not installed."""
    for tool in TOOLS:
        paths = tool.paths(root)
        if paths and not shutil.which(tool.package):
            yield (f"{len(paths)} {tool.what} were not looked at: {tool.package} is missing, "
                   f"type: apt-get install {tool.package}")
