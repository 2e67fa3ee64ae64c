"""Folders of runs as the front door leaves them, and a reader of the pages made from them."""

import json
import re
import shutil
from html.parser import HTMLParser

from harness.bed.report import artefacts, html
from harness.bed_tests.run_sample import NEW, OLD, RUN

TITLES = {"coa-change": "carol moves; the SAs follow.", "revoked": "nothing <comes> up."}
SENTENCE = f"moved: carol state esp spi:carol.tunnel.to-ha#1: outer source {NEW}, expected {OLD}"
VOID = {"meta", "br", "input"}


def finish(folder):
    """One finished scenario with all its artefacts and expectations."""
    shutil.copytree(RUN, folder)
    artefacts.make(folder)
    for dump in folder.glob("*.xfrm"):
        (folder / f"{dump.name}.expected").write_text(dump.read_text())
    return folder


class Run:
    """A folder of results with outcomes, as the front door leaves it."""

    def __init__(self, folder, finished, name="20261125-190000-1") -> None:
        self.folder = folder / name
        self.folder.mkdir()
        self.finished = finished
        self.rows: list[dict] = []

    def add(self, name: str, outcome: str = "passed", sentence: str = "", expected=None) -> None:
        where = self.folder / name
        if not expected:
            where.symlink_to(self.finished)
        else:
            shutil.copytree(self.finished, where)
            path = where / "carol.moved.xfrm.expected"
            path.write_text(expected(path.read_text()))
        self.row(f"{name}::test_it", outcome, sentence, f"build/results/{self.folder.name}/{name}")

    def row(self, test: str, outcome: str, sentence: str, results: str) -> None:
        self.rows.append({"test": test, "outcome": outcome, "seconds": 1.5, "sentence": sentence,
                          "reproduce": f"./run-tests.sh {test.partition('::')[0]}",
                          "results": results, "req": []})

    def page(self) -> str:
        text = "".join(json.dumps(row) + "\n" for row in self.rows)
        (self.folder / html.OUTCOMES).write_text(text)
        return html.write(self.folder, TITLES, "./run-tests.sh", 3.0).read_text()


def failing(run: Run) -> str:
    run.add("establishment")
    run.add("coa-change", "failed", SENTENCE, lambda text: text.replace(NEW, OLD, 1))
    return run.page()


class Reader(HTMLParser):
    """Every element that is opened is closed in its turn; what a reader's tools look at is kept."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.words: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        """A leaf of a drawing."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        for tag in set(self.open):
            self.words[tag] = self.words.get(tag, "") + data

    def all(self, *tags: str) -> list[dict]:
        return [attrs for tag, attrs in self.elements if tag in tags]

    def faults(self) -> list[str]:
        """What somebody who does not see the page, or has no mouse, would miss."""
        regions = [attrs for _, attrs in self.elements if attrs.get("tabindex") == "0"]
        names = [one.get("aria-label") for one in regions]
        tables = [tag for tag, _ in self.elements if tag in ("table", "caption")]
        levels = [int(tag[1]) for tag, _ in self.elements if re.fullmatch("h[1-6]", tag)]
        wrong = {
            "an element is not closed": bool(self.open),
            "two elements have one id": len(self.ids) != len(set(self.ids)),
            "what scrolls is no region": any(one.get("role") != "region" for one in regions),
            "a region has no name": None in names,
            "two regions have one name": len(names) != len(set(names)),
            "a heading of a table has no scope":
                any(one.get("scope") not in ("col", "row") for one in self.all("th")),
            "a table has no caption": tables != ["table", "caption"] * (len(tables) // 2),
            "a drawing has no name": not all(one.get("aria-label") for one in self.all("svg")),
            "a level of headings is left out": levels[:1] != [1] or any(
                later > level + 1 for level, later in zip(levels, levels[1:])),
        }
        return [sentence for sentence, holds in wrong.items() if holds]

    @property
    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.elements if "id" in attrs]
