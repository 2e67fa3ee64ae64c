"""html - one page for one run: every scenario with its story, ladder, dumps, differences and logs.

Made from the run's folder alone, so it can be made again; self-contained, readable without a
server, without scripts, and in print. Large texts stand in closed details.
Shapes:  page_facts reads the folder into plain facts, the templates decide how they look.
Errors:  what a scenario has not left is not shown; the page is written all the same.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import jinja2

from harness.bed.base import places
from harness.bed.base.topology import T0
from harness.bed.check import columns
from harness.bed.report import move_words, page_facts
from harness.bed.report.page_facts import OUTCOMES, Page, rung_anchor

__all__ = ["OUTCOMES", "PAGE", "environment", "render", "write"]
TOP = Path(__file__).resolve().parents[3]
TEMPLATES = Path(__file__).parent / "page_run"
PAGE = "index.html"
# A story of hours has many moves; more than these are in a file.
MOST_MOVES = 12
MOVE_WORDS = ("along", "share", "summary", "gap_words", "ping_words", "lane_words")
GIT = ("git", "-c", "safe.directory=*", "describe", "--always", "--dirty")
WORDS = {"passed": "ok", "failed": "failed", "skipped": "skipped"}


def write(folder: Path, titles: dict[str, str], command: str = "", seconds: float = 0.0,
          ended: str = "") -> Path:
    """The page of the run in `folder`; `titles` by name of scenario, `ended` why it is not over."""
    page = folder / PAGE
    host = [test for test in page_facts.tests(folder) if not test.results]
    made = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    text = render(Page(folder.name, made, _commit(), command, seconds,
                       page_facts.scenarios(folder, titles), host, ended,
                       page_facts.text_of(folder / page_facts.USED)))
    # Whole or not at all, where the disk is full.
    unfinished = page.with_suffix(".part")
    try:
        unfinished.write_text(text)
        unfinished.replace(page)
    finally:
        unfinished.unlink(missing_ok=True)
    return page


def environment() -> jinja2.Environment:
    """Templates stay compiled from run to run; one that was changed is compiled anew."""
    compiled = places.build(TOP) / "page"
    compiled.mkdir(parents=True, exist_ok=True)
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
        bytecode_cache=jinja2.FileSystemBytecodeCache(str(compiled)))


def render(page: Page) -> str:
    return environment().get_template("run.html").render(
        page=page, words=WORDS, pieces=columns.pieces, rung_anchor=rung_anchor,
        most_moves=MOST_MOVES, correspondent=T0.correspondent,
        **{name: getattr(move_words, name) for name in MOVE_WORDS})


def _commit() -> str:
    """What git calls this checkout, whoever owns it; nothing where there is no git."""
    try:
        done = subprocess.run(GIT, cwd=TEMPLATES, text=True, capture_output=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
