"""suite - the scenarios there are, in the order of the stories they build on."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

KERNEL_TESTS = "testbed"
ORDER = (
    "establishment", "coa-change", "link-handover", "return-home", "rekey-after-move",
    "start-order", "two-nodes", "late-migrate", "revoked", "expired", "wrong-name", "unknown-ca",
    "stale-crl", "stolen-home-address", "unprotected-signalling", "first-copy-lost",
    "lossy-link", "daemon-restart", "states-flushed", "peer-strongswan",
)


@dataclass(frozen=True)
class Scenario:
    name: str
    tests: Path
    title: str


def scenarios(top: Path) -> list[Scenario]:
    """Every scenario folder with a test file; those of ORDER first."""
    found = [Scenario(file.parent.name, file, _title(file))
             for file in sorted((top / "scenarios").glob("*/test_*.py"))]
    rank = {name: number for number, name in enumerate(ORDER)}
    return sorted(found, key=lambda one: (rank.get(one.name, len(rank)), one.name))


def kernel_tests(top: Path) -> Scenario:
    """The testbed's own tests that need nodes and a kernel."""
    return Scenario(KERNEL_TESTS, top / "harness/bed_tests/kernel",
                    "the testbed's own nodes, waits and checkpoints on a real kernel")


def _title(file: Path) -> str:
    module = ast.parse(file.read_text())
    tests = [node for node in module.body
             if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    text = ast.get_docstring(module) or (ast.get_docstring(tests[0]) if tests else "") or ""
    return text.split("\n")[0]
