"""opened - whether a scenario's captures open with the keys that its results hold.

The reader is tshark with the exported profile, as open.sh starts it. It has to read what is inside
SK, and every BU and BA that the time line has seen inside ESP.
Shapes:  the texts and files that artefacts.py has made; a fragment of SK opens with its last one.
Errors:  a sentence with tshark's words where it cannot read the file.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from harness.bed.report import artefacts, wireshark

CLOSED = re.compile(r"(\S+ (?:request|response) \d+).*\bSK\{…\}")
SIGNAL = re.compile(r" packet +(BU|BA) (\d+) .* in ESP ", re.MULTILINE)
FIELDS = {"BU": "mip6.bu.seqnr", "BA": "mip6.ba.seqnr"}


def faults(results: Path) -> list[str]:
    """A sentence for each act with a message that stays closed; nothing where tshark is missing."""
    if not shutil.which("tshark"):
        return []
    return [sentence for folder in artefacts.folders(results) for sentence in _faults(folder)]


def _faults(folder: Path) -> list[str]:
    texts = [folder / name for name in ("ladder.txt", "timeline.txt")]
    if not all(path.exists() for path in texts):
        return []
    ladder, timeline = (path.read_text() for path in texts)
    closed = [found[1] for found in map(CLOSED.search, ladder.splitlines()) if found]
    signals = set(SIGNAL.findall(timeline))
    try:
        closed += [" ".join(one) for one in sorted(signals - _read(folder) if signals else ())]
    except subprocess.CalledProcessError as error:
        return [f"{folder.name}: {wireshark.OPEN} -t: {error.stderr.strip().splitlines()[-1]}"]
    if not closed:
        return []
    return [f"{folder.name}: {wireshark.OPEN} does not open {', '.join(closed)}"]


def _read(folder: Path) -> set[tuple[str, str]]:
    """Kind and sequence number of every BU and BA that tshark reads in clear."""
    words = [folder / wireshark.OPEN, "-t", "-Y", "mip6.mhtype == 5 || mip6.mhtype == 6",
             "-T", "fields", *(word for name in FIELDS.values() for word in ("-e", name))]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return {(kind, number) for line in done.stdout.splitlines()
            for kind, number in zip(FIELDS, line.split("\t")) if number}
