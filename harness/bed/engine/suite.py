"""suite - the scenarios there are, in the order of the stories they build on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
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
    return [_scenario(file) for file in files(top).values()]


def files(top: Path) -> dict[str, Path]:
    """The test file of each by its name, in that order; none of them is read."""
    rank = {name: number for number, name in enumerate(ORDER)}
    found = {name: of[0] for name, of in _found(top).items() if not _fault(name, of)}
    return dict(sorted(found.items(), key=lambda one: (rank.get(one[0], len(rank)), one[0])))


def names(top: Path) -> list[str]:
    return [KERNEL_TESTS, *files(top)]


def named(top: Path, wanted: Iterable[str]) -> list[Scenario]:
    """Those of these names, the testbed's own tests among them; no other is read."""
    there = files(top)
    return [kernel_tests(top) if name == KERNEL_TESTS else _scenario(there[name])
            for name in wanted]


def _scenario(file: Path) -> Scenario:
    return Scenario(file.parent.name, file, _title(file), _limit(file),
                    bool(_constant(_module(file), BY_NAME)))


def faults(top: Path) -> dict[str, str]:
    """The folders that are no scenario although they have tests, each with the reason."""
    found = {name: _fault(name, of) for name, of in _found(top).items()}
    return {name: fault for name, fault in found.items() if fault}


def _found(top: Path) -> dict[str, list[Path]]:
    """The test files of each folder."""
    found: dict[str, list[Path]] = {}
    for file in sorted((top / "scenarios").glob("*/test_*.py")):
        found.setdefault(file.parent.name, []).append(file)
    return found


def _fault(name: str, of: Sequence[Path]) -> str:
    if name in TAKEN:
        return f"scenarios/{name} is called like a command of run-tests.sh"
    return "" if len(of) == 1 else \
        f"two scenarios of one name, scenarios/{name}/{' and '.join(file.name for file in of)}"


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
