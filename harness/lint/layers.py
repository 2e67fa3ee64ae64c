"""layers - an include points to a module further left, and names it.

    base < crypto, kernel < ike, mip        cli sees base only        ike and mip never meet
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.lint.tree import Fault, files, name, text

SEES = {
    "base": {"base"},
    "crypto": {"base", "crypto"},
    "kernel": {"base", "kernel"},
    "ike": {"base", "crypto", "kernel", "ike"},
    "mip": {"base", "crypto", "kernel", "mip"},
    "cli": {"base", "cli"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def check(root: Path) -> Iterator[Fault]:
    for path in files(root, ".c", ".h", under="src"):
        module = path.relative_to(root / "src").parts[0]
        for number, line in enumerate(text(path).splitlines(), start=1):
            found = INCLUDE.match(line)
            if found:
                yield from _include(name(root, path), number, module, found[1])


def _include(path: str, number: int, module: str, header: str) -> Iterator[Fault]:
    target, slash, _ = header.partition("/")
    if not slash or target not in SEES:
        yield Fault(path, number, f'include "{header}" does not name a module')
    elif target not in SEES.get(module, set()):
        yield Fault(path, number, f"{module} may not include {target} ({header})")
