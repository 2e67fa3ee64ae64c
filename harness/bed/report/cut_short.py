"""cut_short - what stays of a run that was ended before its time: the page of what it had.

Scenarios that were running then have their evidence on it as far as it goes, and no verdict. The
outcomes lie in a file of their own, so that nobody takes the run for one that came to its end.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from harness.bed.base import places
from harness.bed.base.job import JOB
from harness.bed.report import artefacts, html
from harness.bed.report.page_facts import CUT_SHORT
from harness.bed.report.report import Outcome, Report

SENTENCE = "the run was ended before this was over"


def running(folder: Path, top: Path, told: set[str]) -> list[Outcome]:
    """An outcome for each scenario that has begun in `folder` and is not among the `told`."""
    found = []
    for file in sorted(folder.rglob(JOB)):
        results = places.shown(file.parent, top)
        if results in told:
            continue
        try:
            scenario = json.loads(file.read_text())["scenario"]
        except (ValueError, KeyError):
            scenario = file.parent.name
        found.append(Outcome(scenario, "skipped", sentence=SENTENCE,
                             reproduce=f"./run-tests.sh {scenario}", results=results))
    return found


def keep(folder: Path, top: Path, report: Report, titles: dict[str, str], command: str,
         why: str = "ended by hand") -> Path:
    """Write outcomes and page; gives the page."""
    cut = running(folder, top, {one.results for one in report.outcomes})
    for one in cut:
        if not (top / one.results / "timeline.txt").exists():
            artefacts.make(top / one.results)
    rows = [json.dumps({**asdict(one), "req": list(one.req)}) for one in [*report.outcomes, *cut]]
    (folder / CUT_SHORT).write_text("".join(f"{row}\n" for row in rows))
    ended = (f"{why[:1].upper()}{why[1:]}, after {report.seconds:.0f} s. "
             f"Results so far: {len(report.outcomes)}; "
             f"scenarios that were running: {len(cut)}. What is not in the list had not begun.")
    return html.write(folder, titles, command, report.seconds, ended)
