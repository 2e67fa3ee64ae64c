"""expected - the one reader and writer of expected dumps: expected/SCENARIO/NODE.CHECKPOINT.xfrm.

A file whose dump is octet for octet that of another one says so instead, in one line:

    same as coa-change/carol.established

What it names has a whole dump: nothing is same as what is itself same as another. Whoever changes a
file through put() or remove() changes only that one: files that are same as it keep their meaning.
Errors:  DumpError with a sentence that names the file which is not there or is no whole dump.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from harness.bed.decode.xfrm import DumpError

SUFFIX = ".xfrm"
SAME_AS = "same as "
# Whose files are referred to before all others': the story that a reader knows.
FIRST = "coa-change"


def reference(written: str) -> str | None:
    """SCENARIO/NODE.CHECKPOINT, where a file's octets are a reference."""
    line = written.rstrip("\n")
    return line.removeprefix(SAME_AS) if line.startswith(SAME_AS) and "\n" not in line else None


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name.removesuffix(SUFFIX)}"


def text(path: Path) -> str:
    """The dump that a file stands for."""
    written = path.read_text()
    target = reference(written)
    if target is None:
        return written
    there = path.parent.parent / f"{target}{SUFFIX}"
    if not there.is_file() or there.resolve().parent.parent != path.resolve().parent.parent:
        raise DumpError(1, f"there is no expected dump {target}", written)
    found = there.read_text()
    if reference(found) is not None:
        raise DumpError(1, f"{target} is no whole dump, it is '{found.strip()}'", written)
    return found


def write(path: Path, octets: str) -> bool:
    """A file whole or not at all; true if it is new or other than it was."""
    if path.exists() and path.read_text() == octets:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(path.suffix + ".new")
    draft.write_text(octets)
    os.replace(draft, path)
    return True


def put(path: Path, dump: str) -> bool:
    """Make a file stand for a dump; true if that is new. fold() brings the short form back."""
    if path.exists() and _stands_for(path) == dump:
        return False
    _let_go(path)
    return write(path, dump)


def remove(path: Path) -> None:
    _let_go(path)
    path.unlink(missing_ok=True)


def _stands_for(path: Path) -> str | None:
    try:
        return text(path)
    except DumpError:
        return None


def _let_go(path: Path) -> None:
    """Those that are same as a file get its dump before it changes: one whole, the rest by name."""
    if not path.exists() or reference(path.read_text()) is not None:
        return
    mine = name(path)
    followers = [one for one in sorted(path.parent.parent.glob(f"*/*{SUFFIX}"))
                 if reference(one.read_text()) == mine]
    for one in followers[1:]:
        write(one, f"{SAME_AS}{name(followers[0])}\n")
    if followers:
        write(followers[0], path.read_text())


def _rank(path: Path) -> tuple:
    return path.parent.name != FIRST, path.parent.name, path.name


def folded(root: Path) -> dict[Path, str]:
    """What each file that is the same as another should hold: one of them whole, the rest by name.

    The whole one is that which others name already, else the first.
    """
    whole: dict[str, list[Path]] = defaultdict(list)
    named: dict[str, int] = defaultdict(int)
    for path in sorted(root.glob(f"*/*{SUFFIX}"), key=_rank):
        written = path.read_text()
        target = reference(written)
        if target is None:
            whole[written].append(path)
        else:
            named[target] += 1
    wanted = {}
    for paths in whole.values():
        best = max(paths, key=lambda path: named[name(path)])
        for path in paths:
            if path != best:
                wanted[path] = f"{SAME_AS}{name(best)}\n"
                if named[name(path)]:
                    wanted |= {one: wanted[path] for one in root.glob(f"*/*{SUFFIX}")
                               if reference(one.read_text()) == name(path)}
    return wanted


def fold(root: Path) -> list[Path]:
    """Write every dump once; the files that are short now. Those that others name come last, so
    that no moment leaves a name without a whole dump."""
    wanted = folded(root)
    for path in sorted(wanted, key=lambda path: reference(path.read_text()) is None):
        write(path, wanted[path])
    return sorted(wanted)
