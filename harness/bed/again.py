"""again - a run leaves what was typed; --only-failed runs what failed in it, as it ran there.

What was typed then says on which kernel and with whose daemons, and that it was a table or a sweep;
what is typed now goes before it.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from harness.bed import matrix, selection, sweep
from harness.bed.base.places import TYPED
from harness.bed.engine import kernels
from harness.bed.options import parse
from harness.bed.selection import Failed

SAN = "SAN"
# Options that say where a test runs, not which one or how it is told.
GROUND = ("native", "real_time", "kernel", "modules", "valgrind", "carol_ike", "moon_ike",
          "carol_mip6", "moon_mip6")
COMMANDS = (matrix.NAME, kernels.NAME, sweep.NAME)


def whole(options: argparse.Namespace) -> bool:
    """Whether it is a run of everything."""
    return not options.names and not options.only_failed and options.shard.of == 1


def leave(folder: Path, options: argparse.Namespace, arguments: list[str]) -> None:
    """Write what was typed beside the results, with what that took over from the run before."""
    words = [*options.taken_over, *arguments] if options.only_failed else arguments
    (folder / TYPED).write_text(json.dumps(
        {"typed": words, SAN: os.environ.get(SAN, ""), "whole": whole(options)}) + "\n")


def taken_over(options: argparse.Namespace, results: Path) -> tuple[argparse.Namespace, Failed]:
    """The options for what failed in the last run; Unfit if there is none."""
    folder, last = selection.newest(results), selection.failed(results)
    file = folder / TYPED
    row = json.loads(file.read_text()) if file.exists() else {"typed": [], SAN: ""}
    before, default = parse(row["typed"]), parse([])
    found = argparse.Namespace(**vars(options) | {"taken_over": row["typed"]})
    for name in GROUND:
        if getattr(found, name) == getattr(default, name):
            setattr(found, name, getattr(before, name))
    if not found.names and before.names[:1] and before.names[0] in COMMANDS:
        found.names = before.names
    if found.names[:1] == [sweep.NAME] and not found.fault:
        found.fault = last.of(" ".join(found.names))
    if row[SAN]:
        os.environ.setdefault(SAN, row[SAN])
    return found, last
