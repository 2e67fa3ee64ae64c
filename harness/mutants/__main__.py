"""mutants - are the tests awake? Each row breaks one behaviour; its test must turn red.

    make mutants                                  all rows, those of limits.py too
    /usr/bin/python3 -m harness.mutants A-021 …   some of them

Works on a copy of the tree in build/mutants, which stays for the next time. A test that is red
before the change shows nothing and fails its row. Exit status: 0, or 1 if a mutant survived.
"""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.spelling import meant
from harness.mutants.results import keep
from harness.mutants.rows import ROWS, Mutant

TOP = Path(__file__).resolve().parents[2]
COPY = places.build(TOP) / "mutants"
LEFT_OUT = {".git", "build", "__pycache__"}
SCENARIO, LEARNER = "scenario:", "learn:"
PYTHON = "/usr/bin/python3"
LIMIT = 300.0
GREEN, RED, PARTLY, BROKEN = "green", "red", "red in part", "unbuildable"
FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)


def _files(top: Path) -> dict[Path, Path]:
    """Relative name and file of everything but results."""
    found = {}
    for folder, below, names in os.walk(top):
        below[:] = [name for name in below if name not in LEFT_OUT]
        found |= {Path(folder, name).relative_to(top): Path(folder, name) for name in names}
    return found


def refresh() -> None:
    """Make the copy equal to the tree; what differs gets a new time, that of the copy."""
    COPY.mkdir(parents=True, exist_ok=True)
    ours, theirs = _files(TOP), _files(COPY)
    for name in theirs.keys() - ours.keys():
        theirs[name].unlink()
    for name, file in ours.items():
        if name not in theirs or not filecmp.cmp(file, theirs[name], shallow=False):
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, COPY / name)


@contextmanager
def changed(mutant: Mutant) -> Iterator[None]:
    """The change in the copy, and out again."""
    file = COPY / mutant.file
    text = file.read_text()
    if text.count(mutant.old) != 1:
        raise ValueError(f"the old text stands {text.count(mutant.old)} times in {mutant.file}")
    file.write_text(text.replace(mutant.old, mutant.new))
    try:
        yield
    finally:
        file.write_text(text)


def _said(*command: str, **env: str) -> tuple[bool, str]:
    """Whether it went well, and what it wrote."""
    try:
        done = subprocess.run(command, cwd=COPY, env=os.environ | {"BUILD": ""} | env,
                              timeout=LIMIT, capture_output=True, check=False, text=True)
    except subprocess.TimeoutExpired:
        return False, ""
    return done.returncode == 0, done.stdout


def _run(*command: str, **env: str) -> bool:
    return _said(*command, **env)[0]


def _unit(test: str) -> str:
    program, _, name = test.partition(".")
    if not _run("make", "-s", f"build/unit/{program}"):
        return BROKEN
    results = COPY / "build/mutant.jsonl"
    results.unlink(missing_ok=True)
    _run(f"build/unit/{program}", UNIT_RESULTS=str(results))
    rows = map(json.loads, results.read_text().splitlines()) if results.exists() else []
    outcomes = {row["test"].rpartition(".")[2]: row["outcome"] for row in rows}
    return GREEN if outcomes.get(name) == "passed" else RED


def _pytest(test: str) -> str:
    """Of several tests each has to fail; what ends early has failed altogether."""
    nodes = test.split()
    well, said = _said(PYTHON, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", *nodes)
    failed = set(FAILED.findall(said)) & set(nodes)
    if well:
        return GREEN
    return PARTLY if failed and failed != set(nodes) else RED


def _scenario(test: str) -> str:
    if not _run("make", "-s", "UBSAN=1", "all"):
        return BROKEN
    name = test.removeprefix(SCENARIO)
    return GREEN if _run(PYTHON, "-m", "harness.bed", name) else RED


def _learner(test: str) -> str:
    program = f"build/learn/learn-{test.removeprefix(LEARNER)}"
    if not _run("make", "-s", program):
        return BROKEN
    return GREEN if _run(program, "--depth=3", "--budget=800") else RED


def colour(test: str) -> str:
    """Run the test in the copy."""
    if test.startswith(LEARNER):
        return _learner(test)
    if test.startswith(SCENARIO):
        return _scenario(test)
    return _pytest(test) if "::" in test else _unit(test)


def judge(mutant: Mutant, before: dict[str, str]) -> str:
    """Empty when the mutant died, else why that is not shown."""
    if mutant.test not in before:
        before[mutant.test] = colour(mutant.test)
    if before[mutant.test] != GREEN:
        return f"its test is {before[mutant.test]} without the change"
    try:
        with changed(mutant):
            after = colour(mutant.test)
    except ValueError as error:
        return str(error)
    return "" if after == RED else f"its test is {after} with the change"


def main(ids: list[str]) -> int:
    known = [identifier for row in ROWS for identifier in row.ids]
    if unknown := set(ids) - set(known):
        word = min(unknown)
        print(f"mutants: there is no row {word}{meant(word, known)}",
              file=sys.stderr)
        return 2
    refresh()
    _run("certs/make.sh")
    before: dict[str, str] = {}
    n_alive = 0
    rows = [row for row in ROWS if not ids or set(row.ids) & set(ids)]
    for row in rows:
        why = judge(row, before)
        keep(places.results(TOP), row, not why)
        n_alive += bool(why)
        word = "alive" if why else "died "
        print(f"{word}  {row.id}  {row.file}  {row.test}{': ' if why else ''}{why}", flush=True)
    print(f"{len(rows) - n_alive} of {len(rows)} mutants died")
    return 1 if n_alive or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
