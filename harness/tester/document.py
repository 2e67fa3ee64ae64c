"""document - docs/CONFORMANCE.md: the verdicts of the last run of each subject, by list.

What a run has not touched stays as it was written; so a subject or a list may be run by itself.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from harness.tester import rows, sheet
from harness.tester.rows import Mark, Row
from harness.tester.sheet import Cell

FILE = "docs/CONFORMANCE.md"
HEAD = """\
# Conformance

What the tester of `harness/tester` has seen of each subject. It shares nothing with `src/`. Written
by `make conformance DOCUMENT=1`, never by hand. A row is an id of a list, a column a subject, whose
version and day stand above the table; of ours, with the commit that last changed `src/`:

* **pass**, **FAIL**: its test ran; behind a FAIL stands what was seen.
* **n/a**: the subject lacks what the row needs, or what another row needs that decides it
  (`harness/tester/lists/features.toml`), or the row says why it applies to nobody.
* **open**: it has no test yet, or, as a requirement, none that shows it or none that shows its
  refusal or boundary. A list without tests is only counted.
"""
ROW = re.compile(r"^\| (?P<id>\S+) \| (?P<cells>.*) \|$")
SECTION = re.compile(r"^## .* \(`(?P<list>[\w-]+)`\)$")
SUBJECT = re.compile(r"^\* (?P<subject>[^\s,]+)(?P<when>.*, \d{4}-\d\d-\d\d):")
BAR = "\N{BROKEN BAR}"

# Verdict and sentence by list, subject and id.
Known = dict[tuple[str, str, str], tuple[str, str]]


def read(text: str) -> tuple[Known, dict[tuple[str, str], str]]:
    """What a document says: its verdicts, and version and day of each list's and subject's."""
    known: Known = {}
    days: dict[tuple[str, str], str] = {}
    name, columns = "", []
    for line in text.splitlines():
        if found := SECTION.match(line):
            name, columns = found["list"], []
        elif found := SUBJECT.match(line):
            days[name, found["subject"]] = found["when"]
            columns.append(found["subject"])
        elif (found := ROW.match(line)) and not found["id"].startswith(("id", "-")):
            words = found["cells"].split(" | ")[2:]
            for who, said in zip(columns, words, strict=False):
                verdict = next((v for v in sheet.VERDICTS if said.startswith(v)), sheet.OPEN)
                known[name, who, found["id"]] = verdict, said.removeprefix(verdict).lstrip(": ")
    return known, days


def write(top: Path, lists: dict[str, list[Row]], marks: Sequence[Mark],
          found: Sequence[Cell]) -> None:
    path = top / FILE
    known, days = read(path.read_text() if path.exists() else "")
    clauses = {row.id: row.clause(marks) for mine in lists.values() for row in mine}
    for one in found:
        if one.verdict != sheet.UNRUN:
            known[one.list, one.subject, one.id] = one.verdict, one.sentence
            if one.verdict in (sheet.PASS, sheet.FAIL):
                version = f" {one.version}" if one.version else ""
                days[one.list, one.subject] = f"{version}, {time.strftime('%Y-%m-%d')}"
    parts = [HEAD, *(_section(name, lists[name], known, days, clauses) for name in lists)]
    path.write_text("\n".join(parts))


def _section(name: str, mine: list[Row], known: Known, days: dict[tuple[str, str], str],
             clauses: dict[str, str]) -> str:
    ran = [who for where, who in days if where == name]
    lines = [f"## {rows.title(name)} (`{name}`)", ""]
    if not ran:
        return "\n".join([*lines, f"{len(mine)} rows, none has a test yet.", ""])
    if changed := rows.changed(name):
        lines += [changed, ""]
    for who in ran:
        sums = Counter(known.get((name, who, row.id), (sheet.OPEN, ""))[0] for row in mine)
        words = ", ".join(f"{sums[word]} {word}" for word in sheet.VERDICTS if sums[word])
        lines.append(f"* {who}{days[name, who]}: {words}")
    lines += ["", f"| id | title | clause | {' | '.join(ran)} |",
              "|" + "---|" * (3 + len(ran))]
    for row in mine:
        said = [_said(known.get((name, who, row.id), (sheet.OPEN, ""))) for who in ran]
        lines.append(f"| {row.id} | {row.title} | {clauses[row.id]} | "
                     f"{' | '.join(said)} |")
    return "\n".join([*lines, ""])


def _said(verdict: tuple[str, str]) -> str:
    word, sentence = verdict
    if word == sheet.OPEN or not sentence:
        return word
    return f"{word}: {sentence.replace('|', BAR)}"
