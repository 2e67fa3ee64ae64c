"""conformance - lists, tests and document of the tester agree, and the tester stands by itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from harness.bed.peers import registry
from harness.lint.tree import Fault, files, name, text
from harness.tester import document, rows, sheet

HERE = "harness/tester"
# What plays the other end, and of which rooms it may make use.
ALONE = {"ike": ("ike",), "mip6": ("ike", "mip6")}
LONGEST = 25
PEERS = "docs/PEERS.md"


def check(root: Path) -> Iterator[Fault]:
    here = root / HERE
    if not here.is_dir():
        return
    yield from _alone(root)
    try:
        lists, features, marks = rows.lists(here), rows.features(here), rows.marks(here)
    except (rows.Bad, SyntaxError) as error:
        yield Fault(HERE, 0, str(error))
        return
    yield from _lists(lists, features)
    yield from _marks(root, {row.id: row for found in lists.values() for row in found}, marks)
    yield from _tests(root, here)
    yield from _document(root, lists, marks)
    yield from _causes(root, lists)


def _alone(root: Path) -> Iterator[Fault]:
    """What plays the other end shares nothing with what it tests or with what watches it."""
    for room, others in ALONE.items():
        allowed = tuple(f"harness.tester.{one}" for one in others)
        for path in files(root, ".py", under=f"{HERE}/{room}"):
            for node in ast.walk(ast.parse(text(path))):
                module = getattr(node, "module", None) if isinstance(node, ast.ImportFrom) else None
                if module and module.startswith("harness.") and not module.startswith(allowed):
                    yield Fault(name(root, path), node.lineno,
                                f"the tester's {room} imports {module}: it stands by itself")


def _lists(lists: dict[str, list[rows.Row]], features: dict[str, rows.Feature]) -> Iterator[Fault]:
    known = {row.id: row for found in lists.values() for row in found}
    seen: dict[str, str] = {}
    for row in (row for found in lists.values() for row in found):
        where = f"{HERE}/{rows.LISTS}/{row.list}.toml"
        if row.id in seen:
            yield Fault(where, 0, f"{row.id} stands in {seen[row.id]} too")
        seen[row.id] = row.list
        if bool(row.seen) != bool(row.cites) or row.cites and not rows.CLAUSE.fullmatch(row.cites):
            yield Fault(where, 0, f"{row.id} has the words {row.seen!r} and the clause "
                                  f"{row.cites!r}: expected both or neither, as RFC 7296 2.21")
        for one in row.by - {row.id} - known.keys():
            yield Fault(where, 0, f"{row.id} is decided by {one}, which is no row")
        for one in (one for one in row.by & known.keys() if known[one].kind != row.kind):
            yield Fault(where, 0, f"{row.id} is decided by {one}, whose subjects are of another "
                                  "kind")
        for one in row.needs:
            if one not in features:
                yield Fault(where, 0, f"{row.id} needs {one}, which {rows.FEATURES} has not")


def _marks(root: Path, known: dict[str, rows.Row], marks: list[rows.Mark]) -> Iterator[Fault]:
    seen: dict[tuple[str, str], rows.Mark] = {}
    for mark in marks:
        where, row = name(root, mark.file), known.get(mark.id)
        if not row:
            yield Fault(where, mark.line, f"unknown row {mark.id or '(none)'}")
            continue
        before = seen.setdefault((mark.id, mark.part), mark)
        if before is not mark:
            yield Fault(where, mark.line, f"{mark.id} {mark.part} is decided by {before.test} too")
        if row.why:
            yield Fault(where, mark.line, f"{mark.id} applies to nobody, says its list: {row.why}")
        if mark.part and mark.part not in row.parts:
            yield Fault(where, mark.line, f"{mark.id} has no part {mark.part}")
        if not rows.CLAUSE.fullmatch(mark.clause):
            yield Fault(where, mark.line, f"{mark.id} has the clause {mark.clause!r}, not one such "
                                          "as RFC 7296 2.5")
        if not mark.says:
            yield Fault(where, mark.line, f"{mark.test} has no sentence")


def _tests(root: Path, here: Path) -> Iterator[Fault]:
    for path, line, test in rows.unmarked(here):
        yield Fault(name(root, path), line, f"{test} decides no row of a list")
    for path in sorted((here / rows.TESTS).rglob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if isinstance(node, ast.FunctionDef) and size > LONGEST:
                yield Fault(name(root, path), node.lineno,
                            f"test {node.name} has {size} lines, {LONGEST} at most")


def _document(root: Path, lists: dict[str, list[rows.Row]], marks: list[rows.Mark]
              ) -> Iterator[Fault]:
    """What the document says of a row fits that the row has a test or none."""
    path = root / document.FILE
    known, _ = document.read(path.read_text() if path.exists() else "")
    for listed in lists.values():
        for row in listed:
            said = {verdict for (where, _, ident), (verdict, _) in known.items()
                    if (where, ident) == (row.list, row.id)}
            ran = said & {sheet.PASS, sheet.FAIL}
            word = f"type make conformance LIST={row.list} DOCUMENT=1"
            lacks = row.lacks(marks)
            if not lacks and not ran | (said & {sheet.NA}):
                yield Fault(document.FILE, 0, f"{row.id} has a test and no verdict: {word}")
            elif lacks and ran:
                yield Fault(document.FILE, 0, f"{row.id} has a verdict and no test: {word}")


def _causes(root: Path, lists: dict[str, list[rows.Row]]) -> Iterator[Fault]:
    """What another daemon fails has its cause in the section that is called as it is."""
    written, peers = root / document.FILE, root / PEERS
    if not (written.exists() and peers.exists()):
        return
    known, _ = document.read(text(written))
    causes = {part.split()[0].lower(): {*re.split(r"[\s,|]+", part)}
              for part in text(peers).split("\n### ")[1:]}
    by = {row.id: row.by for found in lists.values() for row in found}
    failed: dict[str, set[str]] = {}
    for (_, who, ident), (verdict, _) in known.items():
        if verdict == sheet.FAIL and who in registry.IKES and who != registry.OURS:
            failed.setdefault(who, set()).add(ident)
    for who, ids in failed.items():
        named = causes.get(who.partition("-")[0], set())
        for ident in sorted(ids - named):
            if not by.get(ident, set()) & ids & named:
                yield Fault(PEERS, 0, f"{who} fails {ident}, and its section does not say why")
