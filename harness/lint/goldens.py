"""goldens - every expected dump belongs to a scenario, is in canonical form and written once, every
delta is that of its two dumps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.bed.check import delta, expected
from harness.bed.check.canon import text as canonical_text
from harness.bed.check.golden import node_of
from harness.bed.decode.xfrm import DumpError, parse_dump
from harness.lint.tree import Fault, files, name, text

# The testbed's own tests in a guest are one more scenario.
TESTBED, TESTBED_TESTS = "testbed", "harness/bed_tests/kernel"


def check(root: Path) -> Iterator[Fault]:
    for path in files(root, ".xfrm", under="expected"):
        where = name(root, path)
        scenario = path.relative_to(root / "expected").parts[0]
        home = TESTBED_TESTS if scenario == TESTBED else f"scenarios/{scenario}"
        if not (root / home).is_dir():
            yield Fault(where, 0, f"no scenario {scenario} uses this file")
        yield from _form(where, path)
    for path, wanted in expected.folded(root / "expected").items():
        yield Fault(name(root, path), 0, f"say '{wanted.strip()}' instead, ./run-tests.sh --bless "
                    "writes it so")
    for path in files(root, ".delta", under="expected"):
        if text(path) != _delta(path):
            yield Fault(name(root, path), 0, "not the delta of its dumps; write it with --bless")


def _delta(path: Path) -> str | None:
    node, checkpoint = path.stem.split(".", 1)
    between = delta.checkpoints(text(path))
    dumps = [path.with_name(f"{node}.{point}.xfrm") for point in between or ()]
    if not between or between[1] != checkpoint or not all(dump.exists() for dump in dumps):
        return None
    try:
        return delta.text(node, between, *map(expected.text, dumps))
    except DumpError:
        return None


def _form(where: str, path: Path) -> Iterator[Fault]:
    try:
        golden = expected.text(path)
        dump = parse_dump(golden)
    except DumpError as error:
        yield Fault(where, 0, str(error))
        return
    node = path.name.partition(".")[0]
    if node_of(golden) != node or canonical_text(dump, node) != golden:
        yield Fault(where, 0, "not in canonical form; write it with --bless")
