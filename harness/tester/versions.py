"""versions - of which version a subject is, as the page and the document say it.

Errors:  NoPeer where what is unpacked does not tell; an adapter's daemon tells none.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.bed.peers import packages, registry

SOURCE = "src"
GIT = ("git", "-c", "safe.directory=*")


def of(top: Path, subject: str, programs: Path) -> str:
    """Such as 5.9.8; ours, whose number stays, with the commit that last changed its source."""
    if subject == registry.OURS:
        number = _said([str(programs / "iked"), "--version"], top).rpartition(" ")[2]
        return " ".join(filter(None, (number, _commit(top))))
    if subject in packages.NAMES:
        return ".".join(map(str, packages.version(packages.folder(top, subject), subject)))
    return ""


def _commit(top: Path) -> str:
    """With a + where the source is not that of the commit; empty where there is no history."""
    last = _said([*GIT, "log", "-1", "--format=%h", "--", SOURCE], top)
    changed = _said([*GIT, "status", "--porcelain", "--", SOURCE], top)
    return f"({last}{'+' * bool(changed)})" if last else ""


def _said(words: list[str], top: Path) -> str:
    try:
        return subprocess.run(words, cwd=top, text=True, capture_output=True, check=False
                              ).stdout.strip()
    except OSError:
        return ""
