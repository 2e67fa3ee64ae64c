"""opened - whether a scenario's captures open with the keys that its results hold.

The reader is tshark with the exported settings, as open.sh starts it. It has to read what is inside
SK, which the ladder shows, and every BU and BA that the time line has seen inside ESP.
Shapes:  the texts that artefacts.py has made, and rows of FIELDS of all packets that are WANTED; a
fragment of SK opens with its last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.bed.check import dissect
from harness.bed.report import wireshark

CLOSED = re.compile(r"(\S+ (?:request|response) \d+).*\bSK\{…\}")
SIGNAL = re.compile(r" packet +(BU|BA) (\d+) .* in ESP ", re.MULTILINE)
WANTED = "isakmp || mip6.mhtype == 5 || mip6.mhtype == 6"
SIGNALS = {"BU": "mip6.bu.seqnr", "BA": "mip6.ba.seqnr"}
FIELDS = [*dissect.FIELDS, *SIGNALS.values()]
Row = Mapping[str, str]


def ike(rows: Iterable[Row]) -> Iterator[Row]:
    """Those that are IKE messages."""
    return (row for row in rows if row["isakmp.messageid"])


def faults(folder: Path, rows: Iterable[Row]) -> list[str]:
    """A sentence if a message of an act stays closed."""
    ladder, timeline = ((folder / name).read_text() for name in ("ladder.txt", "timeline.txt"))
    closed = [found[1] for found in map(CLOSED.search, ladder.splitlines()) if found]
    read = {(kind, row[field]) for row in rows for kind, field in SIGNALS.items() if row[field]}
    closed += [" ".join(one) for one in sorted({*SIGNAL.findall(timeline)} - read)]
    return [f"{folder.name}: {wireshark.OPEN} does not open {', '.join(closed)}"] if closed else []
