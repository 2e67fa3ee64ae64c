"""sizes - files, functions and lines stay short enough to be read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from harness.lint.tree import Fault, files, name, text

FILE_LINES = 600
C_FUNCTION_LINES = 60
PYTHON_FUNCTION_LINES = 40
SCENARIO_LINES = 60
COLUMNS = 100
TAB = 8


def check(root: Path) -> Iterator[Fault]:
    for path in files(root, ".c", ".h", ".py", ".sh"):
        where, lines = name(root, path), text(path).splitlines()
        yield from _file(where, lines)
        yield from _lines(where, lines)
        functions = {".c": c_functions, ".h": c_functions, ".py": python_functions}
        limit = PYTHON_FUNCTION_LINES if path.suffix == ".py" else C_FUNCTION_LINES
        for function, line, size in functions.get(path.suffix, _none)(lines):
            if size > limit:
                yield Fault(where, line, f"function {function} has {size} lines, {limit} at most")


def _file(where: str, lines: list[str]) -> Iterator[Fault]:
    is_scenario = where.startswith("scenarios/") and where.endswith(".py")
    limit = SCENARIO_LINES if is_scenario else FILE_LINES
    if len(lines) > limit:
        kind = "scenario file" if is_scenario else "file"
        yield Fault(where, 0, f"{kind} has {len(lines)} lines, {limit} at most")


def _lines(where: str, lines: list[str]) -> Iterator[Fault]:
    for number, line in enumerate(lines, start=1):
        width = len(line.expandtabs(TAB))
        if width > COLUMNS:
            yield Fault(where, number, f"line has {width} columns, {COLUMNS} at most")


Functions = Iterator[tuple[str, int, int]]


def c_functions(lines: list[str]) -> Functions:
    """Kernel braces: a body opens and closes with a brace of its own in the first column."""
    start = None
    for number, line in enumerate(lines, start=1):
        if line == "{":
            start = number
        if line == "}" and start is not None:
            yield _c_name(lines, start), start, number - start + 1
            start = None


def _c_name(lines: list[str], start: int) -> str:
    """The word before the first parenthesis of the lines above the body."""
    for line in reversed(lines[:start - 1]):
        if "(" in line and not line[:1].isspace():
            return line.partition("(")[0].split()[-1].lstrip("*")
    return "?"


def python_functions(lines: list[str]) -> Functions:
    try:
        module = ast.parse("\n".join(lines))
    except SyntaxError as error:
        yield f"(unreadable: {error.msg})", error.lineno or 0, PYTHON_FUNCTION_LINES + 1
        return
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def _none(_: list[str]) -> Functions:
    return iter(())
