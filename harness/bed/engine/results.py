"""results - the folders of runs: a new one for each, `last` is the newest, the oldest go.

A run that was refused before anything ran takes its folder back.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

KEPT_RUNS, KEPT = 20, "kept"


def new_folder(results: Path) -> Path:
    """A unique one in `results`, with `last` pointing to it; one with a file KEPT never goes."""
    name = time.strftime("%Y%m%d-%H%M%S-") + str(os.getpid())
    folder = results / name
    folder.mkdir(parents=True)
    _point(results, name)
    for old in [one for one in _runs(results)[:-KEPT_RUNS] if not (one / KEPT).exists()]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def drop(folder: Path) -> None:
    """Away with it; `last` is the one before."""
    shutil.rmtree(folder, ignore_errors=True)
    results = folder.parent
    last = results / "last"
    if not last.is_symlink() or os.readlink(last) != folder.name:
        return
    if rest := _runs(results):
        _point(results, rest[-1].name)
    else:
        last.unlink()


def _runs(results: Path) -> list[Path]:
    return sorted(results.glob("2[0-9]*-[0-9]*-[0-9]*"))


def _point(results: Path, name: str) -> None:
    link = results / f".last.{os.getpid()}"
    link.symlink_to(name)
    link.replace(results / "last")
