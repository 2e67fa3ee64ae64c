"""page - the sheet as one page without scripts, as JSON and as JUnit.

Rows are ids, columns subjects; lists, verdicts and documents that clauses cite are chosen by
buttons of the page's style.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import jinja2

from harness.tester import rows, sheet
from harness.tester.rows import Row
from harness.tester.sheet import Cell

PAGE, JSON, JUNIT = "index.html", "verdicts.json", "junit.xml"
CITED = re.compile(r"RFC (\d+)")


def write(folder: Path, lists: dict[str, list[Row]], subjects: Sequence[str],
          found: Sequence[Cell]) -> None:
    """JUnit has this run alone; the page has the last of every subject."""
    folder.mkdir(parents=True, exist_ok=True)
    _junit(folder / JUNIT, found)
    ids = {(row.list, row.id) for mine in lists.values() for row in mine}
    all_ = [one for one in sheet.merged(_before(folder), found) if (one.list, one.id) in ids]
    (folder / JSON).write_text(json.dumps(sheet.as_json(all_), indent=1) + "\n")
    columns = list(dict.fromkeys([*(one.subject for one in all_), *subjects]))
    (folder / PAGE).write_text(render(folder, lists, columns, all_))


def _before(folder: Path) -> list[Cell]:
    """What stands there; nothing where another version wrote it."""
    try:
        return [Cell(**row) for row in json.loads((folder / JSON).read_text())]
    except (OSError, ValueError, TypeError):
        return []


def render(folder: Path, lists: dict[str, list[Row]], subjects: Sequence[str],
           found: Sequence[Cell]) -> str:
    by_id: dict[tuple[str, str], dict[str, Cell]] = {}
    for one in found:
        by_id.setdefault((one.list, one.id), {})[one.subject] = one
    versions = {one.subject: one.version for one in found if one.version}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    cited = sorted({number for one in found for number in CITED.findall(one.clause)}, key=int)
    words = {verdict: re.sub(r"\W", "", verdict).lower() for verdict in sheet.VERDICTS}
    return environment.get_template("page.html").render(
        lists={name: rows.title(name) for name in lists}, subjects=subjects, rows=by_id,
        versions=versions,
        verdicts=words, cited=cited, cites=CITED.findall, numbers=[(n, n) for n in cited],
        pairs=[(value, word) for word, value in words.items()],
        sums={(name, who): sheet.counts([c for c in found if c.list == name and c.subject == who])
              for name in lists for who in subjects},
        evidence=lambda one: _evidence(folder, one))


def _evidence(folder: Path, one: Cell) -> list[tuple[str, str]]:
    """Name and place of what a test has left, relative to the page."""
    place = folder.parents[2] / one.folder
    if not one.folder or not place.is_dir():
        return []
    files = [("ladder", "ladder.txt"), ("captures", ""), ("time line", "timeline.txt")]
    top = place.relative_to(folder) if place.is_relative_to(folder) else place
    return [(name, str(top / file)) for name, file in files if (place / file).exists()]


def _junit(path: Path, found: Sequence[Cell]) -> None:
    ran = [one for one in found if one.verdict in (sheet.PASS, sheet.FAIL)]
    suite = ElementTree.Element("testsuite", name="conformance", tests=str(len(ran)),
                                failures=str(sheet.counts(ran)[sheet.FAIL]))
    for one in ran:
        case = ElementTree.SubElement(suite, "testcase", name=one.id,
                                      classname=f"{one.subject}.{one.list}")
        if one.verdict == sheet.FAIL:
            failure = ElementTree.SubElement(case, "failure",
                                             message=f"{one.clause}: {one.sentence}")
            failure.text = f"{one.repeat}\n{one.folder}"
    ElementTree.ElementTree(suite).write(path, encoding="unicode", xml_declaration=True)
