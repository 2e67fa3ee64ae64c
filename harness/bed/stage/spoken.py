"""spoken - what went wrong in a test as one sentence: what, and where if the words do not tell.

A failure of the testbed's own says what differs and on which node. What else is raised gets its
kind and the line of the scenario before it.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from harness.bed.node.frames import Gone
from harness.bed.node.node import CommandFailed


def sentence(error: BaseException, top: Path) -> str:
    """The first line of what there is to say."""
    said = str(error).strip().split("\n")[0]
    if isinstance(error, SyntaxError):
        return f"{_short(error.filename or '', top)} line {error.lineno}: {error.msg}"
    bare = type(error) is AssertionError and (not said or said.startswith("assert "))
    if isinstance(error, (AssertionError, CommandFailed, Gone)) and not bare:
        return said
    kind = [] if bare else [type(error).__name__]
    return ": ".join(filter(None, [_where(error, top), *kind, said or "it does not hold"]))


def _where(error: BaseException, top: Path) -> str:
    """The last line that is a scenario's or, where none is, of ours."""
    calls = traceback.extract_tb(error.__traceback__)
    ours = [call for call in calls if Path(call.filename).is_relative_to(top)]
    told = [call for call in ours if "/test_" in call.filename] or ours
    return f"{_short(told[-1].filename, top)} line {told[-1].lineno}" if told else ""


def _short(path: str, top: Path) -> str:
    return path.removeprefix(f"{top}/")
