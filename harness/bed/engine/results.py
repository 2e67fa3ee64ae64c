"""results - the folders of runs: a new one for each, `last` is the newest, the oldest go."""

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
    link = results / f".last.{os.getpid()}"
    link.symlink_to(name)
    link.replace(results / "last")
    runs = sorted(results.glob("2[0-9]*-[0-9]*-[0-9]*"))
    for old in [one for one in runs[:-KEPT_RUNS] if not (one / KEPT).exists()]:
        shutil.rmtree(old, ignore_errors=True)
    return folder
