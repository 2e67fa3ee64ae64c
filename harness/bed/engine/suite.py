"""suite - the scenarios there are, in the order of the stories they build on."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.bed.engine.pace import STORY

KERNEL_TESTS, CONFORMANCE, LIMIT, BY_NAME = "testbed", "conformance", "LIMIT", "BY_NAME"
ONLY = " (runs only by name)"
TAKEN = (KERNEL_TESTS, CONFORMANCE, "matrix", "kernels", "sweep", "doctor", "elsewhere", "diff",
         "facts", "compare", "attach")
ORDER = (
    "establishment", "coa-change", "link-handover", "return-home", "rekey-after-move",
    "start-order", "two-nodes", "late-migrate", "revoked", "expired", "wrong-name", "unknown-ca",
    "stale-crl", "stolen-home-address", "unprotected-signalling", "first-copy-lost",
    "lossy-link", "daemon-restart", "states-flushed", "peer-strongswan",
)


@dataclass(frozen=True)
class Scenario:
    """`limit` is how much of its own clock it may take, in seconds.

    One that is `by_name` takes so long that it runs only where it is asked for.
    """

    name: str
    tests: Path
    title: str
    limit: float = STORY
    by_name: bool = False


def scenarios(top: Path) -> list[Scenario]:
    """Every scenario folder with a test file; those of ORDER first."""
    bad = faults(top)
    found = [Scenario(file.parent.name, file, _title(file), _limit(file),
                      bool(_constant(_module(file), BY_NAME)))
             for file in sorted((top / "scenarios").glob("*/test_*.py"))
             if file.parent.name not in bad]
    rank = {name: number for number, name in enumerate(ORDER)}
    return sorted(found, key=lambda one: (rank.get(one.name, len(rank)), one.name))


def faults(top: Path) -> dict[str, str]:
    """The folders that are no scenario although they have tests, each with the reason."""
    files: dict[str, list[str]] = {}
    for file in sorted((top / "scenarios").glob("*/test_*.py")):
        files.setdefault(file.parent.name, []).append(file.name)
    return {name: f"scenarios/{name} is called like a command of run-tests.sh" if name in TAKEN
            else f"two scenarios of one name, scenarios/{name}/{' and '.join(found)}"
            for name, found in files.items() if name in TAKEN or len(found) > 1}


def kernel_tests(top: Path) -> Scenario:
    """The testbed's own tests that need nodes and a kernel."""
    folder = top / "harness/bed_tests/kernel"
    limit = sum(_limit(file) for file in sorted(folder.glob("test_*.py")))
    return Scenario(KERNEL_TESTS, folder,
                    "the testbed's own nodes, waits and checkpoints on a real kernel", limit)


def conformance(top: Path) -> Scenario:
    """The tests of the conformance tester, each with a subject of its own."""
    folder = top / "harness/tester/tests"
    return Scenario(CONFORMANCE, folder, "what a tester of its own sees of the daemons",
                    sum(_limit(file) for file in sorted(folder.rglob("test_*.py"))))


def _module(file: Path) -> ast.Module:
    """Empty where Python cannot read it, which its own run tells."""
    try:
        return _parsed(file.read_text())
    except (SyntaxError, ValueError):
        return ast.Module([], [])


# A run asks several times what scenarios there are.
_parsed = cache(ast.parse)


def _tests(module: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in module.body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def _limit(file: Path) -> float:
    """The number that its LIMIT is set to, or the usual one for each test."""
    module = _module(file)
    limit = _constant(module, LIMIT)
    return STORY * max(1, len(_tests(module))) if limit is None else float(limit)


def _constant(module: ast.Module, name: str) -> object:
    """What a name of the file is set to, None for nothing."""
    return next((node.value.value for node in module.body
                 if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                 and any(isinstance(one, ast.Name) and one.id == name
                         for one in node.targets)), None)


def _title(file: Path) -> str:
    """The first line of its words."""
    module = _module(file)
    tests = _tests(module)
    text = ast.get_docstring(module) or (ast.get_docstring(tests[0]) if tests else "") or ""
    return text.split("\n")[0]
