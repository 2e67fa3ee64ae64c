"""evidence - what our run is held against, and the comparisons that make the proof.

The given texts: dumps, log and statusall of the page of 2008, dumps of the reference run. Ours are
handed in by checkpoint, `established` and `moved`, as the commands printed them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.bed.check import page, page_log, page_status
from harness.bed.check.page import Evidence
from harness.bed.decode.xfrm import parse_dump, sections

GIVEN = Path(__file__).parents[2] / "bed_tests/data"
CHECKPOINTS = ("established", "moved")


def page_dump(checkpoint: str) -> str:
    return (GIVEN / f"page/carol.{checkpoint}.txt").read_text()


def page_status_text(checkpoint: str) -> str:
    return (GIVEN / f"page/carol.{checkpoint}.statusall.txt").read_text()


def page_log_text() -> str:
    return (GIVEN / "page/carol.log").read_text()


def reference_sections(node: str, checkpoint: str) -> dict[str, str]:
    return sections((GIVEN / f"reference/{node}.{checkpoint}.txt").read_text())


def reference_dump(node: str, checkpoint: str) -> str:
    parts = reference_sections(node, checkpoint)
    return parts["ip xfrm state"] + parts["ip xfrm policy"]


REFERENCE_ROWS = {
    "carol": page.OURS_AGAINST_REFERENCE_ON_THE_MN,
    "moon": page.OURS_AGAINST_REFERENCE_ON_THE_HA,
}


def dumps_against_page(ours: Mapping[str, str]) -> Evidence:
    theirs = {checkpoint: page_dump(checkpoint) for checkpoint in CHECKPOINTS}
    return page.dumps(theirs, ours, page.PAGE_SHOWS_LESS)


def dumps_against_reference(node: str, ours: Mapping[str, str]) -> Evidence:
    theirs = {checkpoint: reference_dump(node, checkpoint) for checkpoint in CHECKPOINTS}
    return page.dumps(theirs, ours, REFERENCE_ROWS[node], node)


def log_against_page(ours: str) -> Evidence:
    """The logs of carol's two daemons, one after the other, from start to the end of the move."""
    return page_log.compare(page_log_text(), ours)


def status_against_page(ours: Mapping[str, str], dumps: Mapping[str, str]) -> Evidence:
    """statusall, and that it shows the SPIs which the kernel had at that checkpoint."""
    theirs = {checkpoint: page_status_text(checkpoint) for checkpoint in CHECKPOINTS}
    found = page_status.compare(theirs, ours)
    for checkpoint, text in ours.items():
        found.faults += page_status.spis_of_dump(text, parse_dump(dumps[checkpoint]))
    return found
