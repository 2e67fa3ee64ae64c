"""places - where everything lies that is made: the folder build of a checkout, or where BUILD says.

A checkout that may not be written is built elsewhere. A guest has BUILD in its environment too.
"""

from __future__ import annotations

import os
from pathlib import Path

# What a run was asked for, beside its results.
TYPED = "typed.json"


def build(top: Path) -> Path:
    """A relative BUILD is below the checkout, as make has it."""
    return top / (os.environ.get("BUILD") or "build")


def programs(top: Path) -> Path:
    """The daemons of `make all`, with sanitizers where the environment asks make for them."""
    return build(top) / ("san" if os.environ.get("SAN") else "") / "bin"


def results(top: Path) -> Path:
    return build(top) / "results"


def shown(path: Path, top: Path) -> str:
    """As a person at the top of the checkout types it."""
    return str(path.relative_to(top) if path.is_relative_to(top) else path)
