"""rows - the lists of ids, the features that rows need, and the tests that decide them.

A list is a file of lists/: an id a line, with its title. A test names the row that it decides by
`@pytest.mark.conforms(ID, CLAUSE)`, with `part=` where it decides one part of it and `case=` where
one case of the test's parameters decides it; X.{A,B}.1 names two rows at once. A list says by
`kind` what its subjects are (kinds.py). What a row says beside its title:
  why      it applies to no subject, and why: what it asks for is not observable, or superseded
  needs    features without which it does not apply; features.toml says which subject has which
  changed  what the test does otherwise than the list's own, and why
  parts    the parts of the row by their letters
  seen     it has no test of its own: these words in the sentence of any failed test fail it
  cites    the clause of such a row
A list with `requirements` has rows of docs/requirements.md, which has their titles. Such a row is
decided by the tests of other rows, or by its own as the parts that are called alike, and open
until it has both sides; where a subject lacks what one of those rows needs, the others can fail it
and none passes it:
  shown    rows whose tests show it
  refused  rows whose tests show its refusal or its boundary
Errors:  Bad names file, line where there is one, id and what was expected.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.bed.peers import registry
from harness.bed.report import trace
from harness.tester import kinds

HERE = Path(__file__).parent
LISTS, FEATURES, TESTS = "lists", "features.toml", "tests"
REQUIREMENTS = "docs/requirements.md"
MARKER = "conforms"
# The room of the tests that IKE daemons are subjects of; the others are of a mip6d, which only
# ours brings along.
IKE = "ike"
_ONE = r"RFC \d+ \d+(\.\d+)*(, \d+(\.\d+)*)*"
CLAUSE = re.compile(f"{_ONE}(; {_ONE})*")
FIELDS = {"title", "why", "needs", "changed", "parts", "seen", "cites"}
# What a requirement lacks while it has no test of the side.
SIDES = {"shown": "no test shows it", "refused": "no test shows its refusal or boundary"}
CHOICE = re.compile(r"\{([^{}]*)\}")


class Bad(ValueError):
    """A list or a marker that says what it must not."""


@dataclass(frozen=True)
class Row:
    id: str
    list: str
    title: str
    why: str = ""
    needs: tuple[str, ...] = ()
    changed: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    kind: str = kinds.END
    shown: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    requirement: bool = False
    theirs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seen: str = ""
    cites: str = ""

    @property
    def by(self) -> set[str]:
        """The rows whose tests decide it."""
        return {self.id, *self.shown, *self.refused}

    def of(self, marks: Iterable[Mark]) -> list[Mark]:
        """Those that decide it."""
        return [mark for mark in marks if mark.id in self.by]

    def clause(self, marks: Iterable[Mark]) -> str:
        """All that its tests cite."""
        return self.cites or "; ".join(dict.fromkeys(mark.clause for mark in self.of(marks)))

    def lacks(self, marks: Iterable[Mark]) -> str:
        """What tests it should have beside these; empty if none."""
        if self.seen:
            return ""
        marked = {(mark.id, mark.part) for mark in marks}
        ids = {ident for ident, _ in marked}
        if not self.requirement:
            return "" if self.id in ids else "no test yet"
        return next((word for side, word in SIDES.items()
                     if (self.id, side) not in marked and not ids & {*getattr(self, side)}), "")


@dataclass(frozen=True)
class Mark:
    """A test or one case of it, and the row or the part of it that is decided so."""

    id: str
    clause: str
    part: str
    file: Path
    line: int
    test: str
    says: str
    case: str = ""

    @property
    def name(self) -> str:
        """FILE::TEST, as results have it: tests of two files may be called alike."""
        return full_name(self.file, self.test)


@dataclass(frozen=True)
class Feature:
    """`lacks` are the subjects that have it not, each with the reason."""

    name: str
    title: str
    lacks: dict[str, str]


def lacked(needs: Iterable[str], subject: str, features: dict[str, Feature]) -> str:
    """The first of these that the subject has not, and why; empty where it has all."""
    for feature in (features[name] for name in needs):
        if subject in feature.lacks:
            return f"{feature.title}: {feature.lacks[subject]}"
    return ""


def due(marks: Iterable[Mark], lists: dict[str, list[Row]], subject: str,
        features: dict[str, Feature]) -> list[Mark]:
    """Those of the tests that a subject is given: each decides a row that applies to it."""
    needs = {row.id: row.needs for mine in lists.values() for row in mine}
    return [mark for mark in marks if (mark.file.parent.name == IKE or subject == registry.OURS)
            and not lacked(needs[mark.id], subject, features)]


def full_name(file: Path, test: str) -> str:
    return f"{file.stem.removeprefix('test_')}::{test}"


def lists(here: Path = HERE) -> dict[str, list[Row]]:
    """The rows of every list, by the list's name."""
    found = {}
    for path in sorted((here / LISTS).glob("*.toml")):
        if path.name != FEATURES:
            text = _toml(path)
            kind = text.get("kind", kinds.END)
            if kind not in kinds.KINDS:
                raise Bad(f"{path.name}: kind {kind}, which is none of {', '.join(kinds.KINDS)}")
            found[path.stem] = [_row(path, kind, *one) for one in _rows(here, path, text)]
    needs = {row.id: row.needs for mine in found.values() for row in mine}
    return {name: [_with_needs(row, needs) for row in mine] for name, mine in found.items()}


