"""room - a disk that is full or a folder that may not be written: which one, and what to type.

Errors:  none. A folder that is not there is not full.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

# A disk with less than that takes no page of memory and no line of a log any more.
LEAST = 1 << 20
FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
MAKE = ("make room there, or say where there is some: TMPDIR= for a guest's memory, BUILD= for "
        "all that is made")
BUILT = "BUILD=FOLDER says where else all that is made goes"


def full(*folders: Path) -> str:
    """The sentence of the first of them that is full, if one is."""
    return next((f"{folder} is full: {MAKE}" for folder in folders
                 if folder.is_dir() and shutil.disk_usage(folder).free < LEAST), "")


def first(sentence: str, *folders: Path) -> str:
    """What failed, behind the disk that was full meanwhile."""
    return ": ".join(filter(None, [full(*folders).partition(":")[0], sentence]))


def refused(error: OSError, build: Path, *others: Path) -> str:
    """What the system would not do, as a sentence with the remedy."""
    where, why = error.filename or "this machine", error.strerror or str(error)
    if error.errno in FULL:
        return full(build, *others) or f"{where}: {why}: {MAKE}"
    below = os.path.abspath(os.fspath(where)).startswith(str(build))
    return f"{where}: {why}" + (f": {BUILT}" if error.errno in CLOSED and below else "")


def unusable(memory: Path, executes: bool) -> str:
    """Why a guest's memory cannot lie in the folder `memory`, if it cannot."""
    why = "there is no such folder" if not memory.is_dir() else \
        "it may not be written" if not os.access(memory, os.W_OK) else \
        "it is mounted noexec, and a guest runs from its memory" if not executes else ""
    return why and f"{memory} is no place for a guest's memory: {why}; TMPDIR= says which is"
