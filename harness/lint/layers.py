"""layers - an include points to a module further left, and names it; an import of the testbed too.

    base < crypto, kernel < ike, mip        cli sees base only        ike and mip never meet

    base < decode < check < node < peers, faults < stage < report < engine < the files beside them
"""

from __future__ import annotations

import ast
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

BED, FRONT = "harness.bed", "the front door"
FLOORS = (("base",), ("decode",), ("check",), ("node",), ("peers", "faults"), ("stage",),
          ("report",), ("engine",), (FRONT,))
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def check(root: Path) -> Iterator[Fault]:
    for path in files(root, ".c", ".h", under="src"):
        module = path.relative_to(root / "src").parts[0]
        for number, line in enumerate(text(path).splitlines(), start=1):
            found = INCLUDE.match(line)
            if found:
                yield from _include(name(root, path), number, module, found[1])
    yield from _imports(root)


def _include(path: str, number: int, module: str, header: str) -> Iterator[Fault]:
    target, slash, _ = header.partition("/")
    if not slash or target not in SEES:
        yield Fault(path, number, f'include "{header}" does not name a module')
    elif target not in SEES.get(module, set()):
        yield Fault(path, number, f"{module} may not include {target} ({header})")


def _imports(root: Path) -> Iterator[Fault]:
    """Of the testbed's modules: which room sees which, and whether one comes back to itself."""
    modules = {_module(root, path): path for path in files(root, ".py", under="harness/bed")}
    sees = {module: list(_seen(text(path), modules)) for module, path in modules.items()}
    for module, path in modules.items():
        where, room = name(root, path), _room(module)
        if room not in FLOOR:
            yield Fault(where, 0, f"{room} is no room of the testbed: {', '.join(FLOOR)}")
            continue
        for number, other in sees[module]:
            if not _may_see(room, _room(other)):
                yield Fault(where, number, f"{room} may not import {_room(other)} ({other})")
    for circle in circles({module: [o for _, o in found] for module, found in sees.items()}):
        yield Fault(name(root, modules[circle[0]]), 0, f"imports in a circle: {' > '.join(circle)}")


def _module(root: Path, path: Path) -> str:
    words = path.relative_to(root).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def _room(module: str) -> str:
    words = module.removeprefix(BED).strip(".").split(".")
    return words[0] if len(words) > 1 or words[0] in FLOOR else FRONT


def _may_see(room: str, other: str) -> bool:
    return room == other or FLOOR.get(other, len(FLOORS)) < FLOOR[room]


def _seen(source: str, modules: dict[str, Path]) -> Iterator[tuple[int, str]]:
    """Line and name of each import from the testbed, wherever it stands in a module."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return  # sizes says so
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [one if one in modules else node.module for one in inner]
        else:
            continue
        for one in dict.fromkeys(names):
            if one.startswith(f"{BED}."):
                yield node.lineno, one


def circles(sees: dict[str, list[str]]) -> Iterator[list[str]]:
    """The ways that lead from a module back to it, each circle once."""
    done: set[str] = set()

    def walk(way: list[str]) -> Iterator[list[str]]:
        for other in sees.get(way[-1], ()):
            if other in way:
                yield [*way[way.index(other):], other]
            elif other not in done:
                yield from walk([*way, other])
        done.add(way[-1])
    for module in sees:
        if module not in done:
            yield from walk([module])