def _with_needs(row: Row, needs: dict[str, tuple[str, ...]]) -> Row:
    """It knows what the rows need that decide it."""
    named = dict.fromkeys((*row.shown, *row.refused))
    return replace(row, theirs={one: needs[one] for one in named if needs.get(one)})


def _rows(here: Path, path: Path, text: dict) -> Iterator[tuple[str, dict]]:
    """Each id with its fields; requirements have their titles from their own document."""
    if not text.get("requirements"):
        yield from text["rows"].items()
        return
    known = trace.read_requirements((here.parents[1] / REQUIREMENTS).read_text())
    for ident, fields in text["rows"].items():
        if ident not in known:
            raise Bad(f"{path.name}: {ident} is none of {REQUIREMENTS}")
        yield ident, fields | {"title": known[ident].text, "requirement": True, "parts": SIDES}


def title(name: str, here: Path = HERE) -> str:
    return _toml(here / LISTS / f"{name}.toml")["title"]


def changed(name: str, here: Path = HERE) -> str:
    """What all tests of a list do otherwise than it says."""
    return _toml(here / LISTS / f"{name}.toml").get("changed", "")


def _toml(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise Bad(f"{path.name}: {error}") from None


def _row(path: Path, kind: str, ident: str, fields: dict) -> Row:
    allowed = FIELDS | ({*SIDES, "requirement"} if "requirement" in fields else set())
    if unknown := fields.keys() - allowed:
        raise Bad(f"{path.name}: {ident} has {', '.join(sorted(unknown))}, which is none of "
                  f"{', '.join(sorted(allowed))}")
    if not fields.get("title"):
        raise Bad(f"{path.name}: {ident} has no title")
    return Row(ident, path.stem, fields["title"], fields.get("why", ""),
               tuple(fields.get("needs", ())), fields.get("changed", ""), fields.get("parts", {}),
               kind, *(tuple(fields.get(side, ())) for side in SIDES), "requirement" in fields,
               seen=fields.get("seen", ""), cites=fields.get("cites", ""))


def features(here: Path = HERE) -> dict[str, Feature]:
    rows = _toml(here / LISTS / FEATURES)
    return {name: Feature(name, row["title"], row.get("lacks", {})) for name, row in rows.items()}


def marks(here: Path = HERE) -> list[Mark]:
    """Every marker of every test, as they are written."""
    return [mark for path in sorted((here / TESTS).rglob("test_*.py")) for mark in _marks(path)]


def _marks(path: Path) -> Iterator[Mark]:
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        for one in node.decorator_list:
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) \
                    and one.func.attr == MARKER:
                words = [ast.literal_eval(arg) for arg in one.args]
                ident, clause = (*words, "", "")[:2]
                named = {k.arg: ast.literal_eval(k.value) for k in one.keywords}
                says = (ast.get_docstring(node) or "").split("\n")[0]
                for single in expanded(ident):
                    yield Mark(single, clause, named.get("part", ""), path, one.lineno, node.name,
                               says, named.get("case", ""))


def expanded(ident: str) -> list[str]:
    """X.{A,B}.1 is X.A.1 and X.B.1."""
    if not (found := CHOICE.search(ident)):
        return [ident]
    return [each for word in found[1].split(",")
            for each in expanded(ident[:found.start()] + word + ident[found.end():])]


def unmarked(here: Path = HERE) -> Iterator[tuple[Path, int, str]]:
    """Tests that decide no row."""
    for path in sorted((here / TESTS).rglob("test_*.py")):
        decided = {mark.test for mark in _marks(path)}
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") \
                    and node.name not in decided:
                yield path, node.lineno, node.name
