"""opened - whether a scenario's captures open with the keys that its results hold.

The reader is tshark with the exported profile, as open.sh starts it. It has to read what is inside
SK, and every BU and BA that the time line has seen inside ESP.
Shapes:  the texts and files that artefacts.py has made; a fragment of SK opens with its last one.
Errors:  a sentence with tshark's words where it cannot read the file; a note where it broke.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from harness.bed.base import tool
from harness.bed.base.command import Tell, quietly
from harness.bed.report import artefacts, wireshark

CLOSED = re.compile(r"(\S+ (?:request|response) \d+).*\bSK\{…\}")
SIGNAL = re.compile(r" packet +(BU|BA) (\d+) .* in ESP ", re.MULTILINE)
WANTED = "mip6.mhtype == 5 || mip6.mhtype == 6"
FIELDS = {"BU": "mip6.bu.seqnr", "BA": "mip6.ba.seqnr"}


def faults(results: Path, note: Tell = quietly) -> list[str]:
    """A sentence for each act with a message that stays closed; nothing where tshark is missing.

    What could not be judged because tshark broke goes to `note`.
    """
    if not shutil.which("tshark"):
        return []
    return [sentence for folder in artefacts.folders(results) for sentence in _faults(folder, note)]


def _faults(folder: Path, note: Tell) -> list[str]:
    texts = [folder / name for name in ("ladder.txt", "timeline.txt")]
    if not all(path.exists() for path in texts):
        return []
    ladder, timeline = (path.read_text() for path in texts)
    closed = [found[1] for found in map(CLOSED.search, ladder.splitlines()) if found]
    signals = set(SIGNAL.findall(timeline))
    try:
        closed += [" ".join(one) for one in sorted(signals - _read(folder) if signals else ())]
    except tool.Refused as error:
        return [f"{folder.name}: {wireshark.OPEN} -t: {error}"]
    except tool.Broke as error:
        note(wireshark.not_judged(folder, "BU and BA", WANTED, error))
    if not closed:
        return []
    return [f"{folder.name}: {wireshark.OPEN} does not open {', '.join(closed)}"]


def _read(folder: Path) -> set[tuple[str, str]]:
    """Kind and sequence number of every BU and BA that tshark reads in clear."""
    words = [*wireshark.as_text(folder, WANTED), "-T", "fields",
             *(word for name in FIELDS.values() for word in ("-e", name))]
    said = tool.output("tshark", words, [wireshark.CAPTURE])
    return {(kind, number) for line in said.splitlines()
            for kind, number in zip(FIELDS, line.split("\t")) if number}
